//! `/admin`: the console, for accounts with the role and for nobody else.
//!
//! Every page shows what `/api/v1/admin` answers, by the same services. A handler's first argument
//! is the [`Administrator`]: who is not logged in is sent to do so, who has not the role gets a 403.
//! What ends or narrows something asks first on a page of its own, and tells afterwards who has
//! applied it. The one thing that must not be broken: a GET changes nothing.

mod account;
mod accounts;
mod administrator;
mod audit;
mod change;
mod clients;
mod keys;
mod overview;
mod query;
mod receipt;
mod revocations;
mod section;
mod span;
mod verifiers;

use axum::{
    Router,
    routing::{get, post},
};

use self::{administrator::Administrator, section::Section, span::span};
use crate::state::AppState;

/// The console's pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin", get(overview::get))
        .route("/admin/accounts", get(accounts::get))
        .route("/admin/accounts/{id}", get(account::get))
        .route(
            "/admin/accounts/{id}/disable",
            get(change::disable::get).post(change::disable::post),
        )
        .route("/admin/accounts/{id}/enable", post(change::enable::post))
        .route("/admin/accounts/{id}/roles", post(change::roles::post))
        .route(
            "/admin/accounts/{id}/end",
            get(change::end_all::get).post(change::end_all::post),
        )
        .route(
            "/admin/accounts/{id}/sessions/end",
            post(change::end_session::post),
        )
        .route("/admin/clients", get(clients::get))
        .route("/admin/keys", get(keys::get))
        .route("/admin/keys/rotate", post(change::rotate::post))
        .route(
            "/admin/keys/emergency",
            get(change::emergency::get).post(change::emergency::post),
        )
        .route("/admin/verifiers", get(verifiers::get))
        .route("/admin/revocations", get(revocations::get))
        .route("/admin/audit", get(audit::get))
        .route("/admin/receipt", get(receipt::get))
}
