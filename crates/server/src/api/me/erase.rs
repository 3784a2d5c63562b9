//! `POST /api/v1/me/erase`: erases the caller, who logged in a moment ago or sends the password.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use symbolon_core::secret::Password;
use utoipa::ToSchema;

use crate::{
    api::erased::ErasedView,
    cookies,
    error::ApiError,
    extract::{Authenticated, Context, Json, ReceiptParams, ReceiptWait, RequestId, waiter},
    openapi::refusals::{
        Hashed, JsonBody, LastAdmin, Limited, Named, PasswordCheck, QueryParams, RecentLogin,
        Refusals, Signed, Unchanged,
    },
    state::AppState,
};

/// What makes sure that it is really the caller.
#[derive(Deserialize, ToSchema)]
#[schema(as = EraseRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// Needed if the log-in was more than five minutes ago.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Password>,
}

/// Erases the caller's account
///
/// Ends everything of it and deletes what is kept about it.
#[utoipa::path(
    post, path = "/api/v1/me/erase", operation_id = "eraseMe", tag = "Own account",
    params(ReceiptParams),
    request_body = Body,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (
            status = 200, description = "What was ended.", body = ErasedView,
            headers(("Set-Cookie" = String, description = "Removes the session and device cookies."))
        ),
        Refusals::<(
            (Signed, QueryParams, JsonBody, Limited),
            (Hashed, PasswordCheck, RecentLogin),
            (LastAdmin, Named, Unchanged),
        )>,
    ),
)]
pub(crate) async fn post(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
    Context(context): Context,
    wait: ReceiptWait,
    id: RequestId,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let issuer = state.issuer();
    issuer.confirm(&caller, body.password, &context).await?;
    let audit = caller.audit(id.for_audit());
    let erased = issuer.erase_account(caller.account.id, audit).await?;
    let settings = issuer.settings();
    let clear = [
        cookies::clear_session(settings),
        cookies::clear_device(settings),
    ]
    .into_iter()
    .flatten()
    .map(|value| (header::SET_COOKIE, value));
    let view = ErasedView::new(erased, wait, waiter(&caller), &state).await;
    Ok((AppendHeaders(clear), axum::Json(view)).into_response())
}
