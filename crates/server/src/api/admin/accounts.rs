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
use utoipa::ToSchema;

use crate::{
    api::{
        receipt::ReceiptView,
        views::{AccountView, EndedView},
    },
    error::ApiError,
    extract::{Admin, Json, Path, Query, ReceiptParams, ReceiptWait},
    openapi::refusals::{
        self, Hashed, JsonBody, LastAdmin, Named, NewIdentifier, NewPassword, QueryParams,
        Refusals, RoleNames, Unchanged,
    },
    state::AppState,
};

/// Accounts on a page unless the caller says otherwise.
const PAGE: u32 = 100;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParams {
    /// `next` of the page before. With `prefix` it must still be an account of the list.
    #[param(value_type = Option<String>, format = "uuid", nullable = false)]
    after: Option<AccountId>,
    /// How many: 100 unless said otherwise, 1,000 at most.
    #[param(nullable = false, minimum = 0, maximum = 4294967295_u64)]
    limit: Option<u32>,
    /// Only the account that holds this identifier.
    #[param(nullable = false)]
    identifier: Option<String>,
    /// Only accounts with an identifier that begins like this, in the order of these identifiers.
    #[param(nullable = false)]
    prefix: Option<String>,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
#[schema(as = Accounts)]
pub(crate) struct AccountList {
    /// In the order of their ids, which is the order in which they were made; of their identifiers
    /// where those are asked for by `prefix`.
    accounts: Vec<AccountView>,
    /// `after` of the next page, if there is one.
    #[schema(value_type = Option<String>, format = "uuid")]
    next: Option<AccountId>,
}

/// Lists accounts
///
/// A page of them, or the one that holds an identifier.
#[utoipa::path(
    get, path = "/api/v1/admin/accounts", operation_id = "listAccounts", tag = "Administration",
    params(ListParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The page.", body = AccountList),
        Refusals::<(refusals::Admin, QueryParams, Named)>,
    ),
)]
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

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewAccount)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBody {
    /// A user name, or with an `@` an e-mail address.
    #[schema(min_length = 1, max_length = 254)]
    identifier: String,
    /// Without one it cannot log in with a password.
    #[schema(value_type = Option<String>, format = Password, max_length = 1024)]
    password: Option<Password>,
    #[serde(default)]
    roles: Vec<String>,
}

/// Makes an account
///
/// Who administers vouches for its identifier.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts", operation_id = "createAccount", tag = "Administration",
    request_body = NewBody,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 201, description = "The new account.", body = AccountView),
        Refusals::<(refusals::Admin, JsonBody, Hashed, NewIdentifier, NewPassword, RoleNames, Named)>,
    ),
)]
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

/// Shows an account
#[utoipa::path(
    get, path = "/api/v1/admin/accounts/{id}", operation_id = "getAccount", tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account.")),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The account.", body = AccountView),
        Refusals::<(refusals::Admin, Named)>,
    ),
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Admin(_): Admin,
    Path(id): Path<AccountId>,
) -> Result<axum::Json<AccountView>, ApiError> {
    Ok(axum::Json(AccountView::from(
        &state.issuer().account(id).await?,
    )))
}

/// Disables an account
///
/// Ends everything of it.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts/{id}/disable", operation_id = "disableAccount",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account."), ReceiptParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was ended.", body = EndedView),
        Refusals::<(refusals::Admin, Named, QueryParams, LastAdmin, Unchanged)>,
    ),
)]
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

/// Lets an account log in again
///
/// What was ended stays ended.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts/{id}/enable", operation_id = "enableAccount",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account.")),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The account.", body = AccountView),
        Refusals::<(refusals::Admin, Named)>,
    ),
)]
pub(crate) async fn enable(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Path(id): Path<AccountId>,
) -> Result<axum::Json<AccountView>, ApiError> {
    Ok(axum::Json(AccountView::from(
        &state.issuer().enable_account(id, audit).await?,
    )))
}

/// All roles that an account is to have.
#[derive(Deserialize, ToSchema)]
#[schema(as = RolesRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolesBody {
    /// Each 1 to 64 characters of a-z, 0-9, _ and -.
    roles: Vec<String>,
}

/// An account whose roles were set.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountWithRoles)]
pub(crate) struct WithRoles {
    #[serde(flatten)]
    account: AccountView,
    /// If one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    receipt: Option<ReceiptView>,
}

/// Replaces an account's roles
///
/// Its tokens must be refreshed.
#[utoipa::path(
    put, path = "/api/v1/admin/accounts/{id}/roles", operation_id = "setRoles",
    tag = "Administration",
    params(("id" = String, Path, format = "uuid", description = "The account."), ReceiptParams),
    request_body = RolesBody,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The account.", body = WithRoles),
        Refusals::<(refusals::Admin, Named, QueryParams, JsonBody, RoleNames, LastAdmin, Unchanged)>,
    ),
)]
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
