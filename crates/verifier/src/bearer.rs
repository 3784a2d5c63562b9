//! The bearer token of a request (RFC 6750 §2.1), and the answer to one that is refused.

use ::http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use symbolon_protocol::RejectReason;

use crate::Rejection;

/// The one bearer token that the request carries.
///
/// Another scheme is no credential here; two headers, or a token with characters that RFC 6750
/// does not have, are malformed.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, RejectReason> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(RejectReason::CredentialMissing)?;
    if values.next().is_some() {
        return Err(RejectReason::AuthorizationMalformed);
    }
    let malformed = RejectReason::AuthorizationMalformed;
    let text = value.to_str().map_err(|_| malformed)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(RejectReason::CredentialMissing);
    }
    let token = token.trim_start_matches(' ');
    if is_b64token(token) {
        Ok(token)
    } else {
        Err(malformed)
    }
}

/// RFC 6750 §2.1: `b64token`, of which a JWS uses a part.
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
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
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<String, RejectReason> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        token(&headers).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_read() {
        for good in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
            assert_eq!(read(&[good]).as_deref(), Ok("a.b.c"), "{good}");
        }
    }

    #[test]
    fn no_bearer_token_is_no_credential() {
        for missing in [&[][..], &["Basic YTpi"], &["Bearerx a.b.c"], &[""]] {
            assert_eq!(
                read(missing),
                Err(RejectReason::CredentialMissing),
                "{missing:?}"
            );
        }
    }

    #[test]
    fn anything_unclear_is_malformed() {
        for bad in [
            &["Bearer"][..],
            &["Bearer "],
            &["Bearer a.b.c d"],
            &["Bearer a,b"],
            &["Bearer =="],
            &["Bearer a.b.c", "Bearer a.b.c"],
            &["Bearer a.b.c", "Basic YTpi"],
        ] {
            assert_eq!(
                read(bad),
                Err(RejectReason::AuthorizationMalformed),
                "{bad:?}"
            );
        }
    }
}
