//! Accounts by how their identifiers begin.

use rusqlite::{Connection, params};
use symbolon_core::model::{Account, IdentifierPrefix};
use symbolon_protocol::AccountId;

use crate::sqlite::{
    failure::Outcome,
    query::{all, one},
    rows::account,
};

/// Comes after every character that an identifier can have.
const LAST: char = char::MAX;

/// The verb. Goes along the index from where the page before ended, so that a page costs the same
/// wherever it is. Where that is and what follows is read at one moment.
pub(super) fn named(
    conn: &Connection,
    prefix: &IdentifierPrefix,
    after: Option<AccountId>,
    limit: u32,
) -> Outcome<Option<Vec<Account>>> {
    let (from, to) = (prefix.as_str(), format!("{}{LAST}", prefix.as_str()));
    let position = match after {
        // Before all.
        None => Some(<(String, String, Vec<u8>)>::default()),
        Some(after) => first_of(conn, after, from, &to)?,
    };
    let Some((normalised, kind, id)) = position else {
        return Ok(None);
    };
    // Joined from the left, so that an identifier of no account is seen to be one.
    let mut found = all(
        conn,
        "accounts",
        "SELECT held.account, subject, state, disabled_at, erased_at, locale, profile, created_at
         FROM identifiers AS held LEFT JOIN accounts ON accounts.id = held.account
         WHERE held.normalised >= ?1 AND held.normalised < ?2
           AND (held.normalised, held.kind, held.account) > (?3, ?4, ?5)
           AND NOT EXISTS (
               SELECT 1 FROM identifiers AS first
               WHERE first.account = held.account
                 AND first.normalised >= ?1 AND first.normalised < ?2
                 AND (first.normalised, first.kind) < (held.normalised, held.kind))
         ORDER BY held.normalised, held.kind, held.account LIMIT ?6",
        params![from, to, normalised, kind, id, limit],
        account::account,
    )?;
    account::complete_listed(conn, &mut found)?;
    Ok(Some(found))
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
