//! `/admin/keys/emergency`: revokes keys that somebody else may have. Nothing brings them back, so it
//! asks for the password unless the administrator logged in a moment ago.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{keys::RotateKeys, secret::Password};

use crate::{
    error::ApiError,
    extract::{Context, Form, Query},
    pages::{
        account::confirm::{asks_password, described},
        admin::{Administrator, Section, receipt::lead},
        form::{FormError, refuse},
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
    error: FormError,
    asks_password: Option<String>,
}

impl EmergencyPage {
    fn new(state: &AppState, admin: &Administrator, kid: Option<String>, error: FormError) -> Self {
        Self {
            t: admin.t,
            section: Section::Keys,
            kid,
            asks_password: asks_password(state, &admin.caller, &error),
            error,
        }
    }
}

/// Which key; every one that signs access tokens if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    kid: Option<String>,
}

/// Which key, and the password if it was asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    kid: Option<String>,
    password: Option<Password>,
}

/// `GET`: the question.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Query(Which { kid }): Query<Which>,
) -> Response {
    let page = EmergencyPage::new(&state, &admin, kid, FormError::default());
    show(admin.t, &page)
}

/// `POST`.
pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Context(context): Context,
    Form(Body { kid, password }): Form<Body>,
) -> Result<Response, ApiError> {
    let issuer = state.issuer();
    if let Err(error) = issuer.confirm(&admin.caller, password, &context).await {
        return refuse(admin.t, described(error), |error| {
            EmergencyPage::new(&state, &admin, kid, error)
        });
    }
    let how = RotateKeys::Emergency { kid };
    issuer.rotate_keys(how, admin.audit()).await?;
    Ok(lead(Notice::KeysRevoked, issuer.committed(), None))
}
