//! Accounts: creating, finding, enabling. What ends or narrows is in [`super::change`].

mod claim_admin;
mod create;
mod enable;
mod import;
mod named;
mod profile;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use symbolon_core::{
    Timestamp,
    model::{
        Account, AuditAction, AuditContext, Dossier, Identifier, IdentifierPrefix,
        PasswordCredential, Profile,
    },
    secret::{PasswordHash, SecretHash},
    store::{
        AccountStore, ClaimAdmin, CreateAccount, Imported, ImportedAccount, LoginAccount,
        NewAccount, SetupCode, StoreError,
    },
};
use symbolon_protocol::{AccountId, Subject};

pub(super) use self::create::{insert_password, insert_roles};
use super::{
    SqliteStore, audit,
    failure::Outcome,
    query::{all, execute, one},
    rows, traces,
};

#[async_trait]
impl AccountStore for SqliteStore {
    async fn create_account(
        &self,
        new: NewAccount,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<CreateAccount, StoreError> {
        self.write(move |tx| create::create(tx, &new, &audit, now))
            .await
    }

    async fn import_accounts(
        &self,
        accounts: Vec<ImportedAccount>,
        dry_run: bool,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Vec<Imported>, StoreError> {
        self.write(move |tx| import::import(tx, &accounts, dry_run, &audit, now))
            .await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(move |conn| rows::account::by_id(conn, id)).await
    }

    async fn account_by_subject(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        let subject = subject.clone();
        self.read(move |conn| rows::account::by_subject(conn, &subject))
            .await
    }

    async fn account_for_login(
        &self,
        identifier: &Identifier,
    ) -> Result<Option<LoginAccount>, StoreError> {
        let (kind, normalised) = (identifier.kind, identifier.normalised.clone());
        self.read(move |conn| {
            let Some(holder) = holder(conn, kind.as_str(), &normalised)? else {
                return Ok(None);
            };
            Ok(Some(LoginAccount {
                account: rows::account::owner(conn, holder, "identifiers", holder)?,
                password: rows::account::password(conn, holder)?,
            }))
        })
        .await
    }

    async fn password(&self, id: AccountId) -> Result<Option<PasswordCredential>, StoreError> {
        self.read(move |conn| rows::account::password(conn, id))
            .await
    }

    async fn accounts(
        &self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        self.read(move |conn| rows::account::page(conn, after, limit))
            .await
    }

    async fn accounts_named(
        &self,
        prefix: &IdentifierPrefix,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Option<Vec<Account>>, StoreError> {
        let prefix = prefix.clone();
        self.read(move |conn| named::named(conn, &prefix, after, limit))
            .await
    }

    async fn enable_account(
        &self,
        id: AccountId,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| enable::enable(tx, id, &audit, now))
            .await
    }

    async fn dossier(
        &self,
        id: AccountId,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Option<Dossier>, StoreError> {
        let found = self.read(move |conn| rows::dossier::of(conn, id)).await?;
        if found.is_some() {
            let action = AuditAction::AccountExported;
            self.write(move |tx| audit::write(tx, action, &audit, ("account", &id), None, now))
                .await?;
        }
        Ok(found)
    }

    async fn has_traces(&self) -> Result<bool, StoreError> {
        self.read(traces::are_left).await
    }

    async fn remove_traces(&self) -> Result<(), StoreError> {
        self.writer.remove_traces().await
    }

    async fn set_profile(
        &self,
        id: AccountId,
        profile: Profile,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        self.write(move |tx| profile::set(tx, id, profile, &audit, now))
            .await
    }

    async fn upgrade_password_hash(
        &self,
        id: AccountId,
        version: u32,
        hash: PasswordHash,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            execute(
                tx,
                "UPDATE credentials SET hash = ?3
                 WHERE account = ?1 AND kind = 'password' AND version = ?2",
                params![id.to_bytes(), version, hash.expose()],
            )
            .map(drop)
        })
        .await
    }

    async fn has_admin(&self) -> Result<bool, StoreError> {
        self.read(has_admin).await
    }

    async fn is_setup_code(&self, code: SecretHash, now: Timestamp) -> Result<bool, StoreError> {
        self.read(move |conn| claim_admin::is_code(conn, &code, now))
            .await
    }

    async fn put_setup_code(
        &self,
        hash: SecretHash,
        code: SetupCode,
        now: Timestamp,
    ) -> Result<Option<SetupCode>, StoreError> {
        self.write(move |tx| claim_admin::put_code(tx, &hash, code, now))
            .await
    }

    async fn claim_first_admin(
        &self,
        code: SecretHash,
        new: NewAccount,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<ClaimAdmin, StoreError> {
        self.write(move |tx| claim_admin::claim(tx, &code, new, &audit, now))
            .await
    }
}

/// Whether an account can log in as an administrator.
fn has_admin(conn: &Connection) -> Outcome<bool> {
    Ok(!two_admins(conn)?.is_empty())
}

/// Whether this account can log in as an administrator and no other can.
pub(super) fn is_last_admin(conn: &Connection, account: AccountId) -> Outcome<bool> {
    Ok(two_admins(conn)? == [account])
}

/// At most two accounts that can log in as administrators: one that has no password or is disabled
/// is of no use when nobody else is there.
fn two_admins(conn: &Connection) -> Outcome<Vec<AccountId>> {
    all(
        conn,
        "roles",
        "SELECT r.account FROM roles r JOIN accounts a ON a.id = r.account
                                       JOIN credentials c ON c.account = a.id
         WHERE r.scope_kind = 'issuer' AND r.scope_id = '' AND r.name = 'admin'
           AND a.state = 'active' AND c.kind = 'password'
         LIMIT 2",
        [],
        |row| row.uuid("account", AccountId::from_uuid),
    )
}

/// Who holds an identifier. A verified holder comes before an unverified one, an older account
/// before a newer one.
fn holder(conn: &Connection, kind: &str, normalised: &str) -> Outcome<Option<AccountId>> {
    one(
        conn,
        "identifiers",
        "SELECT account FROM identifiers WHERE kind = ?1 AND normalised = ?2
         ORDER BY verified_at IS NULL, account LIMIT 1",
        params![kind, normalised],
        |row| row.uuid("account", AccountId::from_uuid),
    )
}
