//! Which path is answered by what. A folder's files mirror the paths.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse as _,
    routing::{delete, get, post, put},
};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    api,
    layers::{headers, host, observe, origin, problem},
    oauth2, openapi, pages, revocations,
    state::AppState,
    wellknown,
};

/// Bytes that a body may have.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Everything that is served under the issuer's URL. `extra` are routes of other crates that stand
/// behind the same layers (`/authz/…`).
pub fn public_routes(state: &AppState, extra: Router) -> Router {
    let routes = Router::new()
        .merge(pages::routes().layer(from_fn_with_state(state.clone(), pages::error::page)))
        .merge(first_party())
        .merge(admin())
        .merge(well_known())
        .merge(oauth())
        .merge(openapi::routes())
        .with_state(state.clone())
        .merge(extra)
        .layer(from_fn_with_state(state.clone(), origin::check_origin));
    surround(routes)
        .layer(from_fn_with_state(
            state.clone(),
            pages::error::page_for_browsers,
        ))
        .layer(from_fn_with_state(state.clone(), host::check_host))
        .layer(from_fn(problem::problem))
        .layer(from_fn(headers::security))
        .layer(from_fn_with_state(state.clone(), observe::observe))
}

/// The administration alone, for `admin.sock` and for the command line when no server runs. Who
/// serves it vouches for the caller with [`crate::UnixPeer`].
pub fn admin_routes(state: &AppState) -> Router {
    surround(admin().with_state(state.clone()))
        .layer(from_fn(problem::problem))
        .layer(from_fn(headers::security))
        .layer(from_fn_with_state(state.clone(), observe::observe))
}

fn surround(routes: Router) -> Router {
    routes
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        ))
}

fn first_party() -> Router<AppState> {
    Router::new()
        .route("/api/v1/register", post(api::register::post))
        .route("/api/v1/login", post(api::login::post))
        .route("/api/v1/refresh", post(api::refresh::post))
        .route("/api/v1/logout", post(api::logout::post))
        .route("/api/v1/me", get(api::me::get))
        .route("/api/v1/me/export", get(api::me::export::get))
        .route("/api/v1/me/erase", post(api::me::erase::post))
        .route(
            "/api/v1/me/profile",
            get(api::profile::get).put(api::profile::put),
        )
        .route("/api/v1/password", post(api::password::post))
        .route("/api/v1/password/score", post(api::password::score::post))
        .route(
            "/api/v1/sessions",
            get(api::sessions::list).delete(api::sessions::end_others),
        )
        .route("/api/v1/sessions/{id}", delete(api::sessions::end))
}

fn admin() -> Router<AppState> {
    Router::new()
        .route(
            "/api/v1/admin/accounts",
            get(api::admin::accounts::list).post(api::admin::accounts::create),
        )
        .route(
            "/api/v1/admin/accounts/{id}",
            get(api::admin::accounts::get).delete(api::admin::personal_data::erase),
        )
        .route(
            "/api/v1/admin/accounts/{id}/export",
            get(api::admin::personal_data::export),
        )
        .route(
            "/api/v1/admin/accounts/import",
            post(api::admin::import::post)
                .layer(DefaultBodyLimit::max(api::admin::import::MAX_BATCH_BYTES)),
        )
        .route(
            "/api/v1/admin/accounts/{id}/disable",
            post(api::admin::accounts::disable),
        )
        .route(
            "/api/v1/admin/accounts/{id}/enable",
            post(api::admin::accounts::enable),
        )
        .route(
            "/api/v1/admin/accounts/{id}/roles",
            put(api::admin::accounts::set_roles),
        )
        .route(
            "/api/v1/admin/accounts/{id}/sessions",
            get(api::admin::sessions::list).delete(api::admin::sessions::end_all),
        )
        .route(
            "/api/v1/admin/sessions/{id}",
            delete(api::admin::sessions::end),
        )
        .route(
            "/api/v1/admin/revocations",
            get(api::admin::revocations::list).post(api::admin::revocations::post),
        )
        .route("/api/v1/admin/audit", get(api::admin::audit::get))
        .route("/api/v1/admin/clients", get(api::admin::clients::clients))
        .route("/api/v1/admin/outcomes", get(api::admin::outcomes::get))
        .route(
            "/api/v1/admin/resources",
            get(api::admin::clients::resources),
        )
        .route("/api/v1/admin/verifiers", get(api::admin::verifiers::list))
        .route("/api/v1/admin/keys", get(api::admin::keys::list))
        .route("/api/v1/admin/keys/rotate", post(api::admin::keys::rotate))
}

fn oauth() -> Router<AppState> {
    Router::new().route("/oauth2/introspect", post(oauth2::introspect::post))
}

fn well_known() -> Router<AppState> {
    Router::new()
        .route(
            "/.well-known/oauth-authorization-server",
            get(wellknown::metadata),
        )
        .route(
            "/.well-known/openid-configuration",
            get(wellknown::openid_metadata),
        )
        .route("/.well-known/jwks.json", get(wellknown::token_keys))
        .route("/revocations", get(revocations::get))
        .route("/revocations/jwks.json", get(wellknown::log_keys))
}
