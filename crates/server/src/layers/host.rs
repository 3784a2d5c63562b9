//! The request's host must be the issuer's (DNS rebinding), and its headers must be of a sane size.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header};
use symbolon_protocol::RejectReason;

use crate::{error::ApiError, state::AppState};

/// Bytes that a request's headers may have together.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Refuses requests to another host than the issuer's. Paths under `/authz/` are asked by proxies
/// under whatever name they know the server by; they say yes or no and give nothing out.
pub(crate) async fn check_host(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if header_bytes(request.headers()) > MAX_HEADER_BYTES {
        return ApiError::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers_too_large",
            "The headers have more than 32 KiB.",
        )
        .into_response();
    }
    let is_authz = request.uri().path().starts_with("/authz/");
    if !is_authz && !is_own_host(&request, &state.issuer().settings().issuer) {
        return ApiError::from(RejectReason::HostMismatch).into_response();
    }
    next.run(request).await
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

fn is_own_host(request: &Request, issuer: &str) -> bool {
    let own = issuer.split_once("://").map_or(issuer, |(_, host)| host);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    // An absolute-form target must not say otherwise (RFC 9112 §3.2.2).
    let target = request.uri().authority().map(http::uri::Authority::as_str);
    host.as_bytes().eq_ignore_ascii_case(own.as_bytes())
        && target.is_none_or(|target| target.eq_ignore_ascii_case(own))
}
