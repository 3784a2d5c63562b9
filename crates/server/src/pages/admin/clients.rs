//! `/admin/clients`: clients and APIs as they are configured. Secrets are nowhere to be seen.

use askama::Template;
use axum::{extract::State, response::Response};
use symbolon_core::{
    Settings,
    settings::{FIRST_PARTY_CLIENT, Resource},
};

use super::{Administrator, Section, span};
use crate::{
    pages::{frame::Frame, render::show},
    state::AppState,
};

#[derive(Template)]
#[template(path = "admin/clients.html")]
struct ClientsPage {
    t: Frame,
    section: Section,
    clients: Vec<ClientRow>,
    resources: Vec<ResourceRow>,
}

struct ClientRow {
    id: String,
    is_built_in: bool,
    scopes: Vec<String>,
}

struct ResourceRow {
    audience: String,
    is_built_in: bool,
    scopes: Vec<String>,
    lifetime: String,
    algorithm: &'static str,
}

/// `GET`.
pub(crate) async fn get(State(state): State<AppState>, admin: Administrator) -> Response {
    let (t, settings) = (admin.t, state.issuer().settings());
    let resource = |resource: Resource<'_>| ResourceRow {
        audience: resource.audience.to_owned(),
        is_built_in: resource.audience == settings.issuer,
        scopes: resource.scopes.to_vec(),
        lifetime: span(t, i64::from(resource.access_lifetime_secs)),
        algorithm: resource.algorithm.as_str(),
    };
    let page = ClientsPage {
        t,
        section: Section::Clients,
        clients: clients(settings),
        resources: settings.all_resources().map(resource).collect(),
    };
    show(t, &page)
}

fn clients(settings: &Settings) -> Vec<ClientRow> {
    let built_in = ClientRow {
        id: FIRST_PARTY_CLIENT.to_owned(),
        is_built_in: true,
        scopes: Vec::new(),
    };
    let configured = settings.clients.iter().map(|client| ClientRow {
        id: client.id.to_string(),
        is_built_in: false,
        scopes: client.scopes.clone(),
    });
    std::iter::once(built_in).chain(configured).collect()
}
