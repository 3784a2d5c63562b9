//! Accounts, as administrators see them.

use symbolon_protocol::{AccountId, EndReason};

use super::sessions::Ended;
use crate::{
    entropy::EntropyExt,
    error::Error,
    issuer::Issuer,
    model::{Account, AuditContext, Identifier, IdentifierKind, IdentifierPrefix, Role},
    secret::Password,
    store::{Change, CreateAccount, NewAccount},
};

/// Accounts on one page at most.
const MAX_PAGE: u32 = 1_000;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccountRequest {
    /// The name or address that it is to be known by.
    pub identifier: String,
    /// Its password; without one it cannot log in with a password.
    pub password: Option<Password>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Whether who asks vouches for the identifier.
    pub verified: bool,
}

/// A page of accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountPage {
    /// In the order of their ids, or of the names that were looked for.
    pub accounts: Vec<Account>,
    /// Where the next page begins, if there is one.
    pub next: Option<AccountId>,
}

impl Issuer {
    /// Makes an account.
    ///
    /// # Errors
    /// An unusable identifier or password, `identifier_taken`; a full queue; the store.
    pub async fn create_account(
        &self,
        request: NewAccountRequest,
        audit: AuditContext,
    ) -> Result<Account, Error> {
        let new = self.prepare_account(request).await?;
        let id = new.id;
        match self
            .store
            .create_account(new, audit, self.ambient.now())
            .await?
        {
            CreateAccount::Created => self.account(id).await,
            CreateAccount::IdentifierTaken => Err(identifier_taken()),
        }
    }

    /// Checks what was typed and hashes the password.
    pub(super) async fn prepare_account(
        &self,
        request: NewAccountRequest,
    ) -> Result<NewAccount, Error> {
        let mut identifier = Identifier::parse(&request.identifier)
            .map_err(|error| Error::invalid("identifier_invalid", error.to_string()))?;
        let now = self.ambient.now();
        if request.verified || identifier.kind == IdentifierKind::Username {
            identifier.verified_at = Some(now);
        }
        let password = match request.password {
            Some(password) => {
                let checked = self
                    .accept_password(&password, &[&identifier.original])
                    .await?;
                Some(self.passwords.hash(checked).await?)
            }
            None => None,
        };
        Ok(NewAccount {
            id: self.ambient.entropy().account_id(now),
            subject: self.ambient.entropy().subject(),
            identifiers: vec![identifier],
            password,
            roles: request.roles,
            locale: None,
        })
    }

    /// The account with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the store.
    pub async fn account(&self, id: AccountId) -> Result<Account, Error> {
        self.store
            .account(id)
            .await?
            .ok_or(Error::NotFound { what: "account" })
    }

    /// The account that holds this identifier.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a text that cannot be one; the store.
    pub async fn account_by_identifier(&self, text: &str) -> Result<Account, Error> {
        let none = Error::NotFound { what: "account" };
        let Ok(identifier) = Identifier::parse(text) else {
            return Err(none);
        };
        let known = self.store.account_for_login(&identifier).await?;
        known.map(|known| known.account).ok_or(none)
    }

    /// A page of accounts.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn accounts(
        &self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<AccountPage, Error> {
        let limit = limit.clamp(1, MAX_PAGE);
        Ok(page(self.store.accounts(after, limit + 1).await?, limit))
    }

    /// A page of the accounts that have an identifier which begins like this.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the account of the page before no longer is one of them, so that the
    /// list cannot go on from there; the store's failures.
    pub async fn accounts_named(
        &self,
        prefix: &str,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<AccountPage, Error> {
        let Some(prefix) = IdentifierPrefix::parse(prefix) else {
            return Ok(page(Vec::new(), 1));
        };
        let limit = limit.clamp(1, MAX_PAGE);
        self.store
            .accounts_named(&prefix, after, limit + 1)
            .await?
            .map(|found| page(found, limit))
            .ok_or(Error::NotFound { what: "cursor" })
    }

    /// Disables an account and ends everything of it.
    ///
    /// # Errors
    /// [`Error::NotFound`], `last_admin`; the store.
    pub async fn disable_account(
        &self,
        account: AccountId,
        audit: AuditContext,
    ) -> Result<Ended, Error> {
        let change = Change::DisableAccount { account };
        self.apply(change, EndReason::AccountDisabled, audit, "account")
            .await
    }

    /// Lets a disabled account log in again.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the store.
    pub async fn enable_account(
        &self,
        account: AccountId,
        audit: AuditContext,
    ) -> Result<Account, Error> {
        if !self
            .store
            .enable_account(account, audit, self.ambient.now())
            .await?
        {
            return Err(Error::NotFound { what: "account" });
        }
        self.account(account).await
    }

    /// Replaces the roles of an account: the account as it is then, and what was committed.
    ///
    /// # Errors
    /// [`Error::NotFound`], `last_admin`; the store.
    pub async fn set_roles(
        &self,
        account: AccountId,
        roles: Vec<Role>,
        audit: AuditContext,
    ) -> Result<(Account, Ended), Error> {
        let change = Change::SetRoles { account, roles };
        let ended = self
            .apply(change, EndReason::RolesChanged, audit, "account")
            .await?;
        Ok((self.account(account).await?, ended))
    }
}

/// A page of what was found, which may be one more than it takes.
fn page(mut accounts: Vec<Account>, limit: u32) -> AccountPage {
    let more = accounts.len() > limit as usize;
    accounts.truncate(limit as usize);
    let next = accounts.last().filter(|_| more).map(|account| account.id);
    AccountPage { accounts, next }
}

pub(super) const fn identifier_taken() -> Error {
    Error::Conflict {
        code: "identifier_taken",
        detail: "another account has this identifier",
    }
}
