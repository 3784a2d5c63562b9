//! Making a session under its account's lock, with everything that is born with it.

use symbolon_core::{
    Timestamp,
    model::{AccountState, AuditAction, AuditContext, Session, SessionCookie, SessionState},
    store::{CreateSession, Horizon, NewGrant, NewSession},
};
use symbolon_protocol::{AccountId, EndReason, SessionId};

use crate::postgres::{
    audit,
    change::graph::{self, Node, Tally},
    failure::{Outcome, inconsistent},
    locks,
    query::{all, insert, one, params},
    rows,
    tx::{Cut, Tx},
};

/// The verb. Refuses before it writes anything.
pub(super) async fn create(
    tx: &Tx,
    new: &NewSession,
    horizon: Horizon,
    now: Timestamp,
) -> Outcome<CreateSession> {
    let session = &new.session;
    if session.state != SessionState::Active {
        return Err(inconsistent("sessions", "ended_at", session.id).into());
    }
    lock(tx, new).await?;
    let account = rows::account::by_id(tx, session.account).await?;
    if account.is_none_or(|account| account.state != AccountState::Active) {
        return Ok(CreateSession::AccountNotActive);
    }
    if let Some(version) = new.password_version {
        let password = rows::account::password(tx, session.account).await?;
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
        let node = graph::unended_session(tx, id).await?;
        end(tx, node.as_slice(), &cut, &mut replaced).await?;
    }
    let capped = make_room(tx, new, horizon, now).await?;
    insert_session(tx, session).await?;
    if let Some(cookie) = &new.cookie {
        insert_cookie(tx, session.id, cookie).await?;
    }
    if let Some(grant) = &new.grant {
        insert_grant(tx, session, grant, now).await?;
    }
    Ok(CreateSession::Created {
        replaced: replaced.ended,
        capped: capped.ended,
    })
}

/// Its account and, should it be another, that of the session that it takes the place of.
async fn lock(tx: &Tx, new: &NewSession) -> Outcome<()> {
    let mut accounts = vec![new.session.account];
    if let Some(replaced) = new.replaces {
        let owner = one(
            tx,
            "sessions",
            "SELECT account FROM sessions WHERE id = $1",
            params![*replaced.as_uuid()],
            |row| row.uuid("account", AccountId::from_uuid),
        )
        .await?;
        accounts.extend(owner);
    }
    locks::accounts(tx, &accounts).await
}

/// Ends the oldest live sessions so that with the new one there are no more than allowed.
async fn make_room(tx: &Tx, new: &NewSession, horizon: Horizon, now: Timestamp) -> Outcome<Tally> {
    let mut too_old = all(
        tx,
        "sessions",
        "SELECT id, dead_from FROM sessions
         WHERE account = $1 AND ended_at IS NULL AND dead_from > $2
         ORDER BY created_at DESC, id DESC OFFSET $3",
        params![
            *new.session.account.as_uuid(),
            now.as_millis(),
            i64::from(new.max_sessions.saturating_sub(1))
        ],
        graph::node,
    )
    .await?;
    too_old.reverse();
    let cut = Cut {
        reason: EndReason::SessionCap,
        horizon,
        now,
    };
    let mut tally = Tally::default();
    end(tx, &too_old, &cut, &mut tally).await?;
    Ok(tally)
}

/// Ends sessions that have to go, each with its audit row.
async fn end(tx: &Tx, sessions: &[Node], cut: &Cut, tally: &mut Tally) -> Outcome<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    graph::end_sessions(tx, sessions, cut, tally).await?;
    for session in sessions {
        let id = SessionId::from_uuid(session.id());
        audit::write(
            tx,
            AuditAction::SessionEnded,
            &AuditContext::system(),
            ("session", &id),
            Some(cut.reason),
            cut.now,
        );
    }
    Ok(())
}

async fn insert_session(tx: &Tx, session: &Session) -> Outcome<()> {
    insert(
        tx,
        ("sessions", "id", &session.id),
        "INSERT INTO sessions (id, account, kind, version, actor, created_at, auth_time, last_seen,
                               idle_secs, expires_at, amr, acr, device_label, ip)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            *session.id.as_uuid(),
            *session.account.as_uuid(),
            session.kind.as_str(),
            i64::from(session.version),
            session.actor.map(|actor| *actor.as_uuid()),
            session.created_at.as_millis(),
            session.auth_time.as_millis(),
            session.last_seen.as_millis(),
            i64::from(session.idle_secs),
            session.expires_at.as_millis(),
            session.amr,
            session.acr.as_deref(),
            session.device_label.as_deref(),
            session.ip.map(|ip| ip.to_string())
        ],
    )
    .await
}

/// Gives a session a cookie. A hash that is there already is an error, whoever's it is: a cookie
/// is never adopted.
pub(in crate::postgres) async fn insert_cookie(
    tx: &Tx,
    session: SessionId,
    cookie: &SessionCookie,
) -> Outcome<()> {
    insert(
        tx,
        ("session_cookies", "hash", &session),
        "INSERT INTO session_cookies (hash, session, origin) VALUES ($1, $2, $3)",
        params![
            &cookie.hash.0[..],
            *session.as_uuid(),
            cookie.origin.as_str()
        ],
    )
    .await
}

async fn insert_grant(tx: &Tx, session: &Session, grant: &NewGrant, now: Timestamp) -> Outcome<()> {
    insert(
        tx,
        ("grants", "id", &grant.id),
        "INSERT INTO grants (id, account, client, resource, scopes, session, offline, version,
                             generation, seed, secret_id, created_at, idle_secs, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 1, $8, $9, $10, $11, $12)",
        params![
            *grant.id.as_uuid(),
            *session.account.as_uuid(),
            grant.client.as_str(),
            grant.resource.as_str(),
            grant.scopes,
            *session.id.as_uuid(),
            grant.offline,
            &grant.seed[..],
            i64::from(grant.secret_id),
            now.as_millis(),
            i64::from(grant.idle_secs),
            grant.expires_at.as_millis()
        ],
    )
    .await
}
