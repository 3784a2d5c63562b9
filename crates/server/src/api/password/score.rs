//! `POST /api/v1/password/score`: how hard a password is to guess, said while it is typed. It is
//! kept nowhere.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{secret::Password, service::PasswordScore};

use crate::{
    error::ApiError,
    extract::{Context, Json},
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    password: Password,
    /// Whose it is to be: what contains it is guessed first.
    identifier: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Answer {
    score: u8,
    min_score: u8,
    acceptable: bool,
    /// Why it would be refused.
    code: Option<&'static str>,
    warning: Option<String>,
    suggestions: Vec<String>,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    Context(context): Context,
    Json(body): Json<Body>,
) -> Result<axum::Json<Answer>, ApiError> {
    let PasswordScore {
        strength,
        min_score,
        refused,
    } = state
        .issuer()
        .score_password(&body.password, body.identifier.as_deref(), &context)
        .await?;
    Ok(axum::Json(Answer {
        score: strength.score,
        min_score,
        acceptable: refused.is_none(),
        code: refused,
        warning: strength.warning,
        suggestions: strength.suggestions,
    }))
}
