//! Who looks at a page. Only the cookie logs in here; a failing store is an error, never a visitor
//! who is not logged in.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, request::Parts};
use symbolon_core::{
    Error,
    secret::CookieHash,
    service::{Caller, Credentials},
};
use symbolon_protocol::{RejectReason, SessionId};

use super::{frame::Frame, render::see_other};
use crate::{
    error::ApiError,
    extract::{Cookies, bearer_of, place_of},
    state::AppState,
};

/// Whoever looks, logged in or not, and what stands around their pages.
pub(crate) struct Visitor(pub(crate) Option<Caller>, pub(crate) Frame);

impl FromRequestParts<AppState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let issuer = state.issuer();
        let https = issuer.settings().is_https();
        let stranger = Frame::of_stranger(&parts.headers);
        let Some(cookie) = cookie_of(&parts.headers, https)? else {
            return Ok(Self(None, stranger));
        };
        let credentials = Credentials {
            cookie: Some(cookie),
            // Not to log in with, but because it must not name another session.
            bearer: bearer_of(&parts.headers)?,
            from: place_of(parts, state),
        };
        match issuer.authenticate(credentials).await {
            Ok(caller) => {
                let frame = stranger.of_member(&caller.account);
                Ok(Self(Some(caller), frame))
            }
            Err(Error::Rejected(reason)) if is_stale(reason) => Ok(Self(None, stranger)),
            Err(error) => Err(error.into()),
        }
    }
}

/// The session cookie. One that has another form than ours is nobody's.
fn cookie_of(headers: &HeaderMap, https: bool) -> Result<Option<CookieHash>, RejectReason> {
    match Cookies::of(headers, https) {
        Ok(cookies) => Ok(cookies.session),
        Err(RejectReason::CookieMalformed) => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// A cookie that opens nothing (any more): the visitor is to log in.
fn is_stale(reason: RejectReason) -> bool {
    matches!(
        reason,
        RejectReason::SessionUnknown
            | RejectReason::SessionIdle
            | RejectReason::SessionExpired
            | RejectReason::RevokedSession
            | RejectReason::AccountDisabled
    )
}

/// Somebody who is logged in, and what stands around their pages; others are sent to log in.
pub(crate) struct Member(pub(crate) Caller, pub(crate) Frame);

impl Member {
    /// The session at hand.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.0.session.as_ref().map(|session| session.id)
    }
}

impl FromRequestParts<AppState> for Member {
    type Rejection = NotMember;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, NotMember> {
        match Visitor::from_request_parts(parts, state).await {
            Ok(Visitor(Some(caller), frame)) => Ok(Self(caller, frame)),
            Ok(Visitor(None, _)) => Err(NotMember::ToLogin),
            Err(error) => Err(NotMember::Failed(error)),
        }
    }
}

/// Why there is no [`Member`].
pub(crate) enum NotMember {
    /// Not logged in.
    ToLogin,
    /// It could not be found out.
    Failed(ApiError),
}

impl IntoResponse for NotMember {
    fn into_response(self) -> Response {
        match self {
            // Members have one page, and a POST cannot be done again by going there.
            Self::ToLogin => see_other("/login?next=/account", []),
            Self::Failed(error) => error.into_response(),
        }
    }
}

/// The request carries the session cookie at most once. Forms that log in or need no log-in ask for
/// this: which of two cookies the new one would replace cannot be known.
pub(crate) struct SoleCookie;

impl FromRequestParts<AppState> for SoleCookie {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        cookie_of(&parts.headers, state.issuer().settings().is_https())?;
        Ok(Self)
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    fn find(cookie: &str) -> Result<bool, RejectReason> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        cookie_of(&headers, false).map(|found| found.is_some())
    }

    #[test]
    fn a_planted_cookie_is_nobodys_and_two_are_refused() {
        let genuine = "A".repeat(43);
        assert_eq!(find(&format!("symbolon={genuine}")), Ok(true));
        assert_eq!(find("symbolon=planted"), Ok(false));
        assert_eq!(find("symbolon="), Ok(false));
        assert_eq!(find("other=1"), Ok(false));
        let twice = format!("symbolon={genuine}; symbolon={genuine}");
        assert_eq!(find(&twice), Err(RejectReason::CookieDuplicate));
    }

    #[test]
    fn what_is_no_sign_of_a_dead_session_stays_an_error() {
        for reason in [
            RejectReason::RevocationStale,
            RejectReason::CredentialConflict,
            RejectReason::SignatureInvalid,
        ] {
            assert!(!is_stale(reason), "{reason:?}");
        }
    }
}
