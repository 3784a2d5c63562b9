//! What a form needs that is done for nobody but the person themselves: a password, unless they
//! logged in a moment ago.

use serde::Deserialize;
use symbolon_core::{Error, secret::Password, service::Caller};

use crate::{error::ApiError, pages::form::FormError, state::AppState};

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(super) password: Option<Password>,
}

/// If the form has to ask for the password: the name that a password manager knows the caller by.
pub(crate) fn asks_password(
    state: &AppState,
    caller: &Caller,
    error: &FormError,
) -> Option<String> {
    if !error.is_on("current") && state.issuer().is_recent_login(caller) {
        return None;
    }
    let identifiers = caller.account.identifiers.first();
    Some(
        identifiers
            .map(|identifier| identifier.original.clone())
            .unwrap_or_default(),
    )
}

/// What went wrong with it. Nobody typed a name here.
pub(crate) fn described(error: Error) -> ApiError {
    match ApiError::from(error) {
        mut error if error.code == "bad_credentials" => {
            error.code = "current_password_wrong";
            error
        }
        error => error,
    }
}
