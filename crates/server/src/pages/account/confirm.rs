//! What a form needs that is done for nobody but the member themselves: a password, unless they
//! logged in a moment ago.

use serde::Deserialize;
use symbolon_core::secret::Password;

use crate::{error::ApiError, extract::Context, pages::visitor::Member, state::AppState};

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    password: Option<Password>,
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

/// Makes sure that it is the member.
pub(super) async fn confirm(
    state: &AppState,
    member: &Member,
    Context(context): &Context,
    body: Body,
) -> Result<(), ApiError> {
    let confirmed = state
        .issuer()
        .confirm(&member.0, body.password, context)
        .await;
    confirmed.map_err(|error| match ApiError::from(error) {
        // Nobody typed a name here.
        mut error if error.code == "bad_credentials" => {
            error.code = "current_password_wrong";
            error
        }
        error => error,
    })
}
