//! `POST /api/v1/register`.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use symbolon_core::{
    model::{Actor, AuditContext},
    secret::Password,
    service::RegisterRequest,
};
use utoipa::ToSchema;

use super::views::AccountView;
use crate::{
    error::ApiError,
    extract::{Context, Json, RequestId},
    openapi::refusals::{
        Hashed, JsonBody, Limited, NewIdentifier, NewPassword, Refusals, Registration, Stored,
        Visitor,
    },
    state::AppState,
};

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[schema(as = RegisterRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// A user name, or with an `@` an e-mail address.
    #[schema(min_length = 1, max_length = 254)]
    identifier: String,
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Password,
}

/// Registers an account
///
/// If `registration.open` is set.
#[utoipa::path(
    post, path = "/api/v1/register", operation_id = "register", tag = "Logging in",
    request_body = Body,
    responses(
        (status = 201, description = "The new account.", body = AccountView),
        Refusals::<((Visitor, JsonBody, Limited, Hashed), (Registration, NewIdentifier, NewPassword, Stored))>,
    ),
)]
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
