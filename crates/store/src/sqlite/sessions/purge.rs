//! Deleting what died long enough ago that nobody can ask for it any more.

use rusqlite::{Connection, params};
use symbolon_core::Timestamp;

use crate::sqlite::{
    failure::Outcome,
    query::{all, execute},
};

/// The verb. Sessions go with their cookies and online grants; offline grants go when they were
/// ended or are past their absolute lifetime (an idle one stays until then).
pub(super) fn purge(conn: &Connection, before: Timestamp, limit: u32) -> Outcome<u32> {
    let dead = all(
        conn,
        "sessions",
        "SELECT id FROM sessions WHERE dead_from < ?1 ORDER BY dead_from LIMIT ?2",
        params![before.as_millis(), limit],
        |row| row.get::<[u8; 16]>("id"),
    )?;
    let mut left = limit;
    for session in dead {
        for sql in [
            "DELETE FROM session_cookies WHERE hash IN (
                 SELECT hash FROM session_cookies WHERE session = ?1 LIMIT ?2)",
            "DELETE FROM grants WHERE id IN (
                 SELECT id FROM grants WHERE session = ?1 AND NOT offline LIMIT ?2)",
        ] {
            left = left.saturating_sub(execute(conn, sql, params![session, left])?);
        }
        // With something left to delete, everything that hung below it is gone.
        if left == 0 {
            return Ok(limit);
        }
        left = left.saturating_sub(execute(
            conn,
            "DELETE FROM sessions WHERE id = ?1",
            params![session],
        )?);
    }
    let gone = execute(
        conn,
        "DELETE FROM grants WHERE id IN (
             SELECT id FROM grants WHERE gone_from < ?1 LIMIT ?2)",
        params![before.as_millis(), left],
    )?;
    Ok(limit.saturating_sub(left).saturating_add(gone))
}
