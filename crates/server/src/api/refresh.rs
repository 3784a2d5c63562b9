//! `POST /api/v1/refresh`. Never touches a cookie, whatever comes of it.

use axum::extract::State;
use serde::Deserialize;
use symbolon_core::{
    model::{Actor, AuditContext},
    service::RefreshRequest,
    settings::FIRST_PARTY_CLIENT,
};
use symbolon_protocol::{ClientId, RejectReason};

use super::views::TokensView;
use crate::{
    error::ApiError,
    extract::{Json, Place, RequestId},
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    refresh_token: String,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    Place(from): Place,
    id: RequestId,
    Json(body): Json<Body>,
) -> Result<axum::Json<TokensView>, ApiError> {
    let client = ClientId::try_from(FIRST_PARTY_CLIENT.to_owned())
        .map_err(|_| ApiError::from(RejectReason::RefreshInvalid))?;
    let request = RefreshRequest {
        token: body.refresh_token,
        client,
        from,
        audit: AuditContext {
            actor: Actor::System,
            request_id: id.for_audit(),
        },
    };
    let done = state.issuer().refresh(request).await?;
    Ok(axum::Json(done.tokens.into()))
}
