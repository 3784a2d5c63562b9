//! The sample: an API that verifies access tokens by itself, and a page that asks
//! `/authz/forward` as a proxy would.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use symbolon_jose::Algorithm;
use symbolon_protocol::{RejectReason, credential};
use symbolon_verifier::Verifier;
use tokio::net::TcpListener;

use super::{AUDIENCE, SHORT_LIVED};
use crate::failure::Failure;

struct Orders {
    issuer: String,
    verifier: Verifier,
    http: reqwest::Client,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(issuer: String, listen: SocketAddr) -> Result<(), Failure> {
    let verifier = Verifier::builder(issuer.as_str())
        .audience(AUDIENCE)
        .and_audience(SHORT_LIVED)
        .algorithms([Algorithm::EdDSA])
        .leeway(0)
        .build()
        .await
        .map_err(|error| Failure::unreachable(format_args!("no verifier: {error}")))?;
    let http = reqwest::Client::builder().no_proxy().build();
    let http = http.map_err(|error| Failure::unreachable(format_args!("no client: {error}")))?;
    let routes = Router::new()
        .route("/ready", get(ready))
        .route("/orders", get(orders))
        .route("/page", get(page))
        .with_state(Arc::new(Orders {
            issuer,
            verifier,
            http,
        }));
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| Failure::unreachable(format_args!("cannot listen: {error}")))?;
    axum::serve(listener, routes)
        .await
        .map_err(|error| Failure::unreachable(format_args!("stopped: {error}")))
}

async fn ready(State(state): State<Arc<Orders>>) -> StatusCode {
    if state.verifier.status().live {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// Verified here, without asking anybody.
async fn orders(State(state): State<Arc<Orders>>, headers: HeaderMap) -> Response {
    let values = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .map(HeaderValue::as_bytes);
    let token = match credential::bearer(values) {
        Ok(Some(token)) => token,
        Ok(None) => return refuse(RejectReason::CredentialMissing),
        Err(reason) => return refuse(reason),
    };
    match state.verifier.verify(token) {
        Ok(token) if token.claims().has_scope("orders:read") => {
            Json(json!({"orders": [{"id": 1, "of": token.claims().sub}]})).into_response()
        }
        Ok(_) => refuse(RejectReason::ScopeInsufficient),
        Err(rejection) => refuse(rejection.reason()),
    }
}

fn refuse(reason: RejectReason) -> Response {
    let status = StatusCode::from_u16(reason.http_status()).unwrap_or(StatusCode::UNAUTHORIZED);
    (status, Json(json!({"code": reason.code()}))).into_response()
}

/// Shown to whom the server lets through.
async fn page(State(state): State<Arc<Orders>>, headers: HeaderMap) -> Response {
    let mut request = state.http.get(format!("{}/authz/forward", state.issuer));
    for cookie in headers.get_all(header::COOKIE) {
        request = request.header(header::COOKIE, cookie);
    }
    let Ok(answer) = request.send().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let status = answer.status();
    if status.is_success() {
        return Json(json!({"page": "welcome"})).into_response();
    }
    let body = answer.bytes().await.unwrap_or_default();
    (status, body).into_response()
}
