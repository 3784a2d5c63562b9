//! Accounts with their identifiers and roles, and passwords. An account is one row of one
//! statement, so it is read as it was at one moment.

use symbolon_core::{
    Timestamp,
    model::{
        Account, AccountState, Identifier, IdentifierKind, PasswordCredential, Role, RoleScope,
    },
    secret::PasswordHash,
    store::StoreError,
};
use symbolon_protocol::{AccountId, Subject};

use crate::postgres::{
    conn::{Conn, Params},
    failure::Outcome,
    query::{Columns, all, is_storable, one, params},
};

/// The columns of an account `a`.
macro_rules! account_columns {
    () => {
        "a.id, a.subject, a.state, a.disabled_at, a.erased_at, a.locale, a.profile, a.created_at,
         (SELECT coalesce(json_agg(json_build_array(i.kind, i.original, i.normalised, i.verified_at)
                                   ORDER BY i.kind, i.normalised), '[]')::text
          FROM identifiers i WHERE i.account = a.id),
         (SELECT coalesce(json_agg(json_build_array(r.scope_kind, r.scope_id, r.name)
                                   ORDER BY r.scope_kind, r.scope_id, r.name), '[]')::text
          FROM roles r WHERE r.account = a.id)"
    };
}
pub(in crate::postgres) use account_columns;

/// The account with this id.
pub(in crate::postgres) async fn by_id(conn: &Conn, id: AccountId) -> Outcome<Option<Account>> {
    let sql = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts a WHERE a.id = $1"
    );
    one(conn, "accounts", sql, params![*id.as_uuid()], account).await
}

/// The account with this subject.
pub(in crate::postgres) async fn by_subject(
    conn: &Conn,
    subject: &Subject,
) -> Outcome<Option<Account>> {
    let sql = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts a WHERE a.subject = $1"
    );
    one(conn, "accounts", sql, params![subject.as_str()], account).await
}

/// At most `limit` accounts after `after`, in the order of their ids.
pub(in crate::postgres) async fn page(
    conn: &Conn,
    after: Option<AccountId>,
    limit: u32,
) -> Outcome<Vec<Account>> {
    let sql = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts a
         WHERE ($1::uuid IS NULL OR a.id > $1) AND a.state <> 'erased' ORDER BY a.id LIMIT $2"
    );
    let after = after.map(|id| *id.as_uuid());
    all(
        conn,
        "accounts",
        sql,
        params![after, i64::from(limit)],
        account,
    )
    .await
}

/// Accounts by a statement that selects [`account_columns`].
pub(in crate::postgres) async fn select(
    conn: &Conn,
    sql: &str,
    params: Params<'_>,
) -> Outcome<Vec<Account>> {
    all(conn, "accounts", sql, params, account).await
}

/// The account that holds an identifier, with its password. A verified holder comes before an
/// unverified one, an older account before a newer one.
pub(in crate::postgres) async fn holder(
    conn: &Conn,
    kind: &str,
    normalised: &str,
) -> Outcome<Option<(Account, Option<PasswordCredential>)>> {
    if !is_storable(normalised) {
        return Ok(None);
    }
    let sql = concat!(
        "SELECT ",
        account_columns!(),
        ", c.hash, c.version, c.changed_at
         FROM (SELECT account FROM identifiers WHERE kind = $1 AND normalised = $2
               ORDER BY verified_at IS NULL, account LIMIT 1) h
         JOIN accounts a ON a.id = h.account
         LEFT JOIN credentials c ON c.account = a.id AND c.kind = 'password'"
    );
    one(conn, "accounts", sql, params![kind, normalised], |row| {
        Ok((account(row)?, credential(row)?))
    })
    .await
}

/// The account's password.
pub(in crate::postgres) async fn password(
    conn: &Conn,
    id: AccountId,
) -> Outcome<Option<PasswordCredential>> {
    let id = *id.as_uuid();
    let params = params![id];
    let found = one(
        conn,
        "credentials",
        "SELECT account, hash, version, changed_at
         FROM credentials WHERE account = $1 AND kind = 'password'",
        params,
        |row| {
            row.uuid("account", AccountId::from_uuid)?;
            credential(row)
        },
    );
    Ok(found.await?.flatten())
}

/// The columns hash, version, changed_at of a password, if there is one.
fn credential(row: &mut Columns<'_>) -> Result<Option<PasswordCredential>, StoreError> {
    let hash: Option<String> = row.get("hash")?;
    let version: Option<i64> = row.get("version")?;
    let changed_at = row.time_option("changed_at")?;
    match (hash, version, changed_at) {
        (None, None, None) => Ok(None),
        (Some(hash), Some(version), Some(changed_at)) => Ok(Some(PasswordCredential {
            hash: PasswordHash::from_phc(hash),
            version: u32::try_from(version).map_err(|_| row.wrong("version"))?,
            changed_at,
        })),
        _ => Err(row.wrong("hash")),
    }
}

/// The columns [`account_columns`].
pub(in crate::postgres) fn account(row: &mut Columns<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.uuid("id", AccountId::from_uuid)?,
        subject: row.get_as("subject", |text: String| text.try_into().ok())?,
        state: state(row)?,
        locale: row.get("locale")?,
        profile: row.get_as("profile", |json: &str| serde_json::from_str(json).ok())?,
        created_at: row.time("created_at")?,
        identifiers: row.get_as("identifiers", identifiers)?,
        roles: row.get_as("roles", roles)?,
    })
}

fn state(row: &mut Columns<'_>) -> Result<AccountState, StoreError> {
    let state: &str = row.get("state")?;
    let disabled_at = row.time_option("disabled_at")?;
    let erased_at = row.time_option("erased_at")?;
    match (state, disabled_at, erased_at) {
        ("active", None, None) => Ok(AccountState::Active),
        ("disabled", Some(at), None) => Ok(AccountState::Disabled { at }),
        ("erased", None, Some(at)) => Ok(AccountState::Erased { at }),
        _ => Err(row.wrong("state")),
    }
}

fn identifiers(json: &str) -> Option<Vec<Identifier>> {
    let rows: Vec<(String, String, String, Option<i64>)> = serde_json::from_str(json).ok()?;
    let identifier = |(kind, original, normalised, verified_at): (String, _, _, Option<i64>)| {
        Some(Identifier {
            kind: IdentifierKind::from_name(&kind)?,
            original,
            normalised,
            verified_at: verified_at.map(Timestamp::from_millis),
        })
    };
    rows.into_iter().map(identifier).collect()
}

fn roles(json: &str) -> Option<Vec<Role>> {
    let rows: Vec<(String, String, String)> = serde_json::from_str(json).ok()?;
    let role = |(kind, id, name)| {
        let scope = RoleScope::from_kept(kind, id);
        Role { scope, name }
    };
    Some(rows.into_iter().map(role).collect())
}
