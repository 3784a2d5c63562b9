//! What stock clients and verifiers read first: metadata (RFC 8414) and keys (RFC 7517).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use symbolon_core::keys::PublishedKeys;
use symbolon_protocol::JwksHash;
use utoipa::ToSchema;

use crate::{openapi::schemas::JwkSet, state::AppState};

/// How long metadata may be used without asking again.
const METADATA_MAX_AGE_SECS: u32 = 300;

/// What the issuer says of itself (RFC 8414).
#[derive(Serialize, ToSchema)]
struct Metadata<'a> {
    issuer: &'a str,
    /// Where the keys of access tokens are.
    jwks_uri: String,
    /// RFC 8414 §2 requires the member; no authorization endpoint is offered.
    #[schema(value_type = Vec<String>)]
    response_types_supported: [&'static str; 0],
    introspection_endpoint: String,
    #[schema(value_type = Vec<String>)]
    introspection_endpoint_auth_methods_supported: [&'static str; 1],
    symbolon_revocations_endpoint: String,
    symbolon_revocations_jwks_uri: String,
}

/// Says what the issuer is
///
/// RFC 8414.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", operation_id = "metadata",
    tag = "Verifiers",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the copy at hand.")),
    responses(
        (
            status = 200, description = "The metadata.", body = Metadata<'static>,
            headers(("ETag" = String, description = "Changes with the metadata."))
        ),
        (
            status = 304, description = "The copy at hand is the current one.",
            headers(("ETag" = String, description = "As it was."))
        ),
    ),
)]
pub(crate) async fn metadata(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let issuer = &state.issuer().settings().issuer;
    let body = Metadata {
        issuer,
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        response_types_supported: [],
        introspection_endpoint: format!("{issuer}/oauth2/introspect"),
        introspection_endpoint_auth_methods_supported: ["client_secret_basic"],
        symbolon_revocations_endpoint: format!("{issuer}/revocations"),
        symbolon_revocations_jwks_uri: format!("{issuer}/revocations/jwks.json"),
    };
    let Ok(json) = serde_json::to_string(&body) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // Made as the keys' is.
    let etag = format!("\"{}\"", JwksHash::of(json.as_bytes()));
    let document = Document {
        content_type: "application/json",
        json,
        etag: &etag,
        max_age_secs: METADATA_MAX_AGE_SECS,
    };
    document.answer(&headers)
}

/// Says what the issuer is, where OpenID Connect looks for it
///
/// The same document.
#[utoipa::path(
    get, path = "/.well-known/openid-configuration", operation_id = "openidMetadata",
    tag = "Verifiers",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the copy at hand.")),
    responses(
        (
            status = 200, description = "The metadata.", body = Metadata<'static>,
            headers(("ETag" = String, description = "Changes with the metadata."))
        ),
        (
            status = 304, description = "The copy at hand is the current one.",
            headers(("ETag" = String, description = "As it was."))
        ),
    ),
)]
pub(crate) async fn openid_metadata(state: State<AppState>, headers: HeaderMap) -> Response {
    metadata(state, headers).await
}

/// Publishes the keys of access tokens
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "tokenKeys", tag = "Verifiers",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the copy at hand.")),
    responses(
        (
            status = 200, description = "The keys.", body = JwkSet,
            content_type = "application/jwk-set+json",
            headers(("ETag" = String, description = "Changes with the keys."))
        ),
        (
            status = 304, description = "The copy at hand is the current one.",
            headers(("ETag" = String, description = "As it was."))
        ),
    ),
)]
pub(crate) async fn token_keys(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let ring = state.issuer().keys().ring();
    published(ring.token_keys(), ring.max_age_secs()).answer(&headers)
}

/// Publishes the keys of the revocation log
#[utoipa::path(
    get, path = "/revocations/jwks.json", operation_id = "logKeys", tag = "Verifiers",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the copy at hand.")),
    responses(
        (
            status = 200, description = "The keys.", body = JwkSet,
            content_type = "application/jwk-set+json",
            headers(("ETag" = String, description = "Changes with the keys."))
        ),
        (
            status = 304, description = "The copy at hand is the current one.",
            headers(("ETag" = String, description = "As it was."))
        ),
    ),
)]
pub(crate) async fn log_keys(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let ring = state.issuer().keys().ring();
    published(ring.log_keys(), ring.max_age_secs()).answer(&headers)
}

fn published(keys: &PublishedKeys, max_age_secs: u32) -> Document<'_> {
    Document {
        content_type: "application/jwk-set+json",
        json: keys.json.clone(),
        etag: &keys.etag,
        max_age_secs,
    }
}

/// What anybody may read, and need not be sent again.
struct Document<'a> {
    content_type: &'static str,
    json: String,
    etag: &'a str,
    max_age_secs: u32,
}

impl Document<'_> {
    /// The document, or that the asker has it (RFC 9110 §13.1.2).
    fn answer(self, request: &HeaderMap) -> Response {
        let known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|tag| tag.trim().trim_start_matches("W/") == self.etag);
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, self.content_type)], self.json).into_response()
        };
        let headers = response.headers_mut();
        if let Ok(etag) = HeaderValue::from_str(self.etag) {
            headers.insert(header::ETAG, etag);
        }
        if let Ok(caching) = HeaderValue::try_from(format!("public, max-age={}", self.max_age_secs))
        {
            headers.insert(header::CACHE_CONTROL, caching);
        }
        response
    }
}
