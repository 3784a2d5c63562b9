//! `/authz/forward`: Caddy's `forward_auth` and Traefik's `forwardAuth` send a copy of the request
//! without its body; 2xx lets it pass, everything else goes to the client as it is.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use symbolon_protocol::{RejectReason, credential};

use super::AuthzOptions;
use crate::check::{CredentialCheck, Presented, Refusal};

/// Seconds after which to try again when the answer cannot be known.
const RETRY_SECS: HeaderValue = HeaderValue::from_static("1");

pub(super) async fn decide(
    State((check, options)): State<(Arc<dyn CredentialCheck>, AuthzOptions)>,
    headers: HeaderMap,
) -> Response {
    let presented = match presented(&headers, options.https) {
        Ok(presented) => presented,
        Err(reason) => return refuse(Refusal::Rejected(reason)),
    };
    match check.check(presented).await {
        Ok(identity) => {
            let mut response =
                (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response();
            if options.identity_headers
                && let Ok(subject) = HeaderValue::from_str(identity.subject.as_str())
            {
                response.headers_mut().insert("remote-user", subject);
            }
            response
        }
        Err(refusal) => refuse(refusal),
    }
}

fn presented(headers: &HeaderMap, https: bool) -> Result<Presented<'_>, RejectReason> {
    let values = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let name = credential::session_cookie_name(https);
    Ok(Presented {
        cookie: credential::cookie(values(header::COOKIE), name)?,
        bearer: credential::bearer(values(header::AUTHORIZATION))?,
    })
}

/// Denies. Also what cannot be known: a proxy lets nothing pass but a 2xx.
fn refuse(refusal: Refusal) -> Response {
    let (status, code, detail) = match refusal {
        Refusal::Rejected(reason) => (
            StatusCode::from_u16(reason.http_status()).unwrap_or(StatusCode::UNAUTHORIZED),
            reason.code(),
            reason.describe(),
        ),
        Refusal::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Whether to let this through cannot be known now.",
        ),
    };
    // Texts of our own, without anything that JSON would escape.
    let body = format!(
        "{{\"type\":\"about:blank\",\"title\":\"{}\",\"status\":{},\"code\":\"{code}\",\
         \"detail\":\"{detail}\"}}",
        status.canonical_reason().unwrap_or("Refused"),
        status.as_u16()
    );
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        body,
    )
        .into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, RETRY_SECS);
    }
    if let Refusal::Rejected(reason) = refusal {
        if let Some(challenge) = reason.challenge() {
            let challenge = HeaderValue::from_static(challenge);
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        // For whoever writes the log line.
        response.extensions_mut().insert(reason);
    }
    response
}
