//! Using a refresh token: its generation is compared with the counter, and the counter moves.
//!
//! The one thing that must not be broken: of all uses of one generation at most one moves the
//! counter, and a replay writes nothing.

use futures_util::future::try_join4;
use symbolon_core::{
    Timestamp,
    model::{Account, AuditAction, AuditContext, Grant, Session, SessionStatus},
    store::{EndedCount, Horizon, LiveGrant, Presented, RotateGrant, Rotation},
};
use symbolon_protocol::EndReason;
use tokio_postgres::types::Type;

use crate::postgres::{
    audit,
    change::graph,
    failure::{Failure, Outcome, inconsistent},
    query::params,
    rows, sessions,
    tx::{Cut, LastWrite, Tx},
};

/// The locks, from the account down. They are sent together with what is read under them.
const LOCK_ACCOUNT: (&str, &[Type]) = (
    "SELECT 1 FROM accounts WHERE id = (SELECT account FROM grants WHERE id = $1) FOR SHARE",
    &[Type::UUID],
);
const LOCK_SESSION: (&str, &[Type]) = (
    "SELECT 1 FROM sessions
     WHERE id = (SELECT session FROM grants WHERE id = $1 AND (NOT offline OR $2))
     FOR NO KEY UPDATE",
    &[Type::UUID, Type::BOOL],
);

/// Moves the counter of the locked grant; sent together with the commit.
const ADVANCE: (&str, &[Type]) = (
    "UPDATE grants SET generation = generation + 1, rotated_at = $3, secret_id = $4
     WHERE id = $1 AND generation = $2",
    &[Type::UUID, Type::INT8, Type::INT8, Type::INT8],
);

/// The verb.
pub(super) async fn rotate(
    tx: &Tx,
    rotate: &RotateGrant,
    horizon: Horizon,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Rotation> {
    let (grant, parents) = lock_and_read(tx, rotate).await?;
    let Some(grant) = grant else {
        return Ok(Rotation::Unknown);
    };
    // Looked at before anything else: a store that is older than its tokens is to be noticed.
    let presented = rotate.presented(&grant, now);
    if presented == Presented::Ahead {
        return Ok(Rotation::Ahead);
    }
    let Some(live) = live_parents(grant, parents, now) else {
        return Ok(Rotation::Ended);
    };
    match presented {
        Presented::Current => advance(tx, live, rotate, now).await.map(Rotation::Rotated),
        Presented::InGrace => Ok(Rotation::Replayed(Box::new(live))),
        Presented::Spent => {
            let cut = Cut {
                reason: EndReason::RefreshReuse,
                horizon,
                now,
            };
            end_reused(tx, &live.grant, rotate.reuse_ends_session, &cut, audit)
                .await
                .map(Rotation::Reused)
        }
        Presented::Ahead => Ok(Rotation::Ahead),
    }
}

pub(super) type Parents = Option<(Account, Option<Session>)>;

/// One round trip: the locks, of which the grant's own brings the row as it is then, and a read of the
/// parents whose snapshot is younger than they are.
async fn lock_and_read(tx: &Tx, rotate: &RotateGrant) -> Outcome<(Option<Grant>, Parents)> {
    let id = *rotate.grant.as_uuid();
    let parents = rows::session::PARENTS_OF_GRANT;
    tx.warm(&[
        LOCK_ACCOUNT,
        LOCK_SESSION,
        rows::grant::LOCKED,
        parents,
        ADVANCE,
    ])
    .await?;
    let grant = params![id];
    let session = params![id, rotate.reuse_ends_session];
    let (_, _, grant, parents) = try_join4(
        tx.query(LOCK_ACCOUNT.0, grant),
        tx.query(LOCK_SESSION.0, session),
        rows::grant::locked(tx, rotate.grant),
        rows::session::parents_of_grant(tx, rotate.grant),
    )
    .await?;
    Ok((grant, parents))
}

/// The grant with its account and, unless it is offline, its session, if all of them are alive. A
/// client's own standing grant has no account and no refresh tokens.
pub(super) fn live_parents(grant: Grant, parents: Parents, now: Timestamp) -> Option<LiveGrant> {
    let (account, session) = parents?;
    let is_live = account.is_active()
        && grant.is_live(now)
        && (grant.offline
            || session
                .as_ref()
                .is_some_and(|session| session.status(now) == SessionStatus::Live));
    is_live.then_some(LiveGrant {
        grant,
        session,
        account,
    })
}

/// Moves the counter and notes that the session was used.
async fn advance(
    tx: &Tx,
    mut live: LiveGrant,
    rotate: &RotateGrant,
    now: Timestamp,
) -> Outcome<Box<LiveGrant>> {
    let grant = &mut live.grant;
    let wrong = || inconsistent("grants", "generation", rotate.grant);
    let presented = i64::try_from(grant.generation).map_err(|_| Failure::from(wrong()))?;
    tx.leave_last(LastWrite {
        statement: ADVANCE,
        values: vec![
            Box::new(*grant.id.as_uuid()),
            Box::new(presented),
            Box::new(now.as_millis()),
            Box::new(i64::from(rotate.secret_id)),
        ],
        rows: 1,
        otherwise: wrong(),
    });
    grant.generation = grant.generation.saturating_add(1);
    grant.rotated_at = Some(now);
    grant.secret_id = rotate.secret_id;
    if let Some(session) = &mut live.session {
        sessions::touch(tx, session, rotate.from, now).await?;
    }
    Ok(Box::new(live))
}

/// A spent token came back: somebody else has its family.
async fn end_reused(
    tx: &Tx,
    grant: &Grant,
    ends_session: bool,
    cut: &Cut,
    audit: &AuditContext,
) -> Outcome<EndedCount> {
    let mut tally = graph::Tally::default();
    if let Some(node) = graph::unended_grant(tx, grant.id).await? {
        graph::end_grants(tx, vec![node], graph::Logged::Each, cut, &mut tally).await?;
    }
    if ends_session
        && let Some(id) = grant.session
        && let Some(node) = graph::unended_session(tx, id).await?
    {
        graph::end_sessions(tx, &[node], cut, &mut tally).await?;
    }
    let action = AuditAction::RefreshReused;
    let on = ("grant", &grant.id as &(dyn std::fmt::Display + Sync));
    audit::write(tx, action, audit, on, Some(cut.reason), cut.now);
    Ok(tally.ended)
}
