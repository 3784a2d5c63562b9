//! `POST /api/v1/register`.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use symbolon_core::{
    model::{Actor, AuditContext},
    secret::Password,
    service::RegisterRequest,
};

use super::views::AccountView;
use crate::{
    error::ApiError,
    extract::{Context, Json, RequestId},
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    identifier: String,
    password: Password,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    Context(context): Context,
    id: RequestId,
    Json(body): Json<Body>,
) -> Result<(StatusCode, axum::Json<AccountView>), ApiError> {
    let request = RegisterRequest {
        identifier: body.identifier,
        password: body.password,
        context,
        audit: AuditContext {
            actor: Actor::Anonymous,
            request_id: id.for_audit(),
        },
    };
    let account = state.issuer().register(request).await?;
    Ok((StatusCode::CREATED, axum::Json(AccountView::from(&account))))
}
