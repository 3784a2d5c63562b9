//! What the API is, for programs: an OpenAPI 3.1 document generated from the handlers' own types and
//! annotations, and the same for people ([`page`]).
//!
//! The one thing that must not be broken: the document says what the server does. Every route has
//! its operation and every operation its route (tested here), the committed copy is the generated one,
//! and schemathesis compares the document with the real server (tested in `cli`).

mod answers;
mod page;
pub(crate) mod refusals;
pub(crate) mod schemas;

use std::sync::LazyLock;

use axum::{Router, response::IntoResponse, routing::get};
use http::header;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use self::answers::Answers;
use crate::{
    api,
    layers::problem::Problem,
    oauth2::{self, error::Body as OAuthError},
    revocations,
    state::AppState,
    wellknown,
};

/// A new endpoint is one line in `paths`; what its annotation says is all that is to be said.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Symbolon",
        description = "One log-in gives a session and a JWT; one revocation ends both.\n\n\
            JSON in and out. Every error but those of OAuth is `application/problem+json` (RFC 9457) \
            with a stable `code` and the `request_id` that also stands in the server's log. A new code \
            is no breaking change; clients treat one that they do not know by its status. Unknown \
            members are refused.\n\n\
            Limits: headers 32 KiB together, a body 64 KiB (an import 1 MiB) and 15 seconds. Log-in, registration and \
            refresh are limited by address, account and device (429 with `Retry-After`).\n\n\
            Requests that change something and come from a browser must come from the issuer's own \
            pages.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "The issuer")),
    tags(
        (name = "Logging in", description = "For everybody."),
        (name = "Own account", description = "For who is logged in, by cookie or access token."),
        (name = "Administration", description = "For accounts with the role `admin`, and through `admin.sock`."),
        (name = "Verifiers", description = "For services that check tokens."),
    ),
    paths(
        api::register::post,
        api::login::post,
        api::refresh::post,
        api::me::get,
        api::me::export::get,
        api::me::erase::post,
        api::profile::get,
        api::profile::put,
        api::logout::post,
        api::password::post,
        api::password::score::post,
        api::sessions::list,
        api::sessions::end_others,
        api::sessions::end,
        api::admin::accounts::list,
        api::admin::accounts::create,
        api::admin::accounts::get,
        api::admin::personal_data::erase,
        api::admin::personal_data::export,
        api::admin::import::post,
        api::admin::accounts::disable,
        api::admin::accounts::enable,
        api::admin::accounts::set_roles,
        api::admin::sessions::list,
        api::admin::sessions::end_all,
        api::admin::sessions::end,
        api::admin::revocations::list,
        api::admin::revocations::post,
        api::admin::audit::get,
        api::admin::outcomes::get,
        api::admin::verifiers::list,
        api::admin::clients::clients,
        api::admin::clients::resources,
        api::admin::keys::list,
        api::admin::keys::rotate,
        wellknown::metadata,
        wellknown::openid_metadata,
        wellknown::token_keys,
        revocations::get,
        wellknown::log_keys,
        oauth2::introspect::post,
    ),
    components(schemas(Problem<'static>, OAuthError)),
    modifiers(&Credentials, &Answers),
)]
struct Document;

/// How requests say who makes them.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let cookie = ApiKeyValue::with_description(
            "__Host-symbolon",
            "The session cookie; `symbolon` where the issuer is an http URL on loopback.",
        );
        let mut token = Http::new(HttpAuthScheme::Bearer);
        token.bearer_format = Some("JWT".to_owned());
        token.description = Some("An access token for the issuer's own API.".to_owned());
        let mut client = Http::new(HttpAuthScheme::Basic);
        client.description = Some("Id and secret of a configured client.".to_owned());
        let schemes = [
            (
                "session_cookie",
                SecurityScheme::ApiKey(ApiKey::Cookie(cookie)),
            ),
            ("access_token", SecurityScheme::Http(token)),
            ("client", SecurityScheme::Http(client)),
        ];
        let components = document.components.get_or_insert_default();
        for (name, scheme) in schemes {
            components.add_security_scheme(name, scheme);
        }
    }
}

/// The document, made when it is first asked for.
static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Document::openapi);
static JSON: LazyLock<String> = LazyLock::new(|| {
    // A document of texts and numbers always serialises.
    let json = DOCUMENT.to_pretty_json().unwrap_or_default();
    json + "\n"
});

