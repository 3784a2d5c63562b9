//! What a person may ask of an administrator: everything about them, and that it is erased.

use axum::extract::State;
use symbolon_core::readers::Waiter;
use symbolon_protocol::AccountId;

use crate::{
    api::{dossier::DossierView, erased::ErasedView},
    error::ApiError,
    extract::{Path, ReceiptParams, ReceiptWait, RecentAdmin},
    openapi::refusals::{self, LastAdmin, Named, QueryParams, RecentLogin, Refusals, Unchanged},
    state::AppState,
};

/// Exports everything about an account
///
/// For a person who asks for it. Written to the audit trail. Takes a log-in within five minutes.
#[utoipa::path(
    get, path = "/api/v1/admin/accounts/{id}/export", operation_id = "exportAccount",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account.")),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (
            status = 200, description = "Everything that is kept about it.",
            body = DossierView<'static>,
            headers(("Content-Disposition" = String, description = "Browsers save it as a file."))
        ),
        Refusals::<(refusals::Admin, RecentLogin, Named)>,
    ),
)]
pub(crate) async fn export(
    State(state): State<AppState>,
    RecentAdmin(audit): RecentAdmin,
    Path(id): Path<AccountId>,
) -> Result<axum::response::Response, ApiError> {
    let dossier = state.issuer().dossier(id, audit).await?;
    Ok(DossierView::new(&dossier, &state).into_download())
}

/// Erases an account
///
/// Ends everything of it and deletes what is kept about it. A second time does no harm. Takes a log-in
/// within five minutes.
#[utoipa::path(
    delete, path = "/api/v1/admin/accounts/{id}", operation_id = "eraseAccount",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account."), ReceiptParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was ended.", body = ErasedView),
        Refusals::<(refusals::Admin, RecentLogin, Named, QueryParams, LastAdmin, Unchanged)>,
    ),
)]
pub(crate) async fn erase(
    State(state): State<AppState>,
    RecentAdmin(audit): RecentAdmin,
    Path(id): Path<AccountId>,
    wait: ReceiptWait,
) -> Result<axum::Json<ErasedView>, ApiError> {
    let erased = state.issuer().erase_account(id, audit).await?;
    Ok(axum::Json(
        ErasedView::new(erased, wait, Waiter::Admin, &state).await,
    ))
}
