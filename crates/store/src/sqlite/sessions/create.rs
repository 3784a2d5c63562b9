//! Making a session under its account's lock, with everything that is born with it.

use rusqlite::{Connection, params};
use symbolon_core::{
    Timestamp,
    model::{AccountState, AuditAction, AuditContext, Session, SessionCookie, SessionState},
    store::{CreateSession, Horizon, NewGrant, NewSession, StoreError},
};
use symbolon_protocol::{EndReason, SessionId};

use crate::sqlite::{
    audit,
    change::graph::{self, Tally},
    failure::{Outcome, inconsistent},
    query::{all, insert},
    rows,
    tx::{Cut, Tx},
};

/// The verb. Refuses before it writes anything.
pub(super) fn create(
    tx: &mut Tx<'_>,
    new: &NewSession,
    horizon: Horizon,
    now: Timestamp,
) -> Outcome<CreateSession> {
    let session = &new.session;
    if session.state != SessionState::Active {
        return Err(inconsistent("sessions", "ended_at", session.id).into());
    }
    let account = rows::account::by_id(tx, session.account)?;
    if account.is_none_or(|account| account.state != AccountState::Active) {
        return Ok(CreateSession::AccountNotActive);
    }
    if let Some(version) = new.password_version {
        let password = rows::account::password(tx, session.account)?;
        if password.is_none_or(|password| password.version != version) {
            return Ok(CreateSession::PasswordChanged);
        }
    }
    let mut replaced = Tally::default();
    if let Some(id) = new.replaces {
        let cut = Cut {
            reason: EndReason::CookieRenewed,
            horizon,
            now,
        };
        end(tx, id, &cut, &mut replaced)?;
    }
    let capped = make_room(tx, new, horizon, now)?;
    insert_session(tx, session)?;
    if let Some(cookie) = &new.cookie {
        insert_cookie(tx, session.id, cookie)?;
    }
    if let Some(grant) = &new.grant {
        insert_grant(tx, session, grant, now)?;
    }
    Ok(CreateSession::Created {
        replaced: replaced.ended,
        capped: capped.ended,
    })
}

/// Ends the oldest live sessions so that with the new one there are no more than allowed.
fn make_room(
    tx: &mut Tx<'_>,
    new: &NewSession,
    horizon: Horizon,
    now: Timestamp,
) -> Outcome<Tally> {
    let too_old = all(
        tx,
        "sessions",
        "SELECT id FROM sessions WHERE account = ?1 AND ended_at IS NULL AND dead_from > ?2
         ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?3",
        params![
            new.session.account.to_bytes(),
            now.as_millis(),
            new.max_sessions.saturating_sub(1)
        ],
        |row| row.uuid("id", SessionId::from_uuid),
    )?;
    let cut = Cut {
        reason: EndReason::SessionCap,
        horizon,
        now,
    };
    let mut tally = Tally::default();
    for oldest in too_old.into_iter().rev() {
        end(tx, oldest, &cut, &mut tally)?;
    }
    Ok(tally)
}

/// Ends a session that has to go, if it is there and has not ended, with its audit row.
fn end(tx: &mut Tx<'_>, id: SessionId, cut: &Cut, tally: &mut Tally) -> Outcome<()> {
    let Some(node) = graph::unended_session(tx, id)? else {
        return Ok(());
    };
    graph::end_session(tx, &node, cut, tally)?;
    audit::write(
        tx,
        AuditAction::SessionEnded,
        &AuditContext::system(),
        ("session", &id),
        Some(cut.reason),
        cut.now,
    )
}

fn insert_session(conn: &Connection, session: &Session) -> Outcome<()> {
    insert(
        conn,
        ("sessions", "id", &session.id),
        "INSERT INTO sessions (id, account, kind, version, actor, created_at, auth_time, last_seen,
                               idle_secs, expires_at, amr, acr, device_label, ip)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            session.id.to_bytes(),
            session.account.to_bytes(),
            session.kind.as_str(),
            session.version,
            session.actor.map(|actor| actor.to_bytes()),
            session.created_at.as_millis(),
            session.auth_time.as_millis(),
            session.last_seen.as_millis(),
            session.idle_secs,
            session.expires_at.as_millis(),
            json(&session.amr, ("sessions", "amr", &session.id))?,
            session.acr,
            session.device_label,
            session.ip.map(|ip| ip.to_string())
        ],
    )
}

/// Gives a session a cookie. A hash that is there already is an error, whoever's it is: a cookie
/// is never adopted.
pub(in crate::sqlite) fn insert_cookie(
    conn: &Connection,
    session: SessionId,
    cookie: &SessionCookie,
) -> Outcome<()> {
    insert(
        conn,
        ("session_cookies", "hash", &session),
        "INSERT INTO session_cookies (hash, session, origin) VALUES (?1, ?2, ?3)",
        params![cookie.hash.0, session.to_bytes(), cookie.origin],
    )
}

fn insert_grant(
    conn: &Connection,
    session: &Session,
    grant: &NewGrant,
    now: Timestamp,
) -> Outcome<()> {
    insert(
        conn,
        ("grants", "id", &grant.id),
        "INSERT INTO grants (id, account, client, resource, scopes, session, offline, version,
                             generation, seed, secret_id, created_at, idle_secs, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 1, ?8, ?9, ?10, ?11, ?12)",
        params![
            grant.id.to_bytes(),
            session.account.to_bytes(),
            grant.client.as_str(),
            grant.resource,
            json(&grant.scopes, ("grants", "scopes", &grant.id))?,
            session.id.to_bytes(),
            grant.offline,
            grant.seed,
            grant.secret_id,
            now.as_millis(),
            grant.idle_secs,
            grant.expires_at.as_millis()
        ],
    )
}

fn json(
    texts: &[String],
    (table, column, row): (&'static str, &'static str, &dyn ToString),
) -> Result<String, StoreError> {
    serde_json::to_string(texts).map_err(|_| inconsistent(table, column, row.to_string()))
}
