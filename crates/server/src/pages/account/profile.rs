//! `POST /account/profile`: changes what one says of oneself.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::model::Profile;

use super::{languages, load};
use crate::{
    error::ApiError,
    extract::{Form, RequestId},
    pages::{form::refuse, notice::Notice, render::see_other, visitor::Member},
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    name: String,
    given_name: String,
    family_name: String,
    locale: String,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    member: Member,
    id: RequestId,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let profile = Profile::from(body);
    let account = member.0.account.id;
    let audit = member.0.audit(id.for_audit());
    let saved = state
        .issuer()
        .set_profile(account, profile.clone(), audit)
        .await;
    match saved {
        Ok(_) => Ok(see_other(&Notice::ProfileSaved.on("/account"), [])),
        Err(error) => {
            let mut page = load(&state, &member).await?;
            refuse(member.1, error.into(), |error| {
                // What was typed is there to be mended.
                page.languages = languages(member.1, page.profile.locale.as_deref());
                page.profile = profile;
                page.error = error;
                page
            })
        }
    }
}

impl From<Body> for Profile {
    fn from(body: Body) -> Self {
        Self {
            name: Some(body.name),
            given_name: Some(body.given_name),
            family_name: Some(body.family_name),
            locale: Some(body.locale),
        }
    }
}
