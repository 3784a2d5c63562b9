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
    failure::{Outcome, inconsistent},
    query::{Columns, all, one},
};

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
    let mut accounts = all(
        conn,
        "accounts",
        "SELECT id, subject, state, disabled_at, erased_at, locale, profile, created_at
         FROM accounts WHERE id > ?1 AND state <> 'erased' ORDER BY id LIMIT ?2",
        params![after, limit],
        account,
    )?;
    complete(conn, &mut accounts)?;
    Ok(accounts)
}

/// Whose session or grant it is; the row must exist.
pub(in crate::sqlite) fn owner(
    conn: &Connection,
    id: AccountId,
    table: &'static str,
    row: impl ToString,
) -> Outcome<Account> {
    by_id(conn, id)?.ok_or_else(|| inconsistent(table, "account", row).into())
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
    let mut found = one(conn, "accounts", sql, params, account)?;
    complete(conn, found.as_mut_slice())?;
    Ok(found)
}

/// Reads the identifiers and roles of accounts that are in the order of their ids, with no other
/// account between them that has any.
fn complete(conn: &Connection, accounts: &mut [Account]) -> Outcome<()> {
    let (Some(first), Some(last)) = (accounts.first(), accounts.last()) else {
        return Ok(());
    };
    let range = [first.id.to_bytes(), last.id.to_bytes()];
    let identifiers = all(
        conn,
        "identifiers",
        "SELECT account, kind, original, normalised, verified_at
         FROM identifiers WHERE account BETWEEN ?1 AND ?2 ORDER BY account, kind, normalised",
        range,
        identifier,
    )?;
    let roles = all(
        conn,
        "roles",
        "SELECT account, scope_kind, scope_id, name
         FROM roles WHERE account BETWEEN ?1 AND ?2 ORDER BY account, scope_kind, scope_id, name",
        range,
        role,
    )?;
    hand_out(accounts, identifiers, roles)
}

/// The same for accounts in whatever order.
pub(in crate::sqlite) fn complete_listed(
    conn: &Connection,
    accounts: &mut [Account],
) -> Outcome<()> {
    let ids = accounts.iter().map(|account| account.id.as_uuid().simple());
    let ids: Vec<String> = ids.map(|id| format!("\"{id}\"")).collect();
    let ids = format!("[{}]", ids.join(","));
    let identifiers = all(
        conn,
        "identifiers",
        "SELECT account, kind, original, normalised, verified_at
         FROM json_each(?1) AS listed CROSS JOIN identifiers ON account = unhex(listed.value)
         ORDER BY listed.key, kind, normalised",
        params![ids],
        identifier,
    )?;
    let roles = all(
        conn,
        "roles",
        "SELECT account, scope_kind, scope_id, name
         FROM json_each(?1) AS listed CROSS JOIN roles ON account = unhex(listed.value)
         ORDER BY listed.key, scope_kind, scope_id, name",
        params![ids],
        role,
    )?;
    hand_out(accounts, identifiers, roles)
}

/// Gives each account what is its own. Both are in the order of the accounts; what is left over
/// belongs to none of them, as if an erased account still had a name.
fn hand_out(
    accounts: &mut [Account],
    identifiers: Vec<(AccountId, Identifier)>,
    roles: Vec<(AccountId, Role)>,
) -> Outcome<()> {
    let mut identifiers = identifiers.into_iter().peekable();
    let mut roles = roles.into_iter().peekable();
    for account in accounts {
        let id = account.id;
        while let Some((_, one)) = identifiers.next_if(|(owner, _)| *owner == id) {
            account.identifiers.push(one);
        }
        while let Some((_, one)) = roles.next_if(|(owner, _)| *owner == id) {
            account.roles.push(one);
        }
    }
    if let Some((owner, _)) = identifiers.next() {
        return Err(inconsistent("identifiers", "account", owner).into());
    }
    if let Some((owner, _)) = roles.next() {
        return Err(inconsistent("roles", "account", owner).into());
    }
    Ok(())
}

/// An account by its row, without identifiers and roles.
pub(in crate::sqlite) fn account(row: &mut Columns<'_>) -> Result<Account, StoreError> {
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

fn identifier(row: &mut Columns<'_>) -> Result<(AccountId, Identifier), StoreError> {
    let owner = row.uuid("account", AccountId::from_uuid)?;
    let identifier = Identifier {
        kind: row.get_as("kind", |name: String| IdentifierKind::from_name(&name))?,
        original: row.get("original")?,
        normalised: row.get("normalised")?,
        verified_at: row.time_option("verified_at")?,
    };
    Ok((owner, identifier))
}

fn role(row: &mut Columns<'_>) -> Result<(AccountId, Role), StoreError> {
    let owner = row.uuid("account", AccountId::from_uuid)?;
    let kind: String = row.get("scope_kind")?;
    let id: String = row.get("scope_id")?;
    let scope = RoleScope::from_kept(kind, id);
    let name = row.get("name")?;
    Ok((owner, Role { scope, name }))
}
