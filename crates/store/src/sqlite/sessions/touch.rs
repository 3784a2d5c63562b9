//! Noting that a session was used, at most once a minute.

use rusqlite::{Connection, params};
use symbolon_core::{
    Timestamp,
    model::{Session, SessionStatus, TruncatedIp},
};

use crate::sqlite::{failure::Outcome, query::execute};

/// Whether a use at `now` is to be written down. Never for a session that is dead, and never
/// backwards.
pub(super) fn is_due(session: &Session, now: Timestamp) -> bool {
    session.status(now) == SessionStatus::Live
        && now.millis_since(session.last_seen) >= session.coalesced_ms()
}

/// Writes the use down if it is due; `session` shows it afterwards.
pub(in crate::sqlite) fn touch(
    conn: &Connection,
    session: &mut Session,
    from: Option<TruncatedIp>,
    now: Timestamp,
) -> Outcome<()> {
    if is_due(session, now) {
        session.last_seen = now;
        session.ip = from.or(session.ip);
        execute(
            conn,
            "UPDATE sessions SET last_seen = ?2, ip = ?3 WHERE id = ?1",
            params![
                session.id.to_bytes(),
                now.as_millis(),
                session.ip.map(|ip| ip.to_string())
            ],
        )?;
    }
    Ok(())
}
