//! Noting that a session was used, at most once a minute.

use rusqlite::{Connection, params};
use symbolon_core::{
    Timestamp,
    model::{Session, SessionStatus},
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
    now: Timestamp,
) -> Outcome<()> {
    if is_due(session, now) {
        execute(
            conn,
            "UPDATE sessions SET last_seen = ?2 WHERE id = ?1",
            params![session.id.to_bytes(), now.as_millis()],
        )?;
        session.last_seen = now;
    }
    Ok(())
}
