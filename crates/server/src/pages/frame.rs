//! What stands around a page: which language it speaks, and whose it is.
//!
//! Every page has a field `t: Frame`; `{{ t.log_in() }}` in its template is a text of
//! [`crate::texts`], and the header shows what this visitor can go to. The one thing that must not be
//! broken: what the frame says of the visitor is for the header alone and opens nothing.

use std::{convert::Infallible, ops::Deref};

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};
use symbolon_core::{model::Account, secret::CookieHash};

use crate::{
    extract::Cookies,
    state::AppState,
    texts::{Language, Texts, accepted},
};

/// Language and visitor of a page. [`Default`] is an English one for nobody.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frame {
    texts: Texts,
    /// Whether somebody is logged in.
    pub(crate) is_member: bool,
    /// Whether they administer.
    pub(crate) is_admin: bool,
}

impl Frame {
    /// For whoever this browser belongs to.
    pub(crate) fn of_stranger(headers: &HeaderMap) -> Self {
        Self {
            texts: Texts::new(accepted(headers)),
            ..Self::default()
        }
    }

    /// The same for somebody who is logged in: their own choice of a language comes first.
    pub(crate) fn of_member(self, account: &Account) -> Self {
        let chosen = account.locale.as_deref().and_then(Language::of_tag);
        Self {
            texts: chosen.map_or(self.texts, Texts::new),
            is_member: true,
            is_admin: account.is_admin(),
        }
    }
}

impl Deref for Frame {
    type Target = Texts;

    fn deref(&self) -> &Texts {
        &self.texts
    }
}

impl<S: Sync> FromRequestParts<S> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of_stranger(&parts.headers))
    }
}

/// Who made a request that may come to an error page. Kept small: most requests come to none.
pub(super) struct Asker {
    stranger: Frame,
    cookie: Option<CookieHash>,
}

impl Asker {
    pub(super) fn of(headers: &HeaderMap, state: &AppState) -> Self {
        let https = state.issuer().settings().is_https();
        let cookies = Cookies::of(headers, https);
        Self {
            stranger: Frame::of_stranger(headers),
            cookie: cookies.ok().and_then(|cookies| cookies.session),
        }
    }

    /// Around the error page. From memory alone: what went wrong may be the store.
    pub(super) fn frame(&self, state: &AppState) -> Frame {
        let session = self
            .cookie
            .and_then(|cookie| state.issuer().cached_session(&cookie));
        match session {
            Some(check) => self.stranger.of_member(&check.view().account),
            None => self.stranger,
        }
    }
}
