//! `POST /api/v1/password/score`: how hard a password is to guess, said while it is typed. It is
//! kept nowhere.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{secret::Password, service::PasswordScore};
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    extract::{Context, Json},
    openapi::refusals::{Hashed, JsonBody, Limited, Refusals, Visitor},
    state::AppState,
};

/// A password that somebody thinks of.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordScoreRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// Whose it is to be: what contains it is guessed first.
    identifier: Option<String>,
}

/// How hard a password is to guess.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordScore)]
pub(crate) struct Answer {
    /// From 0, guessed at once, to 4.
    #[schema(maximum = 4)]
    score: u8,
    /// The score that is needed.
    #[schema(maximum = 4)]
    min_score: u8,
    /// Whether it would be accepted, unless it is known from a breach.
    acceptable: bool,
    /// Why it would be refused.
    code: Option<&'static str>,
    warning: Option<String>,
    suggestions: Vec<String>,
}

/// Says how hard a password is to guess
///
/// For while it is typed; it is kept nowhere, and whether it is known from a breach is not looked
/// up.
#[utoipa::path(
    post, path = "/api/v1/password/score", operation_id = "scorePassword", tag = "Logging in",
    request_body = Body,
    responses(
        (status = 200, description = "The score.", body = Answer),
        Refusals::<(Visitor, JsonBody, Limited, Hashed)>,
    ),
)]
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
