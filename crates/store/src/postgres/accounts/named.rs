//! Accounts by how their identifiers begin.

use symbolon_core::model::{Account, IdentifierPrefix};
use symbolon_protocol::AccountId;
use uuid::Uuid;

use crate::postgres::{
    conn::Conn,
    failure::Outcome,
    query::{is_storable, one, params},
    rows::account::{account_columns, select},
};

/// Comes after every character that an identifier can have.
const LAST: char = char::MAX;

/// The verb. Goes along the index from where the page before ended, so that a page costs the same
/// wherever it is. Where that is and what follows is read at one moment.
pub(super) async fn named(
    conn: &Conn,
    prefix: &IdentifierPrefix,
    after: Option<AccountId>,
    limit: u32,
) -> Outcome<Option<Vec<Account>>> {
    if !is_storable(prefix.as_str()) {
        // Nobody is called that, so there is no account to go on from either.
        return Ok(after.is_none().then(Vec::new));
    }
    let (from, to) = (prefix.as_str(), format!("{}{LAST}", prefix.as_str()));
    let position = match after {
        // Before all.
        None => Some(<(String, String, Uuid)>::default()),
        Some(after) => first_of(conn, after, from, &to).await?,
    };
    let Some((normalised, kind, account)) = position else {
        return Ok(None);
    };
    let sql = concat!(
        "SELECT ",
        account_columns!(),
        " FROM identifiers AS held JOIN accounts a ON a.id = held.account
         WHERE held.normalised >= $1 AND held.normalised < $2
           AND (held.normalised, held.kind, held.account) > ($3, $4, $5)
           AND NOT EXISTS (
               SELECT 1 FROM identifiers AS first
               WHERE first.account = held.account
                 AND first.normalised >= $1 AND first.normalised < $2
                 AND (first.normalised, first.kind) < (held.normalised, held.kind))
         ORDER BY held.normalised, held.kind, held.account LIMIT $6"
    );
    let limit = i64::from(limit);
    let params = params![from, to, normalised, kind, account, limit];
    select(conn, sql, params).await.map(Some)
}

/// Where an account stands among those that are listed.
async fn first_of(
    conn: &Conn,
    account: AccountId,
    from: &str,
    to: &str,
) -> Outcome<Option<(String, String, Uuid)>> {
    one(
        conn,
        "identifiers",
        "SELECT account, normalised, kind FROM identifiers
         WHERE account = $1 AND normalised >= $2 AND normalised < $3
         ORDER BY normalised, kind LIMIT 1",
        params![*account.as_uuid(), from, to],
        |row| {
            let account = row.get("account")?;
            Ok((row.get("normalised")?, row.get("kind")?, account))
        },
    )
    .await
}
