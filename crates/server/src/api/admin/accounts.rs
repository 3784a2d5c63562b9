//! `/api/v1/admin/accounts`.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    model::{Role, RoleScope},
    readers::Waiter,
    secret::Password,
    service::NewAccountRequest,
};
use symbolon_protocol::AccountId;

use crate::{
    api::{
        receipt::ReceiptView,
        views::{AccountView, EndedView},
    },
    error::ApiError,
    extract::{Admin, Json, Path, Query, ReceiptWait},
    state::AppState,
};

/// Accounts on a page unless the caller says otherwise.
const PAGE: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParams {
    after: Option<AccountId>,
    limit: Option<u32>,
    /// Only the account that holds this identifier.
    identifier: Option<String>,
    /// Only accounts with an identifier that begins like this, in the order of these identifiers.
    prefix: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct AccountList {
    accounts: Vec<AccountView>,
    next: Option<AccountId>,
}

/// `GET`: a page of accounts.
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<AccountList>, ApiError> {
    if let Some(identifier) = params.identifier {
        let account = state.issuer().account_by_identifier(&identifier).await?;
        let accounts = vec![AccountView::from(&account)];
        return Ok(axum::Json(AccountList {
            accounts,
            next: None,
        }));
    }
    let limit = params.limit.unwrap_or(PAGE);
    let issuer = state.issuer();
    let page = match &params.prefix {
        Some(prefix) => issuer.accounts_named(prefix, params.after, limit).await?,
        None => issuer.accounts(params.after, limit).await?,
    };
    let accounts = page.accounts.iter().map(AccountView::from).collect();
    Ok(axum::Json(AccountList {
        accounts,
        next: page.next,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBody {
    identifier: String,
    password: Option<Password>,
    #[serde(default)]
    roles: Vec<String>,
}

/// `POST`: makes an account; who administers vouches for its identifier.
pub(crate) async fn create(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Json(body): Json<NewBody>,
) -> Result<(StatusCode, axum::Json<AccountView>), ApiError> {
    let request = NewAccountRequest {
        identifier: body.identifier,
        password: body.password,
        roles: roles(body.roles)?,
        verified: true,
    };
    let account = state.issuer().create_account(request, audit).await?;
    Ok((StatusCode::CREATED, axum::Json(AccountView::from(&account))))
}

/// `GET /{id}`.
pub(crate) async fn get(
    State(state): State<AppState>,
    Admin(_): Admin,
    Path(id): Path<AccountId>,
) -> Result<axum::Json<AccountView>, ApiError> {
    Ok(axum::Json(AccountView::from(
        &state.issuer().account(id).await?,
    )))
}

/// `POST /{id}/disable`: ends everything of it.
pub(crate) async fn disable(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<AccountId>,
    wait: ReceiptWait,
) -> Result<axum::Json<EndedView>, ApiError> {
    let ended = state.issuer().disable_account(id, audit).await?;
    Ok(axum::Json(
        EndedView::with_receipt(ended, wait, Waiter::Admin, &state).await,
    ))
}

/// `POST /{id}/enable`: lets it log in again; what was ended stays ended.
pub(crate) async fn enable(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<AccountId>,
) -> Result<axum::Json<AccountView>, ApiError> {
    Ok(axum::Json(AccountView::from(
        &state.issuer().enable_account(id, audit).await?,
    )))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolesBody {
    roles: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct WithRoles {
    #[serde(flatten)]
    account: AccountView,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptView>,
}

/// `PUT /{id}/roles`: the whole list.
pub(crate) async fn set_roles(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<AccountId>,
    wait: ReceiptWait,
    Json(body): Json<RolesBody>,
) -> Result<axum::Json<WithRoles>, ApiError> {
    let roles = roles(body.roles)?;
    let (account, ended) = state.issuer().set_roles(id, roles, audit).await?;
    Ok(axum::Json(WithRoles {
        account: AccountView::from(&account),
        receipt: wait.receipt(&state, ended.committed, Waiter::Admin).await,
    }))
}

/// Issuer-wide roles by name: lower-case letters, digits, `_` and `-`.
pub(crate) fn roles(names: Vec<String>) -> Result<Vec<Role>, ApiError> {
    let mut roles: Vec<Role> = Vec::new();
    for name in names {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "role_invalid",
                "A role has 1 to 64 characters of a-z, 0-9, _ and -.",
            ));
        }
        let role = Role {
            scope: RoleScope::Issuer,
            name,
        };
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}
