//! `/api/v1/sessions`: the caller's own sessions.

use axum::extract::State;
use symbolon_protocol::{EndReason, SessionId};

use super::views::{EndedView, SessionList};
use crate::{
    error::ApiError,
    extract::{Authenticated, Path, ReceiptWait, RequestId, waiter},
    state::AppState,
};

/// `GET`: the live ones, newest first.
pub(crate) async fn list(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
) -> Result<axum::Json<SessionList>, ApiError> {
    let sessions = state.issuer().sessions_of(caller.account.id).await?;
    let current = caller.session.as_ref().map(|session| session.id);
    Ok(axum::Json(SessionList::new(&sessions, current)))
}

/// `DELETE /{id}`: ends one. Another account's is not found.
pub(crate) async fn end(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
    Path(session): Path<SessionId>,
    wait: ReceiptWait,
    id: RequestId,
) -> Result<axum::Json<EndedView>, ApiError> {
    let audit = caller.audit(id.for_audit());
    let owner = Some(caller.account.id);
    let ended = state
        .issuer()
        .end_session(session, owner, EndReason::EndedByUser, audit)
        .await?;
    Ok(axum::Json(
        EndedView::with_receipt(ended, wait, waiter(&caller), &state).await,
    ))
}

/// `DELETE`: ends all others, and all offline grants that were not given in this one.
pub(crate) async fn end_others(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
    wait: ReceiptWait,
    id: RequestId,
) -> Result<axum::Json<EndedView>, ApiError> {
    let audit = caller.audit(id.for_audit());
    let current = caller.session.as_ref().map(|session| session.id);
    let ended = state
        .issuer()
        .end_sessions(caller.account.id, current, audit)
        .await?;
    Ok(axum::Json(
        EndedView::with_receipt(ended, wait, waiter(&caller), &state).await,
    ))
}
