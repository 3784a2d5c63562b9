//! The HTML pages: plain forms without scripts, one file a page.
//!
//! A page calls the same services as the JSON beside it. What goes wrong in a form is said above
//! that form, with the status that the JSON would have; everything else gets a page of its own from
//! [`error`]. The one thing that must not be broken: a password is never written into a page, and a
//! failing store never looks like a log-in form.

mod account;
pub(crate) mod assets;
mod device;
pub(crate) mod error;
mod form;
mod home;
mod login;
mod logout;
mod message;
mod next;
mod notice;
mod register;
pub(crate) mod render;
mod setup;
mod visitor;

use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};

use crate::state::AppState;

/// The pages and what they load.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home::get))
        .route("/login", get(login::get).post(login::post))
        .route("/register", get(register::get).post(register::post))
        .route("/setup", get(setup::get).post(setup::post))
        .route("/logout", get(logout::get).post(logout::post))
        .route("/account", get(account::get))
        .route("/account/sessions/end", post(account::sessions::end))
        .route(
            "/account/sessions/end-others",
            post(account::sessions::end_others),
        )
        .route("/account/password", post(account::password::post))
        .route("/assets/{file}", get(assets::get))
        .layer(from_fn(error::page))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_paths_do_not_overlap() {
        // axum panics if they do.
        assert!(super::routes().has_routes());
    }
}
