//! `GET /api/v1/me/export`: everything that is kept about the caller, who logged in a moment ago.

use axum::{extract::State, response::Response};

use crate::{
    api::dossier::DossierView,
    error::ApiError,
    extract::{Authenticated, Context, RequestId},
    state::AppState,
};

pub(crate) async fn get(
    State(state): State<AppState>,
    Authenticated(caller): Authenticated,
    Context(context): Context,
    id: RequestId,
) -> Result<Response, ApiError> {
    let audit = caller.audit(id.for_audit());
    let dossier = state
        .issuer()
        .own_dossier(&caller, None, &context, audit)
        .await?;
    Ok(DossierView::new(&dossier, &state).into_download())
}
