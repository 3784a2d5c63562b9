//! Symbolon's HTTP surface: routes, extractors, pages, errors.
//!
//! A handler extracts, calls one service of [`symbolon_core::Issuer`] and maps the result; what is
//! decided is decided there. The one thing that must not be broken: whatever goes wrong, the answer
//! is an error with a stable code, and a failing store is a 503, never "not logged in".

mod api;
mod cookies;
mod error;
mod extract;
mod layers;
mod oauth2;
mod openapi;
mod ops;
mod pages;
mod revocations;
mod routes;
mod serve;
mod state;
mod texts;
mod wellknown;
mod wishes;

pub use error::ApiError;
pub use extract::{Peer, UnixPeer};
pub use openapi::openapi_json;
pub use ops::{describe_metrics, ops_routes};
pub use routes::{admin_routes, public_routes};
pub use serve::{Connections, serve_tcp, serve_unix};
pub use state::{AppState, Metrics, ServerSettings};
