//! Deleting what died long enough ago that nobody can ask for it any more.

use symbolon_core::Timestamp;
use uuid::Uuid;

use crate::postgres::{
    failure::Outcome,
    query::{all, params},
    tx::Tx,
};

/// The verb. Sessions go with their cookies and online grants; offline grants go when they were
/// ended or are past their absolute lifetime (an idle one stays until then). What another node is
/// working on is left to it.
pub(super) async fn purge(tx: &Tx, before: Timestamp, limit: u32) -> Outcome<u32> {
    let dead: Vec<Uuid> = all(
        tx,
        "sessions",
        "SELECT id FROM sessions WHERE dead_from < $1 ORDER BY dead_from LIMIT $2
         FOR UPDATE SKIP LOCKED",
        params![before.as_millis(), i64::from(limit)],
        |row| row.get("id"),
    )
    .await?;
    let mut left = limit;
    for sql in [
        "DELETE FROM session_cookies WHERE hash IN (
             SELECT hash FROM session_cookies WHERE session = ANY($1) LIMIT $2)",
        "DELETE FROM grants WHERE id IN (
             SELECT id FROM grants WHERE session = ANY($1) AND NOT offline LIMIT $2
             FOR UPDATE SKIP LOCKED)",
        // Only those below which nothing hangs any more.
        "DELETE FROM sessions WHERE id IN (
             SELECT id FROM sessions s WHERE id = ANY($1)
               AND NOT EXISTS (SELECT 1 FROM session_cookies c WHERE c.session = s.id)
               AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.session = s.id AND NOT g.offline)
             LIMIT $2)",
    ] {
        let gone = tx.execute(sql, params![dead, i64::from(left)]).await?;
        left = left.saturating_sub(gone);
    }
    let gone = tx
        .execute(
            "DELETE FROM grants WHERE id IN (
             SELECT id FROM grants WHERE coalesce(ended_at, expires_at) < $1 LIMIT $2
             FOR UPDATE SKIP LOCKED)",
            params![before.as_millis(), i64::from(left)],
        )
        .await?;
    Ok(limit.saturating_sub(left).saturating_add(gone))
}
