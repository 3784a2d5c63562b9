//! `/api/v1/sessions`: the caller's own sessions.

use axum::extract::State;
use symbolon_protocol::{EndReason, SessionId};

use super::views::{EndedView, SessionList};
use crate::{
    error::ApiError,
    extract::{Authenticated, Path, ReceiptParams, ReceiptWait, RequestId, waiter},
    openapi::refusals::{Named, QueryParams, Refusals, Signed, Unchanged},
    state::AppState,
};

/// Lists the caller's sessions
///
/// The live ones, newest first.
#[utoipa::path(
    get, path = "/api/v1/sessions", operation_id = "listSessions", tag = "Own account",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The sessions.", body = SessionList),
        Refusals::<Signed>,
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
) -> Result<axum::Json<SessionList>, ApiError> {
    let sessions = state.issuer().sessions_of(caller.account.id).await?;
    let current = caller.session.as_ref().map(|session| session.id);
    Ok(axum::Json(SessionList::new(&sessions, current)))
}

/// Ends one of the caller's sessions
///
/// Another account's is not found.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", operation_id = "endSession", tag = "Own account",
    params(("id" = String, Path, format = "uuid", description = "The session."), ReceiptParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was ended.", body = EndedView),
        Refusals::<(Signed, Named, QueryParams, Unchanged)>,
    ),
)]
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

/// Logs out everywhere else
///
/// Ends all other sessions, and all offline grants that were not given in this one.
#[utoipa::path(
    delete, path = "/api/v1/sessions", operation_id = "endOtherSessions", tag = "Own account",
    params(ReceiptParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was ended.", body = EndedView),
        Refusals::<(Signed, QueryParams, Named, Unchanged)>,
    ),
)]
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
