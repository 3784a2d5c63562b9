//! `/api/v1/admin/sessions` and the sessions of an account.

use axum::extract::State;
use symbolon_core::readers::Waiter;
use symbolon_protocol::{AccountId, EndReason, SessionId};

use crate::{
    api::views::{EndedView, SessionList},
    error::ApiError,
    extract::{Admin, Path, ReceiptWait},
    state::AppState,
};

/// `GET /accounts/{id}/sessions`: the live ones, newest first.
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
    Path(id): Path<AccountId>,
) -> Result<axum::Json<SessionList>, ApiError> {
    let account = state.issuer().account(id).await?;
    let sessions = state.issuer().sessions_of(account.id).await?;
    Ok(axum::Json(SessionList::new(&sessions, None)))
}

/// `DELETE /accounts/{id}/sessions`: logs the account out everywhere.
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

/// `DELETE /sessions/{id}`: ends one.
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