/// The OpenAPI document of this release, as JSON.
#[must_use]
pub fn openapi_json() -> &'static str {
    &JSON
}

/// `/api/openapi.json` and `/api/docs`.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/openapi.json", get(json))
        .route("/api/docs", get(page::get))
}

async fn json() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, openapi_json())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        answers::{operations, resolved},
        *,
    };

    /// Paths that the document is about.
    const DOCUMENTED: [&str; 4] = ["/api/v1/", "/oauth2/", "/.well-known/", "/revocations"];

    /// `METHOD /path` of everything that routes.rs routes: each path literal and the methods that are
    /// named before the next `.route(`.
    fn routed() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for route in include_str!("routes.rs").split(".route(").skip(1) {
            let (path, rest) = route.split_once('"').unwrap().1.split_once('"').unwrap();
            if !DOCUMENTED.iter().any(|start| path.starts_with(start)) {
                continue;
            }
            let end = rest.find("\n}").unwrap_or(rest.len());
            for method in ["get", "post", "put", "patch", "delete"] {
                if rest[..end].contains(&format!("{method}(")) {
                    found.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
        found
    }

    fn documented() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (path, item) in &DOCUMENT.paths.paths {
            for (method, _) in operations(item) {
                let method = serde_json::to_value(method).unwrap();
                let method = method.as_str().unwrap().to_uppercase();
                found.insert(format!("{method} {path}"));
            }
        }
        found
    }

    #[test]
    fn every_route_has_its_operation_and_every_operation_its_route() {
        let (routed, documented) = (routed(), documented());
        assert!(routed.len() > 20, "{routed:?}");
        let missing: Vec<_> = routed.difference(&documented).collect();
        assert!(
            missing.is_empty(),
            "annotate the handlers of {missing:?} with #[utoipa::path] and list them in openapi.rs"
        );
        let gone: Vec<_> = documented.difference(&routed).collect();
        assert!(gone.is_empty(), "nothing is routed at {gone:?}");
    }

    #[test]
    fn names_are_said_once_and_mean_something() {
        let mut ids = BTreeSet::new();
        for (path, item) in &DOCUMENT.paths.paths {
            for (_, operation) in operations(item) {
                let id = operation.operation_id.clone().unwrap();
                assert!(!["get", "post", "list"].contains(&id.as_str()), "{path}");
                assert!(ids.insert(id.clone()), "{path}: {id} twice");
                let tag = operation.tags.iter().flatten().next().unwrap();
                let mut tags = DOCUMENT.tags.iter().flatten();
                assert!(tags.any(|known| known.name == *tag), "{path}: {tag}");
                assert!(operation.summary.is_some(), "{path}: {id} says nothing");
            }
        }
        // Two types of one name would be one schema: each says `#[schema(as = …)]`.
        for name in ["Body", "Answer", "Params"] {
            let schemas = &DOCUMENT.components.as_ref().unwrap().schemas;
            assert!(!schemas.contains_key(name), "a type is called {name}");
        }
    }

    #[test]
    fn who_asks_for_a_credential_documents_its_refusal() {
        for (path, item) in &DOCUMENT.paths.paths {
            for (_, operation) in operations(item) {
                let id = operation.operation_id.as_deref().unwrap();
                let is_log_in = matches!(id, "logIn" | "refresh");
                let refuses = operation.responses.responses.contains_key("401");
                assert_eq!(
                    operation.security.is_some() || is_log_in,
                    refuses,
                    "{path} {id}"
                );
            }
        }
    }

    #[test]
    fn every_error_is_a_problem_with_its_codes_and_the_request_id() {
        for (path, item) in &DOCUMENT.paths.paths {
            for (_, operation) in operations(item) {
                for (status, response) in &operation.responses.responses {
                    let response = resolved(&DOCUMENT, response).unwrap();
                    let response = serde_json::to_value(response).unwrap();
                    assert!(response["headers"]["X-Request-Id"].is_object(), "{path}");
                    assert_ne!(response["description"], "", "{path} {status}");
                    if status.starts_with(['4', '5']) {
                        let problem = &response["content"]["application/problem+json"];
                        let oauth = &response["content"]["application/json"];
                        assert!(problem.is_object() || oauth.is_object(), "{path} {status}");
                    }
                }
            }
        }
    }
}
