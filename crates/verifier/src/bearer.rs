//! A request of the `http` crate, and the answer to one that is refused.

use ::http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};

use crate::{Rejection, RequestHead};

/// RFC 9449 §4.1.
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// RFC 9449 §8.2.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The path of a request as its client sent it, for the layer and the extractor.
///
/// A nested router shows its handlers the rest of the path only, and DPoP proofs name the whole:
/// put this into the request's extensions before the path is cut.
#[derive(Debug, Clone)]
pub struct OriginalPath(pub String);

/// What there is to look at in a request.
pub(crate) fn head<'a>(
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
) -> RequestHead<'a> {
    let original = extensions.get::<OriginalPath>();
    let path = original.map_or_else(|| uri.path(), |original| &original.0);
    let values = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    RequestHead::new(method.as_str(), path)
        .authorization(values(AUTHORIZATION))
        .dpop(values(DPOP))
}

/// Status, challenge and problem document.
pub(crate) fn refuse<B: From<String>>(rejection: &Rejection) -> Response<B> {
    let mut response = Response::new(B::from(rejection.problem_json()));
    let status = StatusCode::from_u16(rejection.status());
    *response.status_mut() = status.unwrap_or(StatusCode::UNAUTHORIZED);
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if rejection.status() == 503 {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    let challenge = rejection.www_authenticate();
    if let Some(challenge) = challenge.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    let nonce = rejection.dpop_nonce();
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::from_str(nonce).ok()) {
        headers.insert(DPOP_NONCE, nonce);
    }
    response
}
