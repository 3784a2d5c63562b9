//! A token that was believed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use symbolon_protocol::{AccessClaims, ClientId, GrantId, SessionId, Subject};
#[cfg(feature = "client")]
use symbolon_protocol::{RevocationId, TokenIds};

use crate::{cache::Cached, keys::Life};

/// What an entry takes beside the token, its decoded payload and its claims.
const OVERHEAD: usize = 256;

/// An access token that passed every check. Only a [`Verifier`](crate::Verifier) makes one.
///
/// `C` holds the claims; it is [`AccessClaims`] unless the verifier was built for another type.
pub struct Verified<C = AccessClaims> {
    token: Box<str>,
    inner: symbolon_jose::Verified<C>,
    #[cfg(feature = "client")]
    ids: TokenIds,
    useless_after: i64,
    life: Arc<Life>,
    touched: AtomicBool,
}

/// How the revocation log names a token with these claims.
#[cfg(feature = "client")]
pub(crate) fn ids_of(claims: &AccessClaims, key: RevocationId) -> TokenIds {
    TokenIds {
        session: claims.sid.map(RevocationId::from),
        grant: claims.gid.into(),
        token: claims.jti.into(),
        client: RevocationId::from(&claims.client_id),
        key,
        version: claims.ver,
    }
}

impl<C: AsRef<AccessClaims>> Verified<C> {
    pub(crate) fn new(
        token: &str,
        inner: symbolon_jose::Verified<C>,
        life: Arc<Life>,
        leeway: i64,
    ) -> Self {
        Self {
            token: token.into(),
            #[cfg(feature = "client")]
            ids: ids_of(inner.claims().as_ref(), life.id()),
            useless_after: inner.expires_at().saturating_add(leeway).saturating_sub(1),
            inner,
            life,
            touched: AtomicBool::new(true),
        }
    }

    /// The claims that every access token has.
    #[must_use]
    pub fn access(&self) -> &AccessClaims {
        self.claims().as_ref()
    }

    /// Whom the token speaks for.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.access().sub
    }

    /// The client it was issued to.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.access().client_id
    }

    /// The session it lives and dies with, if any.
    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        self.access().sid
    }

    /// The grant it was issued under.
    #[must_use]
    pub fn grant_id(&self) -> GrantId {
        self.access().gid
    }

    /// Whether it carries this scope value.
    #[must_use]
    pub fn has_scope(&self, wanted: &str) -> bool {
        self.access().has_scope(wanted)
    }
}

impl<C> Verified<C> {
    /// The claims as the type that the verifier was built for.
    #[must_use]
    pub const fn claims(&self) -> &C {
        self.inner.claims()
    }

    /// `exp`, NumericDate.
    #[must_use]
    pub const fn expires_at(&self) -> i64 {
        self.inner.expires_at()
    }

    /// `iat`, NumericDate.
    #[must_use]
    pub const fn issued_at(&self) -> Option<i64> {
        self.inner.registered().issued_at()
    }

    /// The audiences it names.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.inner.registered().audiences()
    }

    /// The key that verified it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.inner.kid()
    }

    #[cfg(feature = "client")]
    #[inline]
    pub(crate) const fn ids(&self) -> &TokenIds {
        &self.ids
    }
}

impl<C> Cached for Verified<C> {
    #[inline]
    fn token(&self) -> &str {
        &self.token
    }

    fn weight(&self) -> usize {
        // The token itself, its decoded payload, and claims that are no longer than that.
        size_of::<Self>() + self.token.len() * 3 + OVERHEAD
    }

    #[inline]
    fn useless_after(&self) -> i64 {
        self.useless_after
    }

    #[inline]
    fn is_usable(&self) -> bool {
        !self.life.is_over()
    }

    #[inline]
    fn touch(&self) {
        // Read first: a cache line that is only read is shared between cores.
        if !self.touched.load(Ordering::Relaxed) {
            self.touched.store(true, Ordering::Relaxed);
        }
    }

    fn take_touched(&self) -> bool {
        self.touched.swap(false, Ordering::Relaxed)
    }
}

impl<C> fmt::Debug for Verified<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("token", &"[redacted]")
            .field("kid", &self.kid())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}
