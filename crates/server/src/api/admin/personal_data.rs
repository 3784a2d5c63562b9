//! What a person may ask of an administrator: everything about them, and that it is erased.

use axum::extract::State;
use symbolon_core::readers::Waiter;
use symbolon_protocol::AccountId;

use crate::{
    api::{dossier::DossierView, erased::ErasedView},
    error::ApiError,
    extract::{Admin, Path, ReceiptWait},
    state::AppState,
};

/// `GET /api/v1/admin/accounts/{id}/export`.
pub(crate) async fn export(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<AccountId>,
) -> Result<axum::response::Response, ApiError> {
    let dossier = state.issuer().dossier(id, audit).await?;
    Ok(DossierView::new(&dossier, &state).into_download())
}

/// `DELETE /api/v1/admin/accounts/{id}`: erases it. A second time does no harm.
pub(crate) async fn erase(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<AccountId>,
    wait: ReceiptWait,
) -> Result<axum::Json<ErasedView>, ApiError> {
    let erased = state.issuer().erase_account(id, audit).await?;
    Ok(axum::Json(
        ErasedView::new(erased, wait, Waiter::Admin, &state).await,
    ))
}
