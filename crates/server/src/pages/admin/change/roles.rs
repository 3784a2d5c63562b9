//! `POST /admin/accounts/{id}/roles`: replaces the roles of an account.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_protocol::AccountId;

use crate::{
    api::admin::accounts::roles,
    error::ApiError,
    extract::{Form, Path},
    pages::{
        admin::{Administrator, receipt::lead},
        notice::Notice,
    },
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// Separated by spaces.
    roles: String,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<AccountId>,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let names = body.roles.split_whitespace().map(str::to_owned);
    let roles = roles(names.collect())?;
    let (_, ended) = state.issuer().set_roles(id, roles, admin.audit()).await?;
    Ok(lead(Notice::RolesSaved, ended.committed, Some(id)))
}
