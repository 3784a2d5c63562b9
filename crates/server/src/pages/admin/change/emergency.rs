//! `/admin/keys/emergency`: revokes keys that somebody else may have.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::keys::RotateKeys;

use super::{QuestionPage, ask, done};
use crate::{
    error::ApiError,
    extract::{Form, Query},
    pages::admin::{Administrator, Section, done::What},
    state::AppState,
};

/// Which key; every one that signs access tokens if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    kid: Option<String>,
}

/// `GET`: the question.
pub(crate) async fn get(admin: Administrator, Query(which): Query<Which>) -> Response {
    let t = admin.t;
    let fact = match &which.kid {
        Some(kid) => t.emergency_one(kid),
        None => t.emergency_all().to_owned(),
    };
    let page = QuestionPage {
        t,
        section: Section::Keys,
        title: t.emergency_question().to_owned(),
        means: t.emergency_means(),
        fact,
        action: "/admin/keys/emergency".to_owned(),
        kid: which.kid,
        button: t.emergency_button(),
        back: Section::Keys.path().to_owned(),
    };
    ask(t, &page)
}

/// `POST`.
pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Form(which): Form<Which>,
) -> Result<Response, ApiError> {
    let how = RotateKeys::Emergency { kid: which.kid };
    state.issuer().rotate_keys(how, admin.audit()).await?;
    let (committed, back) = (state.issuer().committed(), Section::Keys.path().to_owned());
    done(&state, &admin, What::Emergency, (0, 0), committed, back).await
}
