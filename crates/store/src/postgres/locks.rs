//! Locks that a verb takes before it looks: in every verb in this order, so that two that meet wait
//! and do not block each other: administrators, names, accounts by their ids, sessions, grants, and last
//! of all the log, in [`super::tx::Tx::settle`].

use symbolon_core::model::Identifier;
use symbolon_protocol::AccountId;
use uuid::Uuid;

use super::{failure::Outcome, query::params, tx::Tx};

/// Who may change whether there is an administrator. Two that each take away another one would
/// otherwise leave none.
pub(super) async fn administrators(tx: &Tx) -> Outcome<()> {
    tx.query("SELECT pg_advisory_xact_lock(5351485, 2)", &[])
        .await
        .map(drop)
}

/// Nobody else takes one of these names. No unique index says so of names that are not verified.
pub(super) async fn names(tx: &Tx, identifiers: &[Identifier]) -> Outcome<()> {
    tx.query("SELECT pg_advisory_xact_lock_shared(5351485, 3)", &[])
        .await?;
    let names: Vec<_> = identifiers
        .iter()
        .map(|one| format!("{}:{}", one.kind.as_str(), one.normalised))
        .collect();
    tx.query(
        "SELECT pg_advisory_xact_lock(name) FROM (
             SELECT DISTINCT hashtextextended(name, 0) AS name FROM unnest($1) AS name
             ORDER BY 1) AS names",
        params![names],
    )
    .await
    .map(drop)
}

/// Nobody else takes any name: for those who take too many to lock each.
pub(super) async fn all_names(tx: &Tx) -> Outcome<()> {
    tx.query("SELECT pg_advisory_xact_lock(5351485, 3)", &[])
        .await
        .map(drop)
}

/// The accounts' rows: no log-in, refresh or change of them goes on beside this one.
pub(super) async fn accounts(tx: &Tx, ids: &[AccountId]) -> Outcome<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| *id.as_uuid()).collect();
    tx.query(
        "SELECT id FROM accounts WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        params![ids],
    )
    .await
    .map(drop)
}
