//! Using a refresh token: its generation is compared with the counter, and the counter moves.
//!
//! The one thing that must not be broken: of all uses of one generation at most one moves the
//! counter, and a replay writes nothing.

use rusqlite::params;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext, Grant, SessionStatus},
    store::{EndedCount, Horizon, LiveGrant, Presented, RotateGrant, Rotation},
};
use symbolon_protocol::EndReason;

use crate::sqlite::{
    audit,
    change::graph,
    failure::{Failure, Outcome, inconsistent},
    query::execute,
    rows, sessions,
    tx::{Cut, Tx},
};

/// The verb.
pub(super) fn rotate(
    tx: &mut Tx<'_>,
    rotate: &RotateGrant,
    horizon: Horizon,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Rotation> {
    let Some(grant) = rows::grant::by_id(tx, rotate.grant)? else {
        return Ok(Rotation::Unknown);
    };
    // Looked at before anything else: a store that is older than its tokens is to be noticed.
    let presented = rotate.presented(&grant, now);
    if presented == Presented::Ahead {
        return Ok(Rotation::Ahead);
    }
    let Some(live) = live_parents(tx, grant, now)? else {
        return Ok(Rotation::Ended);
    };
    match presented {
        Presented::Current => advance(tx, live, rotate, now).map(Rotation::Rotated),
        Presented::InGrace => Ok(Rotation::Replayed(Box::new(live))),
        Presented::Spent => {
            let cut = Cut {
                reason: EndReason::RefreshReuse,
                horizon,
                now,
            };
            end_reused(tx, &live.grant, rotate.reuse_ends_session, &cut, audit)
                .map(Rotation::Reused)
        }
        Presented::Ahead => Ok(Rotation::Ahead),
    }
}

/// The grant with its account and, unless it is offline, its session, if all of them are alive.
fn live_parents(tx: &Tx<'_>, grant: Grant, now: Timestamp) -> Outcome<Option<LiveGrant>> {
    // A client's own standing grant has no refresh tokens.
    let Some(owner) = grant.account else {
        return Ok(None);
    };
    let account = rows::account::owner(tx, owner, "grants", grant.id)?;
    let session = match grant.session {
        Some(id) if !grant.offline => rows::session::by_id(tx, id)?,
        _ => None,
    };
    let is_live = account.is_active()
        && grant.is_live(now)
        && (grant.offline
            || session
                .as_ref()
                .is_some_and(|session| session.status(now) == SessionStatus::Live));
    Ok(is_live.then_some(LiveGrant {
        grant,
        session,
        account,
    }))
}

/// Moves the counter and notes that the session was used.
fn advance(
    tx: &Tx<'_>,
    mut live: LiveGrant,
    rotate: &RotateGrant,
    now: Timestamp,
) -> Outcome<Box<LiveGrant>> {
    let grant = &mut live.grant;
    let wrong = || Failure::from(inconsistent("grants", "generation", grant.id));
    let presented = i64::try_from(grant.generation).map_err(|_| wrong())?;
    let moved = execute(
        tx,
        "UPDATE grants SET generation = generation + 1, rotated_at = ?3, secret_id = ?4
         WHERE id = ?1 AND generation = ?2",
        params![
            grant.id.to_bytes(),
            presented,
            now.as_millis(),
            rotate.secret_id
        ],
    )?;
    if moved != 1 {
        return Err(wrong());
    }
    grant.generation = grant.generation.saturating_add(1);
    grant.rotated_at = Some(now);
    grant.secret_id = rotate.secret_id;
    if let Some(session) = &mut live.session {
        sessions::touch(tx, session, rotate.from, now)?;
    }
    Ok(Box::new(live))
}

/// A spent token came back: somebody else has its family.
fn end_reused(
    tx: &mut Tx<'_>,
    grant: &Grant,
    ends_session: bool,
    cut: &Cut,
    audit: &AuditContext,
) -> Outcome<EndedCount> {
    let mut tally = graph::Tally::default();
    if let Some(node) = graph::unended_grant(tx, grant.id)? {
        graph::end_grants(tx, vec![node], graph::Logged::Each, cut, &mut tally)?;
    }
    if ends_session
        && let Some(id) = grant.session
        && let Some(node) = graph::unended_session(tx, id)?
    {
        graph::end_session(tx, &node, cut, &mut tally)?;
    }
    audit::write(
        tx,
        AuditAction::RefreshReused,
        audit,
        ("grant", &grant.id),
        Some(cut.reason),
        cut.now,
    )?;
    Ok(tally.ended)
}
