//! `POST /api/v1/password`: changes the caller's password.

pub(crate) mod score;

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use symbolon_core::{secret::Password, service::PasswordChange};
use utoipa::ToSchema;

use super::views::EndedView;
use crate::{
    cookies,
    error::ApiError,
    extract::{Authenticated, Context, Json, ReceiptParams, ReceiptWait, RequestId, waiter},
    openapi::refusals::{
        Hashed, JsonBody, Limited, Named, NewPassword, PasswordCheck, QueryParams, Refusals,
        Signed, Unchanged,
    },
    state::AppState,
};

/// The password that is valid now, and the one to come.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    #[schema(value_type = String, format = Password)]
    current: Password,
    #[schema(value_type = String, format = Password, max_length = 1024)]
    new: Password,
}

/// Changes the caller's password
///
/// Ends everything else of the account; a browser gets a new cookie.
#[utoipa::path(
    post, path = "/api/v1/password", operation_id = "changePassword", tag = "Own account",
    params(ReceiptParams),
    request_body = Body,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (
            status = 200, description = "What was ended.", body = EndedView,
            headers(("Set-Cookie" = String, description = "New session and device cookies, for who came with a cookie."))
        ),
        Refusals::<((Signed, QueryParams, JsonBody, Limited), (Hashed, PasswordCheck, NewPassword), (Named, Unchanged))>,
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
    let audit = caller.audit(id.for_audit());
    let change = PasswordChange {
        current: body.current,
        new: body.new,
        context,
        audit,
    };
    let done = state.issuer().change_password(&caller, change).await?;
    let settings = state.issuer().settings();
    let session = done
        .cookie
        .as_ref()
        .and_then(|value| cookies::set_session(settings, value));
    let device = done
        .device
        .as_ref()
        .and_then(|value| cookies::set_device(settings, value));
    let set = [session, device]
        .into_iter()
        .flatten()
        .map(|value| (header::SET_COOKIE, value));
    let ended = EndedView::with_receipt(done.ended, wait, waiter(&caller), &state).await;
    Ok((AppendHeaders(set), axum::Json(ended)).into_response())
}
