//! `GET /api/v1/admin/clients` and `…/resources`: what is configured. Secrets stay where they are.

use axum::extract::State;
use serde::Serialize;
use symbolon_core::settings::{FIRST_PARTY_CLIENT, Resource};

use crate::{extract::Admin, state::AppState};

#[derive(Serialize)]
pub(crate) struct ClientList {
    clients: Vec<ClientView>,
}

#[derive(Serialize)]
struct ClientView {
    id: String,
    /// Whether the issuer brings it along.
    built_in: bool,
    /// Whether it proves who it is with a secret.
    has_secret: bool,
    scopes: Vec<String>,
}

/// `GET /clients`: the built-in one first.
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

#[derive(Serialize)]
pub(crate) struct ResourceList {
    resources: Vec<ResourceView>,
}

#[derive(Serialize)]
struct ResourceView {
    audience: String,
    /// Whether it is the issuer's own API.
    built_in: bool,
    scopes: Vec<String>,
    access_lifetime_secs: u32,
    algorithm: &'static str,
}

/// `GET /resources`: the issuer's own first.
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
