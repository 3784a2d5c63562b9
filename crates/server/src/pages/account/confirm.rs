//! What a form needs that is done for nobody but the member themselves: a password, unless they
//! logged in a moment ago.

use serde::Deserialize;
use symbolon_core::{Error, secret::Password};

use crate::{error::ApiError, pages::visitor::Member, state::AppState};

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(super) password: Option<Password>,
}

/// Whether the form has to ask for the password.
pub(super) fn asks_password(state: &AppState, member: &Member) -> bool {
    !state.issuer().is_recent_login(&member.0)
}

/// The name that a password manager knows the member by.
pub(super) fn username(member: &Member) -> String {
    let identifiers = member.0.account.identifiers.first();
    identifiers
        .map(|identifier| identifier.original.clone())
        .unwrap_or_default()
}

/// What went wrong with it. Nobody typed a name here.
pub(super) fn described(error: Error) -> ApiError {
    match ApiError::from(error) {
        mut error if error.code == "bad_credentials" => {
            error.code = "current_password_wrong";
            error
        }
        error => error,
    }
}
