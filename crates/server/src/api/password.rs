//! `POST /api/v1/password`: changes the caller's password.

pub(crate) mod score;

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use symbolon_core::{secret::Password, service::PasswordChange};

use super::views::EndedView;
use crate::{
    cookies,
    error::ApiError,
    extract::{Authenticated, Context, Json, ReceiptWait, RequestId, waiter},
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    current: Password,
    new: Password,
}

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
