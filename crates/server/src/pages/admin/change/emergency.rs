//! `/admin/keys/emergency`: revokes keys that somebody else may have.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::keys::RotateKeys;

use crate::{
    error::ApiError,
    extract::{Form, Query},
    pages::{
        admin::{Administrator, Section, receipt::lead},
        frame::Frame,
        notice::Notice,
        render::show,
    },
    state::AppState,
};

#[derive(Template)]
#[template(path = "admin/emergency.html")]
struct EmergencyPage {
    t: Frame,
    section: Section,
    kid: Option<String>,
}

/// Which key; every one that signs access tokens if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    kid: Option<String>,
}

/// `GET`: the question.
pub(crate) async fn get(admin: Administrator, Query(Which { kid }): Query<Which>) -> Response {
    let t = admin.t;
    let section = Section::Keys;
    show(t, &EmergencyPage { t, section, kid })
}

/// `POST`.
pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Form(Which { kid }): Form<Which>,
) -> Result<Response, ApiError> {
    let how = RotateKeys::Emergency { kid };
    state.issuer().rotate_keys(how, admin.audit()).await?;
    let committed = state.issuer().committed();
    Ok(lead(Notice::KeysRevoked, committed, None))
}
