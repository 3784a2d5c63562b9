//! `/authz/…`: one endpoint for each dialect in which proxies ask.

mod forward;

use std::sync::Arc;

use axum::{Router, routing::any};

use crate::check::CredentialCheck;

/// How decisions are answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthzOptions {
    /// The issuer is reached over https: decides the cookie's name.
    pub https: bool,
    /// Whether to send plain identity headers (`Remote-User`), which an upstream must then take
    /// from nobody but the proxy.
    pub identity_headers: bool,
}

/// The routes.
pub fn authz_routes(check: Arc<dyn CredentialCheck>, options: AuthzOptions) -> Router {
    Router::new()
        .route("/authz/forward", any(forward::decide))
        .with_state((check, options))
}
