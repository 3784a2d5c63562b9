//! Accounts with their identifiers and roles, and passwords.

use rusqlite::{Connection, Params, params};
use symbolon_core::{
    model::{
        Account, AccountState, Identifier, IdentifierKind, PasswordCredential, Role, RoleScope,
    },
    secret::PasswordHash,
    store::StoreError,
};
use symbolon_protocol::{AccountId, Subject};

use crate::sqlite::{
    failure::Outcome,
    query::{Columns, all, one},
};

/// The scope kind of roles that hold in the whole issuer; its scope id is empty.
pub(in crate::sqlite) const ISSUER_SCOPE: &str = "issuer";

/// The account with this id.
pub(in crate::sqlite) fn by_id(conn: &Connection, id: AccountId) -> Outcome<Option<Account>> {
    load(
        conn,
        "SELECT id, subject, state, disabled_at, erased_at, locale, profile, created_at
         FROM accounts WHERE id = ?1",
        params![id.to_bytes()],
    )
}

/// The account with this subject.
pub(in crate::sqlite) fn by_subject(
    conn: &Connection,
    subject: &Subject,
) -> Outcome<Option<Account>> {
    load(
        conn,
        "SELECT id, subject, state, disabled_at, erased_at, locale, profile, created_at
         FROM accounts WHERE subject = ?1",
        params![subject.as_str()],
    )
}

/// At most `limit` accounts after `after`, in the order of their ids.
pub(in crate::sqlite) fn page(
    conn: &Connection,
    after: Option<AccountId>,
    limit: u32,
) -> Outcome<Vec<Account>> {
    // Every id is longer than the empty blob and so comes after it.
    let after = after.map_or_else(Vec::new, |id| id.to_bytes().to_vec());
    let accounts = all(
        conn,
        "accounts",
        "SELECT id, subject, state, disabled_at, erased_at, locale, profile, created_at
         FROM accounts WHERE id > ?1 AND state <> 'erased' ORDER BY id LIMIT ?2",
        params![after, limit],
        account,
    )?;
    accounts
        .into_iter()
        .map(|account| complete(conn, account))
        .collect()
}

/// Whose session or grant it is; the row must exist.
pub(in crate::sqlite) fn owner(
    conn: &Connection,
    id: AccountId,
    table: &'static str,
    row: impl ToString,
) -> Outcome<Account> {
    by_id(conn, id)?
        .ok_or_else(|| crate::sqlite::failure::inconsistent(table, "account", row).into())
}

/// The account's password.
pub(in crate::sqlite) fn password(
    conn: &Connection,
    id: AccountId,
) -> Outcome<Option<PasswordCredential>> {
    one(
        conn,
        "credentials",
        "SELECT account, hash, version, changed_at
         FROM credentials WHERE account = ?1 AND kind = 'password'",
        params![id.to_bytes()],
        |row| {
            let _account: [u8; 16] = row.get("account")?;
            Ok(PasswordCredential {
                hash: PasswordHash::from_phc(row.get("hash")?),
                version: row.get("version")?,
                changed_at: row.time("changed_at")?,
            })
        },
    )
}

fn load(conn: &Connection, sql: &str, params: impl Params) -> Outcome<Option<Account>> {
    one(conn, "accounts", sql, params, account)?
        .map(|account| complete(conn, account))
        .transpose()
}

fn complete(conn: &Connection, mut account: Account) -> Outcome<Account> {
    account.identifiers = all(
        conn,
        "identifiers",
        "SELECT account, kind, original, normalised, verified_at
         FROM identifiers WHERE account = ?1 ORDER BY kind, normalised",
        params![account.id.to_bytes()],
        identifier,
    )?;
    account.roles = all(
        conn,
        "roles",
        "SELECT account, scope_kind, scope_id, name
         FROM roles WHERE account = ?1 ORDER BY scope_kind, scope_id, name",
        params![account.id.to_bytes()],
        role,
    )?;
    Ok(account)
}

fn account(row: &mut Columns<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.uuid("id", AccountId::from_uuid)?,
        subject: row.get_as("subject", |text: String| text.try_into().ok())?,
        state: state(row)?,
        locale: row.get("locale")?,
        profile: row.get_as("profile", |json: String| serde_json::from_str(&json).ok())?,
        created_at: row.time("created_at")?,
        identifiers: Vec::new(),
        roles: Vec::new(),
    })
}

fn state(row: &mut Columns<'_>) -> Result<AccountState, StoreError> {
    let state: String = row.get("state")?;
    let disabled_at = row.time_option("disabled_at")?;
    let erased_at = row.time_option("erased_at")?;
    match (state.as_str(), disabled_at, erased_at) {
        ("active", None, None) => Ok(AccountState::Active),
        ("disabled", Some(at), None) => Ok(AccountState::Disabled { at }),
        ("erased", None, Some(at)) => Ok(AccountState::Erased { at }),
        _ => Err(row.wrong("state")),
    }
}

fn identifier(row: &mut Columns<'_>) -> Result<Identifier, StoreError> {
    let _account: [u8; 16] = row.get("account")?;
    Ok(Identifier {
        kind: row.get_as("kind", |name: String| IdentifierKind::from_name(&name))?,
        original: row.get("original")?,
        normalised: row.get("normalised")?,
        verified_at: row.time_option("verified_at")?,
    })
}

fn role(row: &mut Columns<'_>) -> Result<Role, StoreError> {
    let _account: [u8; 16] = row.get("account")?;
    let kind: String = row.get("scope_kind")?;
    let id: String = row.get("scope_id")?;
    let scope = if kind == ISSUER_SCOPE {
        RoleScope::Issuer
    } else {
        RoleScope::Within { kind, id }
    };
    Ok(Role {
        scope,
        name: row.get("name")?,
    })
}
