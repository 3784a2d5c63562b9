//! Accounts: creating, finding, enabling. What ends or narrows is in [`super::changes`].
//!
//! Of an erased account [`AccountStore::account`] and [`AccountStore::account_by_subject`] answer
//! what is left; every other verb takes it for one that is not there.

use async_trait::async_trait;
use symbolon_protocol::{AccountId, Subject, Timestamp};

use super::StoreError;
use crate::{
    model::{
        Account, AuditContext, Dossier, Identifier, IdentifierPrefix, PasswordCredential, Profile,
        Role,
    },
    secret::{PasswordHash, Sealed, SecretHash},
};

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Row id.
    pub id: AccountId,
    /// Subject; taken ones are refused by the store as [`StoreError::Inconsistent`], which random
    /// subjects never meet.
    pub subject: Subject,
    /// At least one.
    pub identifiers: Vec<Identifier>,
    /// The password's hash, if it has a password.
    pub password: Option<PasswordHash>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// BCP 47 tag.
    pub locale: Option<String>,
}

/// What came of creating an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateAccount {
    /// It exists now.
    Created,
    /// One of its identifiers is held already, verified or not.
    IdentifierTaken,
}

/// An account from another system.
#[derive(Debug, Clone)]
pub struct ImportedAccount {
    /// The account; its subject is the other system's.
    pub account: NewAccount,
    /// Profile claims as a JSON object.
    pub profile: serde_json::Value,
    /// Whether it may not log in.
    pub is_disabled: bool,
}

/// What came of importing an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It exists now.
    Created,
    /// An account has its subject already; nothing was changed.
    SubjectTaken,
    /// An account that was erased had its subject.
    SubjectErased,
    /// One of its identifiers is held already, verified or not.
    IdentifierTaken,
}

/// A set-up code as nodes show it to their operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupCode {
    /// The code, under the master key.
    pub sealed: Sealed,
    /// From when on it is void.
    pub expires_at: Timestamp,
}

/// What came of claiming the first administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimAdmin {
    /// The account exists now and is an administrator; the code is spent.
    Claimed,
    /// There is no such code, or it has expired.
    WrongCode,
    /// There is an administrator already.
    Void,
    /// An identifier is held already.
    IdentifierTaken,
}

/// An account as log-in needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct LoginAccount {
    /// The account.
    pub account: Account,
    /// Its password, if it has one.
    pub password: Option<PasswordCredential>,
}

/// Accounts.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Makes an account. All or nothing; writes the audit row `account_created`.
    async fn create_account(
        &self,
        new: NewAccount,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<CreateAccount, StoreError>;

    /// Makes accounts, all of them in one transaction and each whole or not at all, with an audit row
    /// `account_imported` each. Later ones see earlier ones. A dry run answers the same and changes
    /// nothing.
    async fn import_accounts(
        &self,
        accounts: Vec<ImportedAccount>,
        dry_run: bool,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Vec<Imported>, StoreError>;

    /// The account with this id.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The account with this subject.
    async fn account_by_subject(&self, subject: &Subject) -> Result<Option<Account>, StoreError>;

    /// The account that holds this identifier (`kind` and `normalised` are compared) and its
    /// password. A verified holder comes before an unverified one.
    async fn account_for_login(
        &self,
        identifier: &Identifier,
    ) -> Result<Option<LoginAccount>, StoreError>;

    /// The account's password.
    async fn password(&self, id: AccountId) -> Result<Option<PasswordCredential>, StoreError>;

    /// At most `limit` accounts with ids after `after`, in the order of their ids.
    async fn accounts(
        &self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError>;

    /// At most `limit` accounts that have an identifier of any kind that begins with `prefix`, in
    /// the order of the first such identifier (`normalised`, kind), each once. `after`: those that
    /// come after this account. `None`: that account has no such identifier (any more), so that the
    /// list cannot go on from there.
    async fn accounts_named(
        &self,
        prefix: &IdentifierPrefix,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Option<Vec<Account>>, StoreError>;

    /// Lets a disabled account log in again; nothing that was ended comes back. `false`: no such
    /// account. Enabling an active account changes nothing and writes no audit row.
    async fn enable_account(
        &self,
        id: AccountId,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Everything about one account, all of it read at one moment, but for secrets and hashes. That
    /// it was read goes into the audit trail (`account_exported`) before the answer does.
    async fn dossier(
        &self,
        id: AccountId,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Option<Dossier>, StoreError>;

    /// Whether an account was erased and traces of it may still lie where the backend keeps its
    /// data, though no query finds them.
    async fn has_traces(&self) -> Result<bool, StoreError>;

    /// Removes those traces: from free space, write-ahead log and whatever else is the backend's
    /// own. Not those in backups, nor in blocks that the file system has taken back.
    async fn remove_traces(&self) -> Result<(), StoreError>;

    /// Replaces what an account says of itself, and leaves the other claims of its profile alone; the
    /// account as it is then. `None`: no such account, or it is disabled. Writes the audit row
    /// `profile_changed` if anything changed.
    async fn set_profile(
        &self,
        id: AccountId,
        profile: Profile,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError>;

    /// Replaces the hash of an unchanged password by one with stronger parameters, if the password
    /// still has this version. Ends nothing.
    async fn upgrade_password_hash(
        &self,
        id: AccountId,
        version: u32,
        hash: PasswordHash,
    ) -> Result<(), StoreError>;

    /// Whether there is an administrator who can log in: an active account with the issuer-wide role
    /// `admin` and a password.
    async fn has_admin(&self) -> Result<bool, StoreError>;

    /// Keeps a set-up code and its hash, unless one is kept that is valid at `now`, and answers the one in force. `None`:
    /// there is an administrator as of [`Self::has_admin`], nothing is kept.
    async fn put_setup_code(
        &self,
        hash: SecretHash,
        code: SetupCode,
        now: Timestamp,
    ) -> Result<Option<SetupCode>, StoreError>;

    /// Whether this is the set-up code's hash and it is valid at `now`. Constant time.
    async fn is_setup_code(&self, code: SecretHash, now: Timestamp) -> Result<bool, StoreError>;

    /// Makes the first administrator against the set-up code, once. The code's hash is compared in
    /// constant time.
    async fn claim_first_admin(
        &self,
        code: SecretHash,
        new: NewAccount,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<ClaimAdmin, StoreError>;
}
