//! `POST /api/v1/admin/accounts/import`: accounts from another system, a batch at a time.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use symbolon_core::{
    secret::Password,
    service::{ForeignAccount, ImportOptions, ImportOutcome},
};
use utoipa::ToSchema;

use super::accounts::roles;
use crate::{
    error::ApiError,
    extract::{Admin, Json},
    openapi::{
        refusals::{self, JsonBody, Refusals},
        schemas,
    },
    state::AppState,
};

/// Bytes that a batch may have.
pub(crate) const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// Accounts to be imported.
#[derive(Deserialize, ToSchema)]
#[schema(as = ImportRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// Only say what would become of them.
    #[serde(default)]
    dry_run: bool,
    /// Whether they may have roles; otherwise an account that has any is rejected.
    #[serde(default)]
    allow_roles: bool,
    #[schema(max_items = 500)]
    accounts: Vec<Foreign>,
}

/// An account as another system knows it.
#[derive(Deserialize, ToSchema)]
#[schema(as = ForeignAccount)]
#[serde(deny_unknown_fields)]
struct Foreign {
    /// `sub` of its tokens, kept; a new one if there is none.
    subject: Option<String>,
    /// One at least, 32 at most.
    identifiers: Vec<ForeignIdentifier>,
    /// argon2, bcrypt, scrypt or PBKDF2 as a PHC or crypt text.
    #[schema(value_type = Option<String>, format = Password)]
    password_hash: Option<Password>,
    #[serde(default)]
    roles: Vec<String>,
    /// BCP 47 tag.
    locale: Option<String>,
    /// Claims, as JSON of at most 16 KiB.
    #[serde(default)]
    #[schema(value_type = Object)]
    profile: Map<String, Value>,
    #[serde(default)]
    disabled: bool,
}

/// A name or address of an account of another system.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForeignIdentifier {
    /// A user name, or with an `@` an e-mail address.
    value: String,
    /// Whether the other system has verified it.
    #[serde(default)]
    verified: bool,
}

/// What became of the accounts.
#[derive(Serialize, ToSchema)]
#[schema(as = Imported)]
pub(crate) struct Answer {
    /// In the order of the accounts.
    results: Vec<OutcomeView>,
}

/// What became of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportOutcome)]
struct OutcomeView {
    #[schema(schema_with = schemas::import_outcome)]
    outcome: &'static str,
    /// Why it was rejected; stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<&'static str>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
}

/// Imports accounts from another system
///
/// A batch in one transaction; each account whole or not at all, and what is there already is not
/// changed. What cannot be imported is said account by account.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts/import", operation_id = "importAccounts",
    tag = "Administration",
    request_body = Body,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What became of each.", body = Answer),
        Refusals::<(refusals::Admin, JsonBody, refusals::Import)>,
    ),
)]
pub(crate) async fn post(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Json(body): Json<Body>,
) -> Result<axum::Json<Answer>, ApiError> {
    // Roles of a form that none has are refused one by one, with everything else about an account.
    let (mut accounts, mut refused) = (Vec::new(), Vec::new());
    for foreign in body.accounts {
        match foreign.read() {
            Ok(account) => {
                accounts.push(account);
                refused.push(None);
            }
            Err(error) => refused.push(Some(error)),
        }
    }
    let options = ImportOptions {
        dry_run: body.dry_run,
        allow_roles: body.allow_roles,
    };
    let imported = state
        .issuer()
        .import_accounts(accounts, options, audit)
        .await?;
    let mut imported = imported.into_iter().map(OutcomeView::from);
    let results = refused
        .into_iter()
        .filter_map(|error| match error {
            Some(error) => Some(OutcomeView::refused(error)),
            None => imported.next(),
        })
        .collect();
    Ok(axum::Json(Answer { results }))
}

impl Foreign {
    fn read(self) -> Result<ForeignAccount, ApiError> {
        let identifiers = self.identifiers.into_iter();
        Ok(ForeignAccount {
            subject: self.subject,
            identifiers: identifiers.map(|one| (one.value, one.verified)).collect(),
            password_hash: self.password_hash,
            roles: roles(self.roles)?,
            locale: self.locale,
            profile: self.profile,
            is_disabled: self.disabled,
        })
    }
}

impl OutcomeView {
    fn refused(error: ApiError) -> Self {
        Self {
            outcome: "rejected",
            code: Some(error.code),
            detail: Some(error.detail),
        }
    }
}

impl From<ImportOutcome> for OutcomeView {
    fn from(outcome: ImportOutcome) -> Self {
        let (outcome, code, detail) = match outcome {
            ImportOutcome::Imported => ("imported", None, None),
            ImportOutcome::Exists => ("exists", None, None),
            ImportOutcome::Rejected { code, detail } => ("rejected", Some(code), Some(detail)),
        };
        Self {
            outcome,
            code,
            detail,
        }
    }
}
