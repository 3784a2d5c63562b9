//! Accounts by how their identifiers begin.

use rusqlite::{Connection, params};
use symbolon_core::model::{Account, IdentifierPrefix};
use symbolon_protocol::AccountId;

use crate::sqlite::{
    failure::Outcome,
    query::{all, one},
    rows,
};

/// Comes after every character that an identifier can have.
const LAST: char = char::MAX;

/// The verb. Goes along the index from where the page before ended, so that a page costs the same
/// wherever it is.
pub(super) fn named(
    conn: &Connection,
    prefix: &IdentifierPrefix,
    after: Option<AccountId>,
    limit: u32,
) -> Outcome<Vec<Account>> {
    let (from, to) = (prefix.as_str(), format!("{}{LAST}", prefix.as_str()));
    let position = match after {
        Some(after) => first_of(conn, after, from, &to)?,
        None => None,
    };
    let (normalised, kind, account) = position.unwrap_or_default();
    let found = all(
        conn,
        "identifiers",
        "SELECT account FROM identifiers AS held
         WHERE normalised >= ?1 AND normalised < ?2
           AND (normalised, kind, account) > (?3, ?4, ?5)
           AND NOT EXISTS (
               SELECT 1 FROM identifiers AS first
               WHERE first.account = held.account
                 AND first.normalised >= ?1 AND first.normalised < ?2
                 AND (first.normalised, first.kind) < (held.normalised, held.kind))
         ORDER BY normalised, kind, account LIMIT ?6",
        params![from, to, normalised, kind, account, limit],
        |row| row.uuid("account", AccountId::from_uuid),
    )?;
    found
        .into_iter()
        .map(|id| rows::account::owner(conn, id, "identifiers", id))
        .collect()
}

/// Where an account stands among those that are listed.
fn first_of(
    conn: &Connection,
    account: AccountId,
    from: &str,
    to: &str,
) -> Outcome<Option<(String, String, Vec<u8>)>> {
    one(
        conn,
        "identifiers",
        "SELECT account, normalised, kind FROM identifiers
         WHERE account = ?1 AND normalised >= ?2 AND normalised < ?3
         ORDER BY normalised, kind LIMIT 1",
        params![account.to_bytes(), from, to],
        |row| {
            let account = row.get("account")?;
            Ok((row.get("normalised")?, row.get("kind")?, account))
        },
    )
}
