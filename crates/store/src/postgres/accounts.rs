//! Accounts: creating, finding, enabling. What ends or narrows is in [`super::change`].

mod claim_admin;
mod create;
mod enable;
mod import;
mod named;
mod profile;

use async_trait::async_trait;
use futures_util::{FutureExt as _, future::ready};
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
    PostgresStore, audit,
    conn::Conn,
    failure::{Failure, Outcome},
    open,
    query::{all, params},
    rows, traces,
    tx::Tx,
};

#[async_trait]
impl AccountStore for PostgresStore {
    async fn create_account(
        &self,
        new: NewAccount,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<CreateAccount, StoreError> {
        self.write((new, audit, now), |tx, (new, audit, now)| {
            create::create(tx, new, audit, *now).boxed()
        })
        .await
    }

    async fn import_accounts(
        &self,
        accounts: Vec<ImportedAccount>,
        dry_run: bool,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Vec<Imported>, StoreError> {
        let args = (accounts, dry_run, audit, now);
        self.write(args, |tx, (accounts, dry_run, audit, now)| {
            import::import(tx, accounts, *dry_run, audit, *now).boxed()
        })
        .await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.runner
            .look(id, |conn, id| rows::account::by_id(conn, *id).boxed())
            .await
    }

    async fn account_by_subject(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        self.runner
            .look(subject, |conn, subject| {
                rows::account::by_subject(conn, subject).boxed()
            })
            .await
    }

    async fn account_for_login(
        &self,
        identifier: &Identifier,
    ) -> Result<Option<LoginAccount>, StoreError> {
        let found = self.runner.look(identifier, |conn, identifier| {
            let kind = identifier.kind.as_str();
            rows::account::holder(conn, kind, &identifier.normalised).boxed()
        });
        let login = |(account, password)| LoginAccount { account, password };
        Ok(found.await?.map(login))
    }

    async fn password(&self, id: AccountId) -> Result<Option<PasswordCredential>, StoreError> {
        self.runner
            .look(id, |conn, id| rows::account::password(conn, *id).boxed())
            .await
    }

    async fn accounts(
        &self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        self.runner
            .look((after, limit), |conn, (after, limit)| {
                rows::account::page(conn, *after, *limit).boxed()
            })
            .await
    }

    async fn accounts_named(
        &self,
        prefix: &IdentifierPrefix,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Option<Vec<Account>>, StoreError> {
        self.runner
            .snapshot((prefix, after, limit), |conn, (prefix, after, limit)| {
                named::named(conn, prefix, *after, *limit).boxed()
            })
            .await
    }

    async fn enable_account(
        &self,
        id: AccountId,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write((id, audit, now), |tx, (id, audit, now)| {
            enable::enable(tx, *id, audit, *now).boxed()
        })
        .await
    }

    async fn dossier(
        &self,
        id: AccountId,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Option<Dossier>, StoreError> {
        let found = self
            .runner
            .snapshot(id, |conn, id| rows::dossier::of(conn, *id).boxed())
            .await?;
        if found.is_some() {
            self.write((id, audit, now), |tx, (id, audit, now)| {
                let action = AuditAction::AccountExported;
                audit::write(tx, action, audit, ("account", id), None, *now);
                ready(Ok(())).boxed()
            })
            .await?;
        }
        Ok(found)
    }

    async fn has_traces(&self) -> Result<bool, StoreError> {
        self.runner
            .look((), |conn, ()| traces::are_left(conn).boxed())
            .await
    }

    async fn remove_traces(&self) -> Result<(), StoreError> {
        let made = open::connect(&self.connector).await;
        let (client, _pump) = made.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        traces::remove(&client)
            .await
            .map_err(Failure::into_store_error)
    }

    async fn set_profile(
        &self,
        id: AccountId,
        profile: Profile,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let args = (id, profile, audit, now);
        self.write(args, |tx, (id, profile, audit, now)| {
            profile::set(tx, *id, profile, audit, *now).boxed()
        })
        .await
    }

    async fn upgrade_password_hash(
        &self,
        id: AccountId,
        version: u32,
        hash: PasswordHash,
    ) -> Result<(), StoreError> {
        self.write((id, version, hash), |tx, (id, version, hash)| {
            upgrade_hash(tx, *id, *version, hash).boxed()
        })
        .await
    }

    async fn has_admin(&self) -> Result<bool, StoreError> {
        self.runner
            .look((), |conn, ()| has_admin(conn).boxed())
            .await
    }

    async fn is_setup_code(&self, code: SecretHash, now: Timestamp) -> Result<bool, StoreError> {
        self.runner
            .look((code, now), |conn, (code, now)| {
                claim_admin::is_code(conn, code, *now).boxed()
            })
            .await
    }

    async fn put_setup_code(
        &self,
        hash: SecretHash,
        code: SetupCode,
        now: Timestamp,
    ) -> Result<Option<SetupCode>, StoreError> {
        self.write((hash, code, now), |tx, (hash, code, now)| {
            claim_admin::put_code(tx, hash, code, *now).boxed()
        })
        .await
    }

    async fn claim_first_admin(
        &self,
        code: SecretHash,
        new: NewAccount,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<ClaimAdmin, StoreError> {
        self.write((code, new, audit, now), |tx, (code, new, audit, now)| {
            claim_admin::claim(tx, code, new, audit, *now).boxed()
        })
        .await
    }
}

async fn upgrade_hash(tx: &Tx, id: AccountId, version: u32, hash: &PasswordHash) -> Outcome<()> {
    tx.execute(
        "UPDATE credentials SET hash = $3
         WHERE account = $1 AND kind = 'password' AND version = $2",
        params![*id.as_uuid(), i64::from(version), hash.expose()],
    )
    .await
    .map(drop)
}

/// Whether an account can log in as an administrator.
async fn has_admin(conn: &Conn) -> Outcome<bool> {
    Ok(!two_admins(conn).await?.is_empty())
}

/// Whether this account can log in as an administrator and no other can.
pub(super) async fn is_last_admin(conn: &Conn, account: AccountId) -> Outcome<bool> {
    Ok(two_admins(conn).await? == [account])
}

/// At most two accounts that can log in as administrators: one that has no password or is disabled
/// is of no use when nobody else is there.
async fn two_admins(conn: &Conn) -> Outcome<Vec<AccountId>> {
    all(
        conn,
        "roles",
        "SELECT r.account FROM roles r JOIN accounts a ON a.id = r.account
                                       JOIN credentials c ON c.account = a.id
         WHERE r.scope_kind = 'issuer' AND r.scope_id = '' AND r.name = 'admin'
           AND a.state = 'active' AND c.kind = 'password'
         LIMIT 2",
        &[],
        |row| row.uuid("account", AccountId::from_uuid),
    )
    .await
}
