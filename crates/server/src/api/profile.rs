//! `/api/v1/me/profile`: what the caller says of themselves.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::model::{Account, Profile};
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    extract::{Authenticated, Json, RequestId},
    openapi::refusals::{JsonBody, Named, NewProfile, Refusals, Signed},
    state::AppState,
};

/// What somebody says of themselves; `null` for what is not said.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
pub(crate) struct ProfileView {
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    /// BCP 47 tag.
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

/// Shows what the caller says of themselves
#[utoipa::path(
    get, path = "/api/v1/me/profile", operation_id = "getProfile", tag = "Own account",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The profile.", body = ProfileView),
        Refusals::<(Signed, Named)>,
    ),
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
) -> Result<axum::Json<ProfileView>, ApiError> {
    let account = state.issuer().account(caller.account.id).await?;
    Ok(axum::Json(ProfileView::from(&account)))
}

/// What is said from now on; what is left out is said no more.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProfileRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// What they are called on screen.
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 200)]
    given_name: Option<String>,
    #[schema(max_length = 200)]
    family_name: Option<String>,
    /// BCP 47 tag of the language in which they want to be spoken to.
    #[schema(max_length = 35)]
    locale: Option<String>,
}

/// Replaces what the caller says of themselves
///
/// All of it: what is left out is said no more.
#[utoipa::path(
    put, path = "/api/v1/me/profile", operation_id = "setProfile", tag = "Own account",
    request_body = Body,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The profile as it is kept.", body = ProfileView),
        Refusals::<(Signed, JsonBody, NewProfile, Named)>,
    ),
)]
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
