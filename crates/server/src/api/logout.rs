//! `POST /api/v1/logout`: ends the session at hand, whichever credential shows it; for the token of
//! an offline grant, the grant.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::header;

use super::views::EndedView;
use crate::{
    cookies,
    error::ApiError,
    extract::{Authenticated, ReceiptParams, ReceiptWait, RequestId, waiter},
    openapi::refusals::{Named, QueryParams, Refusals, Signed, Unchanged},
    state::AppState,
};

/// Logs out
///
/// Ends the session at hand, whichever credential shows it; for the token of an offline grant, the
/// grant.
#[utoipa::path(
    post, path = "/api/v1/logout", operation_id = "logOut", tag = "Own account",
    params(ReceiptParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (
            status = 200, description = "What was ended.", body = EndedView,
            headers(("Set-Cookie" = String, description = "Clears the session cookie."))
        ),
        Refusals::<(Signed, QueryParams, Named, Unchanged)>,
    ),
)]
pub(crate) async fn post(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
    wait: ReceiptWait,
    id: RequestId,
) -> Result<Response, ApiError> {
    let audit = caller.audit(id.for_audit());
    let ended = state.issuer().log_out(&caller, audit).await?;
    let clear =
        cookies::clear_session(state.issuer().settings()).map(|value| (header::SET_COOKIE, value));
    let ended = EndedView::with_receipt(ended, wait, waiter(&caller), &state).await;
    Ok((AppendHeaders(clear), axum::Json(ended)).into_response())
}
