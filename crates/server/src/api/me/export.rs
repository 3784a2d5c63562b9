//! `GET /api/v1/me/export`: everything that is kept about the caller, who logged in a moment ago.

use axum::{extract::State, response::Response};

use crate::{
    api::dossier::DossierView,
    error::ApiError,
    extract::{Authenticated, Context, RequestId},
    openapi::refusals::{Limited, Named, RecentLogin, Refusals, Signed},
    state::AppState,
};

/// Exports everything about the caller
///
/// Who must have logged in within the last five minutes. Written to the audit trail.
#[utoipa::path(
    get, path = "/api/v1/me/export", operation_id = "exportMe", tag = "Own account",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (
            status = 200, description = "Everything that is kept about them.",
            body = DossierView<'static>,
            headers(("Content-Disposition" = String, description = "Browsers save it as a file."))
        ),
        Refusals::<(Signed, RecentLogin, Limited, Named)>,
    ),
)]
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
