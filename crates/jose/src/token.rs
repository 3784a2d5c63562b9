//! The claims of a token that is to be signed.
//!
//! The one thing that must not be broken: without issuer, audience and expiry no [`TokenClaims`]
//! exists.

use serde::{Serialize, Serializer, ser::SerializeSeq as _};

/// Whom a token is for: one audience or more, never none (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    first: String,
    rest: Vec<String>,
}

impl Audience {
    /// One audience.
    #[must_use]
    pub fn new(audience: impl Into<String>) -> Self {
        Self {
            first: audience.into(),
            rest: Vec::new(),
        }
    }

    /// The same with one audience more.
    #[must_use]
    pub fn and(mut self, audience: impl Into<String>) -> Self {
        self.rest.push(audience.into());
        self
    }

    /// The audiences, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first)
            .chain(&self.rest)
            .map(String::as_str)
    }
}

impl From<&str> for Audience {
    fn from(audience: &str) -> Self {
        Self::new(audience)
    }
}

impl From<String> for Audience {
    fn from(audience: String) -> Self {
        Self::new(audience)
    }
}

/// A single audience is written as a string, several as an array.
impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.rest.is_empty() {
            return serializer.serialize_str(&self.first);
        }
        let mut seq = serializer.serialize_seq(Some(1 + self.rest.len()))?;
        for audience in self.iter() {
            seq.serialize_element(audience)?;
        }
        seq.end()
    }
}

/// No claims beyond the registered ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct NoExtra {}

/// The claims of a token: issuer, audience and expiry always, the other registered ones on
/// demand, and the members of `E` beside them.
///
/// `E` must serialise as a struct or a map. If it repeats a registered claim,
/// [`Signer::sign`](crate::Signer::sign) refuses the token.
///
/// ```compile_fail
/// # use symbolon_jose::TokenClaims;
/// let no_expiry = TokenClaims::new("https://id.example", "https://api.example");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenClaims<E = NoExtra> {
    iss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    aud: Audience,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(flatten)]
    extra: E,
}

impl TokenClaims {
    /// Claims of `issuer` for `audience` until `expires_at` (seconds since 1970 UTC).
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<Audience>, expires_at: i64) -> Self {
        Self {
            iss: issuer.into(),
            sub: None,
            aud: audience.into(),
            exp: expires_at,
            nbf: None,
            iat: None,
            jti: None,
            extra: NoExtra {},
        }
    }
}

impl<E> TokenClaims<E> {
    /// Sets `sub`.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.sub = Some(subject.into());
        self
    }

    /// Sets `iat`, in seconds since 1970 UTC.
    #[must_use]
    pub const fn issued_at(mut self, seconds: i64) -> Self {
        self.iat = Some(seconds);
        self
    }

    /// Sets `nbf`, in seconds since 1970 UTC.
    #[must_use]
    pub const fn not_before(mut self, seconds: i64) -> Self {
        self.nbf = Some(seconds);
        self
    }

    /// Sets `jti`.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.jti = Some(id.into());
        self
    }

    /// Replaces the members beside the registered claims.
    #[must_use]
    pub fn extra<F: Serialize>(self, extra: F) -> TokenClaims<F> {
        TokenClaims {
            iss: self.iss,
            sub: self.sub,
            aud: self.aud,
            exp: self.exp,
            nbf: self.nbf,
            iat: self.iat,
            jti: self.jti,
            extra,
        }
    }

    /// `exp`, in seconds since 1970 UTC.
    #[must_use]
    pub const fn expires_at(&self) -> i64 {
        self.exp
    }
}
