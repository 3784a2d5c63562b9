//! `/api/v1/me/profile`: what the caller says of themselves.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::model::{Account, Profile};

use crate::{
    error::ApiError,
    extract::{Authenticated, Json, RequestId},
    state::AppState,
};

/// What is shown; `null` for what is not said.
#[derive(Serialize)]
pub(crate) struct ProfileView {
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    locale: Option<String>,
}

impl From<&Account> for ProfileView {
    fn from(account: &Account) -> Self {
        let profile = Profile::of(account);
        Self {
            name: profile.name,
            given_name: profile.given_name,
            family_name: profile.family_name,
            locale: profile.locale,
        }
    }
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
) -> Result<axum::Json<ProfileView>, ApiError> {
    let account = state.issuer().account(caller.account.id).await?;
    Ok(axum::Json(ProfileView::from(&account)))
}

/// What is said from now on; what is left out is said no more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    locale: Option<String>,
}

/// `PUT`: replaces all of it.
pub(crate) async fn put(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
    id: RequestId,
    Json(body): Json<Body>,
) -> Result<axum::Json<ProfileView>, ApiError> {
    let profile = Profile {
        name: body.name,
        given_name: body.given_name,
        family_name: body.family_name,
        locale: body.locale,
    };
    let audit = caller.audit(id.for_audit());
    let account = state
        .issuer()
        .set_profile(caller.account.id, profile, audit)
        .await?;
    Ok(axum::Json(ProfileView::from(&account)))
}
