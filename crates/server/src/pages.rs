//! The HTML pages: plain forms that need no script, one file a page.
//!
//! A page calls the same services as the JSON beside it. What goes wrong in a form is said above
//! that form, with the status that the JSON would have; everything else gets a page of its own from
//! [`error`]. The one thing that must not be broken: a password is never written into a page, and a
//! failing store never looks like a log-in form.

mod account;
mod admin;
pub(crate) mod assets;
mod decoder;
mod device;
pub(crate) mod error;
mod form;
pub(crate) mod frame;
mod home;
mod login;
mod logout;
mod message;
mod moment;
mod next;
mod notice;
mod register;
pub(crate) mod render;
mod setup;
pub(crate) mod visitor;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state::AppState;

/// The pages and what they load. [`error::page`] belongs around them.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home::get))
        .route("/login", get(login::get).post(login::post))
        .route("/register", get(register::get).post(register::post))
        .route("/setup", get(setup::get).post(setup::post))
        .route("/logout", get(logout::get).post(logout::post))
        .route("/account", get(account::get))
        .route("/account/profile", post(account::profile::post))
        .route(
            "/account/sessions/end",
            get(account::sessions::ask).post(account::sessions::end),
        )
        .route(
            "/account/sessions/end-others",
            get(account::sessions::ask_others).post(account::sessions::end_others),
        )
        .route("/account/receipt", get(account::receipt::get))
        .route("/account/password", post(account::password::post))
        .route(
            "/account/export",
            get(account::export::get).post(account::export::post),
        )
        .route(
            "/account/erase",
            get(account::erase::get).post(account::erase::post),
        )
        .route("/tools/jwt", get(decoder::get))
        .route("/assets/{file}", get(assets::get))
        .merge(admin::routes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_paths_do_not_overlap() {
        // axum panics if they do.
        assert!(super::routes().has_routes());
    }
}
