//! `POST /api/v1/admin/accounts/import`: accounts from another system, a batch at a time.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use symbolon_core::{
    secret::Password,
    service::{ForeignAccount, ImportOutcome},
};

use super::accounts::roles;
use crate::{
    error::ApiError,
    extract::{Admin, Json},
    state::AppState,
};

/// Bytes that a batch may have.
pub(crate) const MAX_BATCH_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    #[serde(default)]
    dry_run: bool,
    accounts: Vec<Foreign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Foreign {
    subject: Option<String>,
    identifiers: Vec<ForeignIdentifier>,
    password_hash: Option<Password>,
    #[serde(default)]
    roles: Vec<String>,
    locale: Option<String>,
    #[serde(default)]
    profile: Map<String, Value>,
    #[serde(default)]
    disabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForeignIdentifier {
    value: String,
    #[serde(default)]
    verified: bool,
}

#[derive(Serialize)]
pub(crate) struct Answer {
    /// In the order of the accounts.
    results: Vec<OutcomeView>,
}

#[derive(Serialize)]
struct OutcomeView {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

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
    let imported = state
        .issuer()
        .import_accounts(accounts, body.dry_run, audit)
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
