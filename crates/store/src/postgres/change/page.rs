//! Pages of everything that somebody may still be accepted with.

use symbolon_protocol::AccountId;
use uuid::Uuid;

use super::graph::{self, GrantNode, Node, alive_after};
use crate::postgres::{
    failure::Outcome,
    locks,
    query::{all, params},
    tx::{Cut, Tx},
};

/// Some sessions that nobody has ended and that may have an unexpired token, of accounts that are
/// locked then.
pub(super) async fn sessions(tx: &Tx, cut: &Cut, limit: u32) -> Outcome<Vec<Node>> {
    let sql = "SELECT id, account FROM sessions
               WHERE ended_at IS NULL AND dead_from > $1 ORDER BY account LIMIT $2";
    let ids = locked(tx, "sessions", sql, cut, limit).await?;
    let sql = "SELECT id, dead_from FROM sessions
               WHERE id = ANY($1) AND ended_at IS NULL ORDER BY id";
    all(tx, "sessions", sql, params![ids], graph::node).await
}

/// The same of grants.
pub(super) async fn grants(tx: &Tx, cut: &Cut, limit: u32) -> Outcome<Vec<GrantNode>> {
    let sql = "SELECT id, account FROM grants
               WHERE ended_at IS NULL AND dead_from > $1 ORDER BY account LIMIT $2";
    let ids = locked(tx, "grants", sql, cut, limit).await?;
    let sql = "SELECT id, dead_from, session, offline FROM grants
               WHERE id = ANY($1) AND ended_at IS NULL ORDER BY id";
    graph::grants(tx, sql, params![ids]).await
}

/// Finds nodes and locks the accounts that they hang below; a client's own grant has none.
async fn locked(
    tx: &Tx,
    table: &'static str,
    sql: &str,
    cut: &Cut,
    limit: u32,
) -> Outcome<Vec<Uuid>> {
    let (alive_after, limit) = (alive_after(cut), i64::from(limit));
    let params = params![alive_after, limit];
    let found: Vec<(Uuid, Option<AccountId>)> = all(tx, table, sql, params, |row| {
        let id = row.get("id")?;
        Ok((id, row.uuid_option("account", AccountId::from_uuid)?))
    })
    .await?;
    let accounts: Vec<_> = found.iter().filter_map(|(_, account)| *account).collect();
    locks::accounts(tx, &accounts).await?;
    Ok(found.into_iter().map(|(id, _)| id).collect())
}
