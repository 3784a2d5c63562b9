//! `POST /api/v1/login`: one log-in, a session cookie, tokens, or both.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use symbolon_core::{
    secret::Password,
    service::{LoginRequest, TokenRequest},
};
use utoipa::ToSchema;

use super::views::{AccountView, SessionView, TokensView};
use crate::{
    cookies,
    error::ApiError,
    extract::{Context, Json},
    openapi::refusals::{Hashed, JsonBody, Limited, LogIn, Refusals, Stored, Visitor},
    state::AppState,
};

/// Who logs in, and for what.
#[derive(Deserialize, ToSchema)]
#[schema(as = LoginRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    identifier: String,
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// Which credentials are wanted; the cookie alone by default.
    #[serde(default = "cookie_only")]
    credentials: Vec<Wanted>,
    /// For which API the tokens are (RFC 8707).
    resource: Option<String>,
    /// Space-separated (RFC 6749 §3.3).
    #[serde(default)]
    scope: String,
    /// What the device list is to show instead of the user agent.
    device: Option<String>,
}

/// A credential of a log-in.
#[derive(Deserialize, PartialEq, Eq, ToSchema)]
#[schema(as = Credential)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Cookie,
    Tokens,
}

fn cookie_only() -> Vec<Wanted> {
    vec![Wanted::Cookie]
}

/// A new session.
#[derive(Serialize, ToSchema)]
#[schema(as = LoggedIn)]
struct Answer {
    account: AccountView,
    session: SessionView,
    /// If they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tokens: Option<TokensView>,
}

/// Logs in with a password
///
/// Gives a session cookie, tokens or both. A cookie replaces the session that the browser had. Takes
/// as long for an unknown identifier as for a wrong password.
#[utoipa::path(
    post, path = "/api/v1/login", operation_id = "logIn", tag = "Logging in",
    request_body = Body,
    responses(
        (
            status = 200, description = "The new session.", body = Answer,
            headers(("Set-Cookie" = String, description = "The session cookie, if it was asked for, and the device cookie."))
        ),
        Refusals::<(Visitor, JsonBody, Limited, Hashed, LogIn, Stored)>,
    ),
)]
pub(crate) async fn post(
    State(state): State<AppState>,
    Context(mut context): Context,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let tokens = body
        .credentials
        .contains(&Wanted::Tokens)
        .then(|| TokenRequest {
            resource: body.resource,
            scopes: body
                .scope
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect(),
        });
    let cookie = body.credentials.contains(&Wanted::Cookie);
    if !cookie && tokens.is_none() {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "credentials_empty",
            "Ask for \"cookie\", \"tokens\" or both.",
        ));
    }
    context.device_label = body.device.or(context.device_label);
    // A log-in for tokens alone leaves the browser's session as it is.
    context.current = context.current.filter(|_| cookie);
    let request = LoginRequest {
        identifier: body.identifier,
        password: body.password,
        cookie,
        tokens,
        context,
    };
    let done = state.issuer().login(request).await?;
    let settings = state.issuer().settings();
    let session = done
        .cookie
        .as_ref()
        .and_then(|value| cookies::set_session(settings, value));
    let device = cookies::set_device(settings, &done.device);
    let set = [session, device]
        .into_iter()
        .flatten()
        .map(|value| (header::SET_COOKIE, value));
    let answer = Answer {
        account: AccountView::from(&done.account),
        session: SessionView::new(&done.session, None),
        tokens: done.tokens.map(TokensView::from),
    };
    Ok((AppendHeaders(set), axum::Json(answer)).into_response())
}
