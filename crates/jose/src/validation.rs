//! What a verifier insists on. None of issuer, audience, algorithms and type is optional
//! (RFC 8725 §3).

use crate::{
    algorithm::{Algorithm, AlgorithmSet},
    error::{ValidationError, VerifyError},
};

/// Leeway if none is set, in seconds.
pub(crate) const DEFAULT_LEEWAY: i64 = 5;
/// The most leeway that can be set, in seconds.
pub(crate) const MAX_LEEWAY: i64 = 60;
/// How far `iat` may be in the future, in seconds.
pub(crate) const FUTURE_IAT_TOLERANCE: i64 = 60;
/// Longest token if nothing is set, in bytes.
pub(crate) const DEFAULT_MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The rules for a signature and its header: enough for a JWS that is not a JWT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwsRules {
    algorithms: AlgorithmSet,
    typ: ExpectedTyp,
    pub(crate) max_token_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ExpectedTyp {
    Exactly(String),
    ExactlyOrAbsent(String),
    Any,
}

impl JwsRules {
    /// Rules with an allow list of algorithms and the expected `typ`.
    ///
    /// `typ` is compared as a media type: without regard to case, and with or without the prefix
    /// "application/" (RFC 7515 §4.1.9).
    ///
    /// # Errors
    /// [`ValidationError::NoAlgorithm`], [`ValidationError::MixedAlgorithms`],
    /// [`ValidationError::NoTyp`].
    pub fn new(
        algorithms: impl IntoIterator<Item = Algorithm>,
        typ: impl Into<String>,
    ) -> Result<Self, ValidationError> {
        let typ = typ.into();
        if typ.is_empty() {
            return Err(ValidationError::NoTyp);
        }
        Self::build(algorithms, ExpectedTyp::Exactly(typ))
    }

    /// Rules that accept every `typ`: for a tool that shows a token to a person, never for a
    /// program that acts on it (RFC 8725 §3.11).
    ///
    /// # Errors
    /// [`ValidationError::NoAlgorithm`], [`ValidationError::MixedAlgorithms`].
    pub fn dangerous_any_typ(
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ValidationError> {
        Self::build(algorithms, ExpectedTyp::Any)
    }

    fn build(
        algorithms: impl IntoIterator<Item = Algorithm>,
        typ: ExpectedTyp,
    ) -> Result<Self, ValidationError> {
        let algorithms: AlgorithmSet = algorithms.into_iter().collect();
        if algorithms.is_empty() {
            return Err(ValidationError::NoAlgorithm);
        }
        if algorithms.mixes_families() {
            return Err(ValidationError::MixedAlgorithms);
        }
        Ok(Self {
            algorithms,
            typ,
            max_token_bytes: DEFAULT_MAX_TOKEN_BYTES,
        })
    }

    /// The longest token that is read, in bytes (default 16 KiB).
    #[must_use]
    pub const fn with_max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// RFC 8725 §3.1.
    pub(crate) fn check_alg(&self, alg: Algorithm) -> Result<(), VerifyError> {
        if self.algorithms.contains(alg) {
            Ok(())
        } else {
            Err(self.alg_refusal(alg.as_str()))
        }
    }

    pub(crate) fn alg_refusal(&self, found: &str) -> VerifyError {
        let allowed = self.algorithms.iter().collect();
        VerifyError::AlgNotAllowed {
            found: found.to_owned(),
            allowed,
        }
    }

    /// RFC 8725 §3.11, RFC 9068 §4.
    pub(crate) fn check_typ(&self, found: Option<&str>) -> Result<(), VerifyError> {
        let expected = match (&self.typ, found) {
            (ExpectedTyp::Any, _) | (ExpectedTyp::ExactlyOrAbsent(_), None) => return Ok(()),
            (ExpectedTyp::Exactly(typ) | ExpectedTyp::ExactlyOrAbsent(typ), _) => typ,
        };
        if found.is_some_and(|found| same_media_type(expected, found)) {
            return Ok(());
        }
        let found = found.map(str::to_owned);
        Err(VerifyError::TypMismatch {
            expected: expected.clone(),
            found,
        })
    }
}

/// RFC 7515 §4.1.9: case does not matter, and "application/" may be left out.
fn same_media_type(a: &str, b: &str) -> bool {
    a == b || bare_media_type(a).eq_ignore_ascii_case(bare_media_type(b))
}

fn bare_media_type(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => typ,
    }
}

/// The rules for a JWT: whom it must come from, whom it must be for, how it must be signed, what
/// it must be, and how its times are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    pub(crate) jws: JwsRules,
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) leeway: i64,
    pub(crate) max_lifetime: Option<i64>,
    pub(crate) requires_iat: bool,
}

impl Validation {
    /// Rules for tokens of `issuer` for any of `audiences`, signed with one of `algorithms`, of
    /// type `typ` ("at+jwt" for access tokens, RFC 9068).
    ///
    /// Defaults: 5 s leeway, 16 KiB, no limit on the lifetime, `iat` required.
    ///
    /// # Errors
    /// [`ValidationError`] if any of the four is empty, or HMAC stands beside other algorithms.
    pub fn new<A: Into<String>>(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
        algorithms: impl IntoIterator<Item = Algorithm>,
        typ: impl Into<String>,
    ) -> Result<Self, ValidationError> {
        let issuer = issuer.into();
        if issuer.is_empty() {
            return Err(ValidationError::NoIssuer);
        }
        let audiences: Vec<String> = audiences.into_iter().map(Into::into).collect();
        if audiences.is_empty() || audiences.iter().any(String::is_empty) {
            return Err(ValidationError::NoAudience);
        }
        Ok(Self {
            jws: JwsRules::new(algorithms, typ)?,
            issuer,
            audiences,
            leeway: DEFAULT_LEEWAY,
            max_lifetime: None,
            requires_iat: true,
        })
    }

    /// Tolerance for `exp` and `nbf` in seconds, 60 at most (default 5).
    ///
    /// # Errors
    /// [`ValidationError::LeewayTooLarge`] above 60.
    pub fn with_leeway(mut self, seconds: u32) -> Result<Self, ValidationError> {
        let seconds = i64::from(seconds);
        if seconds > MAX_LEEWAY {
            return Err(ValidationError::LeewayTooLarge);
        }
        self.leeway = seconds;
        Ok(self)
    }

    /// The longest token that is read, in bytes (default 16 KiB).
    #[must_use]
    pub const fn with_max_token_bytes(mut self, bytes: usize) -> Self {
        self.jws.max_token_bytes = bytes;
        self
    }

    /// The longest `exp` − `iat` in seconds (default: no limit). A limit requires `iat`.
    #[must_use]
    pub const fn with_max_lifetime(mut self, seconds: i64) -> Self {
        self.max_lifetime = Some(seconds);
        self
    }

    /// Whether a token must have `iat` (default: yes, as RFC 9068 §2.2 demands).
    #[must_use]
    pub const fn with_required_iat(mut self, required: bool) -> Self {
        self.requires_iat = required;
        self
    }

    /// Accepts tokens without `typ` beside those with the expected one: for foreign ID tokens
    /// only, many of which have none. Another `typ` is still refused.
    #[must_use]
    pub fn dangerous_accept_absent_typ(mut self) -> Self {
        if let ExpectedTyp::Exactly(typ) = self.jws.typ {
            self.jws.typ = ExpectedTyp::ExactlyOrAbsent(typ);
        }
        self
    }

    /// The issuer, compared byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The audiences, of which a token must name one.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Tolerance for `exp` and `nbf`, in seconds.
    #[must_use]
    pub const fn leeway(&self) -> i64 {
        self.leeway
    }
}
