//! Accounts that come from another system, with the password hashes that it made.
//!
//! The one thing that must not be broken: an account is imported whole or not at all, and what is
//! there already is never changed by an import.

use serde_json::Value;
use symbolon_protocol::Subject;

use crate::{
    entropy::EntropyExt,
    error::Error,
    issuer::Issuer,
    model::{AuditContext, Identifier, IdentifierKind, InvalidProfile, Profile, Role},
    password,
    secret::Password,
    store::{Imported, ImportedAccount, NewAccount},
};

/// Accounts in one call at most.
pub const MAX_IMPORTED: usize = 500;
/// Identifiers of one account at most.
const MAX_IDENTIFIERS: usize = 32;
/// Bytes of a profile at most.
const MAX_PROFILE_BYTES: usize = 16 * 1024;

/// An account as another system knows it.
#[derive(Debug, Clone)]
pub struct ForeignAccount {
    /// The name that tokens carry, kept; a new one if there is none.
    pub subject: Option<String>,
    /// How it can be named at log-in, and whether the other system has verified it.
    pub identifiers: Vec<(String, bool)>,
    /// Its password's hash.
    pub password_hash: Option<Password>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// BCP 47 tag.
    pub locale: Option<String>,
    /// Profile claims.
    pub profile: serde_json::Map<String, Value>,
    /// Whether it may not log in.
    pub is_disabled: bool,
}

/// How accounts are imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Only say what would become of them.
    pub dry_run: bool,
    /// Whether accounts may have roles. Otherwise those that have any are rejected: whoever can write
    /// into the file would make themselves an administrator.
    pub allow_roles: bool,
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It exists now; in a dry run, it would.
    Imported,
    /// An account has this subject already; nothing was changed.
    Exists,
    /// It cannot be imported.
    Rejected {
        /// Stable code.
        code: &'static str,
        /// What is wrong, for people.
        detail: String,
    },
}

impl Issuer {
    /// Imports accounts in one transaction, each whole or not at all. The outcomes are in the order
    /// of the accounts.
    ///
    /// # Errors
    /// `too_many_accounts`; the store. Then nothing was imported.
    pub async fn import_accounts(
        &self,
        accounts: Vec<ForeignAccount>,
        options: ImportOptions,
        audit: AuditContext,
    ) -> Result<Vec<ImportOutcome>, Error> {
        if accounts.len() > MAX_IMPORTED {
            return Err(Error::invalid(
                "too_many_accounts",
                format!("at most {MAX_IMPORTED} accounts are imported at once"),
            ));
        }
        let (mut prepared, mut rejected) = (Vec::new(), Vec::new());
        for account in accounts {
            match self.prepare_import(account, options) {
                Ok(account) => {
                    prepared.push(account);
                    rejected.push(None);
                }
                Err(rejection) => rejected.push(Some(rejection)),
            }
        }
        let now = self.ambient.now();
        let imported = self
            .store
            .import_accounts(prepared, options.dry_run, audit, now)
            .await?;
        let mut imported = imported.into_iter();
        let outcome = |rejection: Option<ImportOutcome>| {
            rejection
                .or_else(|| imported.next().map(told))
                .ok_or_else(|| Error::internal("the store left out an imported account"))
        };
        rejected.into_iter().map(outcome).collect()
    }

    fn prepare_import(
        &self,
        account: ForeignAccount,
        options: ImportOptions,
    ) -> Result<ImportedAccount, ImportOutcome> {
        let now = self.ambient.now();
        if !options.allow_roles && !account.roles.is_empty() {
            let detail = "it has roles, which are imported only where that is allowed";
            return Err(rejected("roles_not_allowed", detail));
        }
        if account.identifiers.len() > MAX_IDENTIFIERS {
            let detail = format!("an account has at most {MAX_IDENTIFIERS} identifiers");
            return Err(rejected("too_many_identifiers", detail));
        }
        let subject = match account.subject {
            None => self.ambient.entropy().subject(),
            Some(text) => Subject::try_from(text).map_err(|error| {
                rejected(
                    "subject_invalid",
                    format!("the subject is unusable: {error}"),
                )
            })?,
        };
        let mut identifiers = Vec::new();
        for (text, is_verified) in &account.identifiers {
            let mut identifier = Identifier::parse(text)
                .map_err(|error| rejected("identifier_invalid", error.to_string()))?;
            if *is_verified || identifier.kind == IdentifierKind::Username {
                identifier.verified_at = Some(now);
            }
            identifiers.push(identifier);
        }
        if identifiers.is_empty() {
            let detail = "an account needs an e-mail address or a user name";
            return Err(rejected("identifier_missing", detail));
        }
        let password = match &account.password_hash {
            None => None,
            Some(hash) => Some(
                password::import(hash.expose())
                    .map_err(|problem| rejected(problem.code(), problem.to_string()))?,
            ),
        };
        let claim = |name: &str| {
            let value = account.profile.get(name).and_then(Value::as_str);
            value.map(str::to_owned)
        };
        // As if they had said it here.
        let said = Profile {
            name: claim("name"),
            given_name: claim("given_name"),
            family_name: claim("family_name"),
            // As POSIX and Java write it.
            locale: account.locale.map(|locale| locale.replace('_', "-")),
        };
        let said = said.checked().map_err(|error| match error {
            InvalidProfile::Locale => rejected("locale_invalid", error.to_string()),
            InvalidProfile::Name => rejected("profile_invalid", error.to_string()),
        })?;
        let profile = Value::Object(account.profile);
        if profile.to_string().len() > MAX_PROFILE_BYTES {
            return Err(rejected(
                "profile_too_large",
                "a profile has at most 16 KiB",
            ));
        }
        Ok(ImportedAccount {
            account: NewAccount {
                id: self.ambient.entropy().account_id(now),
                subject,
                identifiers,
                password,
                roles: account.roles,
                locale: said.locale,
            },
            profile,
            is_disabled: account.is_disabled,
        })
    }
}

fn told(imported: Imported) -> ImportOutcome {
    match imported {
        Imported::Created => ImportOutcome::Imported,
        Imported::SubjectTaken => ImportOutcome::Exists,
        Imported::SubjectErased => rejected(
            "subject_erased",
            "the account of this subject was erased, and a subject is never given again",
        ),
        Imported::IdentifierTaken => rejected(
            "identifier_taken",
            "another account has one of its identifiers",
        ),
    }
}

fn rejected(code: &'static str, detail: impl Into<String>) -> ImportOutcome {
    ImportOutcome::Rejected {
        code,
        detail: detail.into(),
    }
}
