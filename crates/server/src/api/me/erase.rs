//! `POST /api/v1/me/erase`: erases the caller, who logged in a moment ago or sends the password.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use symbolon_core::secret::Password;

use crate::{
    api::erased::ErasedView,
    cookies,
    error::ApiError,
    extract::{Authenticated, Context, Json, ReceiptWait, RequestId, waiter},
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    password: Option<Password>,
}

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
