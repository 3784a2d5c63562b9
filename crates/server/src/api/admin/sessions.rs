//! `/api/v1/admin/sessions` and the sessions of an account.

use axum::extract::State;
use symbolon_core::readers::Waiter;
use symbolon_protocol::{AccountId, EndReason, SessionId};

use crate::{
    api::views::{EndedView, SessionList},
    error::ApiError,
    extract::{Admin, Path, ReceiptParams, ReceiptWait},
    openapi::refusals::{self, Named, QueryParams, Refusals, Unchanged},
    state::AppState,
};

/// Lists an account's sessions
///
/// The live ones, newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/accounts/{id}/sessions", operation_id = "listSessionsOf",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account.")),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The sessions.", body = SessionList),
        Refusals::<(refusals::Admin, Named)>,
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
    Path(id): Path<AccountId>,
) -> Result<axum::Json<SessionList>, ApiError> {
    let account = state.issuer().account(id).await?;
    let sessions = state.issuer().sessions_of(account.id).await?;
    Ok(axum::Json(SessionList::new(&sessions, None)))
}

/// Logs an account out everywhere
#[utoipa::path(
    delete, path = "/api/v1/admin/accounts/{id}/sessions", operation_id = "endSessionsOf",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account."), ReceiptParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was ended.", body = EndedView),
        Refusals::<(refusals::Admin, Named, QueryParams, Unchanged)>,
    ),
)]
pub(crate) async fn end_all(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<AccountId>,
    wait: ReceiptWait,
) -> Result<axum::Json<EndedView>, ApiError> {
    let ended = state.issuer().end_sessions(id, None, audit).await?;
    Ok(axum::Json(
        EndedView::with_receipt(ended, wait, Waiter::Admin, &state).await,
    ))
}

/// Ends anybody's session
#[utoipa::path(
    delete, path = "/api/v1/admin/sessions/{id}", operation_id = "endAnySession",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The session."), ReceiptParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was ended.", body = EndedView),
        Refusals::<(refusals::Admin, Named, QueryParams, Unchanged)>,
    ),
)]
pub(crate) async fn end(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<SessionId>,
    wait: ReceiptWait,
) -> Result<axum::Json<EndedView>, ApiError> {
    let ended = state
        .issuer()
        .end_session(id, None, EndReason::EndedByAdmin, audit)
        .await?;
    Ok(axum::Json(
        EndedView::with_receipt(ended, wait, Waiter::Admin, &state).await,
    ))
}
