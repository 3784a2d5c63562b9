//! `POST /api/v1/refresh`. Never touches a cookie, whatever comes of it.

use axum::extract::State;
use serde::Deserialize;
use symbolon_core::{
    model::{Actor, AuditContext},
    service::RefreshRequest,
    settings::FIRST_PARTY_CLIENT,
};
use symbolon_protocol::{ClientId, RejectReason};
use utoipa::ToSchema;

use super::views::TokensView;
use crate::{
    error::ApiError,
    extract::{Json, Place, RequestId},
    openapi::refusals::{JsonBody, Limited, RefreshStep, Refusals, Stored},
    state::AppState,
};

/// A refresh token that is to be used.
#[derive(Deserialize, ToSchema)]
#[schema(as = RefreshRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    refresh_token: String,
}

/// Uses a refresh token
///
/// The same token again within the grace window gives the same successor; a spent one after it ends
/// the grant. Never touches a cookie.
#[utoipa::path(
    post, path = "/api/v1/refresh", operation_id = "refresh", tag = "Logging in",
    request_body = Body,
    responses(
        (status = 200, description = "The successor and a fresh access token.", body = TokensView),
        Refusals::<(JsonBody, RefreshStep, Limited, Stored)>,
    ),
)]
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
