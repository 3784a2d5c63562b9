//! The client that makes a request.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};

/// What a client is asked for that has not proved who it is.
pub(crate) const BASIC_CHALLENGE: &str = "Basic realm=\"symbolon\"";

/// Id and secret of the client, as far as the request carries them; nothing is checked yet.
pub(crate) struct ClientCredentials(pub(crate) Option<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for ClientCredentials {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(basic(&parts.headers)))
    }
}

/// `Authorization: Basic` (RFC 6749 §2.3.1: both parts form-encoded).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64_simd::STANDARD.decode_to_vec(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        url::form_urlencoded::parse(format!("v={part}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}
