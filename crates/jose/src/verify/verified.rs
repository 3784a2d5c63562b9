//! What verification returns.

use std::fmt;

use crate::{algorithm::Algorithm, claims::RegisteredClaims, key::VerifyingKey};

/// A token that passed every check. Only [`verify`](super::verify) makes one.
#[derive(Clone)]
pub struct Verified<C> {
    claims: C,
    registered: RegisteredClaims,
    expires_at: i64,
    alg: Algorithm,
    key: VerifyingKey,
}

impl<C> Verified<C> {
    pub(super) const fn new(
        claims: C,
        registered: RegisteredClaims,
        expires_at: i64,
        alg: Algorithm,
        key: VerifyingKey,
    ) -> Self {
        Self {
            claims,
            registered,
            expires_at,
            alg,
            key,
        }
    }

    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &C {
        &self.claims
    }

    /// The claims, given away.
    #[must_use]
    pub fn into_claims(self) -> C {
        self.claims
    }

    /// The registered claims.
    #[must_use]
    pub const fn registered(&self) -> &RegisteredClaims {
        &self.registered
    }

    /// `exp` in seconds since 1970 UTC; a verified token always has one.
    #[must_use]
    pub const fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// The `kid` of the key that verified the token.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.key.kid()
    }

    /// The algorithm of the signature.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.alg
    }
}

impl<C> fmt::Debug for Verified<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("kid", &self.kid())
            .field("alg", &self.alg)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A payload whose signature was verified. Only [`verify_jws`](super::verify_jws) makes one.
#[derive(Clone)]
pub struct VerifiedJws {
    payload: Vec<u8>,
    alg: Algorithm,
    key: VerifyingKey,
}

impl VerifiedJws {
    pub(super) const fn new(payload: Vec<u8>, alg: Algorithm, key: VerifyingKey) -> Self {
        Self { payload, alg, key }
    }

    /// The payload's bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload's bytes, given away.
    #[must_use]
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// The `kid` of the key that verified it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.key.kid()
    }

    /// The algorithm of the signature.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.alg
    }
}

impl fmt::Debug for VerifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedJws")
            .field("kid", &self.kid())
            .field("alg", &self.alg)
            .field("bytes", &self.payload.len())
            .finish()
    }
}
