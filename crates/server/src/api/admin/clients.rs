//! `GET /api/v1/admin/clients` and `…/resources`: what is configured. Secrets stay where they are.

use axum::extract::State;
use serde::Serialize;
use symbolon_core::settings::{FIRST_PARTY_CLIENT, Resource};
use utoipa::ToSchema;

use crate::{
    extract::Admin,
    openapi::refusals::{self, Refusals},
    state::AppState,
};

/// Clients, the built-in one first.
#[derive(Serialize, ToSchema)]
#[schema(as = Clients)]
pub(crate) struct ClientList {
    clients: Vec<ClientView>,
}

/// A client.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
struct ClientView {
    id: String,
    /// Whether the issuer brings it along.
    built_in: bool,
    /// Whether it proves who it is with a secret.
    has_secret: bool,
    scopes: Vec<String>,
}

/// Lists the clients
///
/// The built-in one first, then those of the configuration.
#[utoipa::path(
    get, path = "/api/v1/admin/clients", operation_id = "listClients", tag = "Administration",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The clients.", body = ClientList),
        Refusals::<refusals::Admin>,
    ),
)]
pub(crate) async fn clients(
    State(state): State<AppState>,
    Admin(_): Admin,
) -> axum::Json<ClientList> {
    let built_in = ClientView {
        id: FIRST_PARTY_CLIENT.to_owned(),
        built_in: true,
        has_secret: false,
        scopes: Vec::new(),
    };
    let configured = state.issuer().settings().clients.iter();
    let configured = configured.map(|client| ClientView {
        id: client.id.to_string(),
        built_in: false,
        has_secret: true,
        scopes: client.scopes.clone(),
    });
    axum::Json(ClientList {
        clients: std::iter::once(built_in).chain(configured).collect(),
    })
}

/// APIs, the issuer's own first.
#[derive(Serialize, ToSchema)]
#[schema(as = Resources)]
pub(crate) struct ResourceList {
    resources: Vec<ResourceView>,
}

/// An API.
#[derive(Serialize, ToSchema)]
#[schema(as = Resource)]
struct ResourceView {
    /// `aud` of its tokens.
    audience: String,
    /// Whether it is the issuer's own API.
    built_in: bool,
    scopes: Vec<String>,
    /// Seconds that its access tokens are good for.
    access_lifetime_secs: u32,
    /// With which they are signed (RFC 7518, RFC 8037).
    algorithm: &'static str,
}

/// Lists the APIs
///
/// The issuer's own first, then those of the configuration.
#[utoipa::path(
    get, path = "/api/v1/admin/resources", operation_id = "listResources", tag = "Administration",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The APIs.", body = ResourceList),
        Refusals::<refusals::Admin>,
    ),
)]
pub(crate) async fn resources(
    State(state): State<AppState>,
    Admin(_): Admin,
) -> axum::Json<ResourceList> {
    let settings = state.issuer().settings();
    let view = |resource: Resource<'_>| ResourceView {
        audience: resource.audience.to_owned(),
        built_in: resource.audience == settings.issuer,
        scopes: resource.scopes.to_vec(),
        access_lifetime_secs: resource.access_lifetime_secs,
        algorithm: resource.algorithm.as_str(),
    };
    axum::Json(ResourceList {
        resources: settings.all_resources().map(view).collect(),
    })
}
