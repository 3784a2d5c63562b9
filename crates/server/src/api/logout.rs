//! `POST /api/v1/logout`: ends the session at hand, whichever credential shows it.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::header;
use symbolon_core::service::Caller;
use symbolon_protocol::RejectReason;

use super::views::EndedView;
use crate::{
    cookies,
    error::ApiError,
    extract::{Authenticated, RequestId},
    state::AppState,
};

pub(crate) async fn post(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
    id: RequestId,
) -> Result<Response, ApiError> {
    let session = caller
        .session
        .as_ref()
        .ok_or(RejectReason::SessionUnknown)?
        .id;
    let audit = caller.audit(id.for_audit());
    let ended = state
        .issuer()
        .end_session(session, Some(caller.account.id), Caller::LOGOUT, audit)
        .await?;
    let clear =
        cookies::clear_session(state.issuer().settings()).map(|value| (header::SET_COOKIE, value));
    Ok((AppendHeaders(clear), axum::Json(EndedView::from(ended))).into_response())
}
