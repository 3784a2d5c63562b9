//! `/admin/accounts`: finding accounts.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::model::Account;
use symbolon_protocol::AccountId;

use super::{Administrator, Section, query::with_query};
use crate::{
    api::views::role_name,
    error::ApiError,
    extract::Query,
    pages::{frame::Frame, moment::Moment, render::show},
    state::AppState,
};

/// Accounts on a page.
const PAGE: u32 = 50;

#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    search: String,
    after: Option<AccountId>,
}

#[derive(Template)]
#[template(path = "admin/accounts.html")]
struct AccountsPage {
    t: Frame,
    section: Section,
    search: String,
    rows: Vec<AccountRow>,
    first: Option<String>,
    next: Option<String>,
}

struct AccountRow {
    id: AccountId,
    names: Vec<String>,
    is_active: bool,
    is_erased: bool,
    roles: Vec<String>,
    created: Moment,
}

/// `GET`: a page of all accounts, or of those that are called so.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let (t, issuer) = (admin.t, state.issuer());
    let page = match params.search.trim() {
        "" => issuer.accounts(params.after, PAGE).await?,
        search => issuer.accounts_named(search, params.after, PAGE).await?,
    };
    let link = |after: &str| {
        let parameters = [("search", params.search.as_str()), ("after", after)];
        with_query(Section::Accounts.path(), parameters)
    };
    Ok(show(
        t,
        &AccountsPage {
            t,
            section: Section::Accounts,
            rows: page.accounts.iter().map(|one| row(t, one)).collect(),
            first: params.after.map(|_| link("")),
            next: page.next.map(|next| link(&next.to_string())),
            search: params.search,
        },
    ))
}

fn row(t: Frame, account: &Account) -> AccountRow {
    AccountRow {
        id: account.id,
        names: names(account),
        is_active: account.is_active(),
        is_erased: account.is_erased(),
        roles: account.roles.iter().map(role_name).collect(),
        created: Moment::new(*t, account.created_at),
    }
}

/// What the account is called.
pub(super) fn names(account: &Account) -> Vec<String> {
    let identifiers = account.identifiers.iter();
    identifiers.map(|one| one.original.clone()).collect()
}
