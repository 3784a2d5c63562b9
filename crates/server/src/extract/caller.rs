//! Who makes a request.

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderValue, header, request::Parts};
use symbolon_core::{
    secret::{CookieHash, CookieValue},
    service::{Caller, Credentials},
};
use symbolon_protocol::{RejectReason, credential};

use crate::{error::ApiError, extract::place_of, state::AppState};

/// The session cookie of a request, in the form in which it is looked up.
pub(crate) struct Cookies {
    pub(crate) session: Option<CookieHash>,
}

impl Cookies {
    pub(crate) fn of(headers: &HeaderMap, https: bool) -> Result<Self, RejectReason> {
        let values = headers
            .get_all(header::COOKIE)
            .iter()
            .map(HeaderValue::as_bytes);
        let text = credential::cookie(values, credential::session_cookie_name(https))?;
        let session = match text {
            None => None,
            Some(text) => Some(
                CookieValue::parse(text)
                    .ok_or(RejectReason::CookieMalformed)?
                    .hash(),
            ),
        };
        Ok(Self { session })
    }
}

/// The bearer token of a request.
pub(crate) fn bearer_of(headers: &HeaderMap) -> Result<Option<&str>, RejectReason> {
    credential::bearer(
        headers
            .get_all(header::AUTHORIZATION)
            .iter()
            .map(HeaderValue::as_bytes),
    )
}

/// A caller who is logged in, by cookie or bearer token.
pub(crate) struct Authenticated(pub(crate) Caller);

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let issuer = state.issuer();
        let cookies = Cookies::of(&parts.headers, issuer.settings().is_https())?;
        let bearer = bearer_of(&parts.headers)?;
        let credentials = Credentials {
            cookie: cookies.session,
            bearer,
            from: place_of(parts, state),
        };
        Ok(Self(issuer.authenticate(credentials).await?))
    }
}
