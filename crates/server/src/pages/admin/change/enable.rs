//! `POST /admin/accounts/{id}/enable`: lets an account log in again.

use axum::{extract::State, response::Response};
use symbolon_protocol::AccountId;

use crate::{
    error::ApiError,
    extract::{Form, Path},
    pages::{
        admin::{Administrator, receipt::page_of},
        logout::Empty,
        notice::Notice,
        render::see_other,
    },
    state::AppState,
};

pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<AccountId>,
    Form(_): Form<Empty>,
) -> Result<Response, ApiError> {
    state.issuer().enable_account(id, admin.audit()).await?;
    Ok(see_other(&Notice::AccountEnabled.on(&page_of(id)), []))
}
