//! Noting that a session was used, at most once a minute.

use symbolon_core::{
    Timestamp,
    model::{Session, SessionStatus, TruncatedIp},
    secret::CookieHash,
    store::SessionView,
};

use crate::postgres::{failure::Outcome, query::params, rows, tx::Tx};

/// Whether a use at `now` is to be written down. Never for a session that is dead, and never
/// backwards.
pub(super) fn is_due(session: &Session, now: Timestamp) -> bool {
    session.status(now) == SessionStatus::Live
        && now.millis_since(session.last_seen) >= session.coalesced_ms()
}

/// Whether a use of the session, if there is one, is to be written down.
pub(in crate::postgres) fn is_use_due(session: Option<&Session>, now: Timestamp) -> bool {
    session.is_some_and(|session| is_due(session, now))
}

/// The verb, for a use that is due: locks the session, looks again and writes.
pub(super) async fn by_cookie(
    tx: &Tx,
    cookie: &CookieHash,
    origin: &str,
    from: Option<TruncatedIp>,
    now: Timestamp,
) -> Outcome<Option<SessionView>> {
    // Of its parents only the account matters, and whoever disables that ends the session's row.
    tx.query(
        "SELECT 1 FROM sessions
         WHERE id = (SELECT session FROM session_cookies WHERE hash = $1 AND origin = $2)
         FOR NO KEY UPDATE",
        params![&cookie.0[..], origin],
    )
    .await?;
    let mut view = rows::session::view_by_cookie(tx, cookie, origin).await?;
    if let Some(view) = &mut view {
        touch(tx, &mut view.session, from, now).await?;
    }
    Ok(view)
}

/// Writes the use of a locked session down if it is due; `session` shows it afterwards.
pub(in crate::postgres) async fn touch(
    tx: &Tx,
    session: &mut Session,
    from: Option<TruncatedIp>,
    now: Timestamp,
) -> Outcome<()> {
    if is_due(session, now) {
        session.last_seen = now;
        session.ip = from.or(session.ip);
        tx.execute(
            "UPDATE sessions SET last_seen = $2, ip = $3 WHERE id = $1",
            params![
                *session.id.as_uuid(),
                now.as_millis(),
                session.ip.map(|ip| ip.to_string())
            ],
        )
        .await?;
    }
    Ok(())
}
