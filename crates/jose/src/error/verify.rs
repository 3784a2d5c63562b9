//! Errors of reading and verifying a token.

use crate::algorithm::Algorithm;

/// Why a token cannot even be decoded (no key is involved yet).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than the limit.
    #[error("the token has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// Length of the token in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not three parts of canonical base64url (RFC 7515 §7.1).
    #[error("not three parts of base64url")]
    Malformed,
    /// Five parts: an encrypted token (RFC 7516 §7.1).
    #[error("encrypted tokens (JWE) are not supported")]
    JweNotSupported,
    /// The JSON serialization (RFC 7515 §7.2).
    #[error("the JSON serialization is not supported")]
    JsonSerializationNotSupported,
    /// The header is not a strict JSON object with a string `alg` (RFC 7515 §4).
    #[error("the header is malformed")]
    HeaderMalformed,
    /// A header member stands twice (RFC 7515 §4).
    #[error("the header has two members \"{name}\"")]
    HeaderDuplicateMember {
        /// The member's name.
        name: String,
    },
    /// The payload is JSON but no object (RFC 7519 §7.2).
    #[error("the claims are no JSON object")]
    ClaimsNotObject,
    /// A claim stands twice, at any level (RFC 7519 §4).
    #[error("the claims have two members \"{name}\"")]
    ClaimsDuplicateMember {
        /// The member's name.
        name: String,
    },
    /// The payload is not JSON, or a registered claim has the wrong type or range.
    #[error("the claims are malformed{}", at(*.claim))]
    ClaimsMalformed {
        /// The claim, if one is to blame.
        claim: Option<&'static str>,
    },
}

impl TokenError {
    /// The stable code, the same as [`VerifyError::code`].
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "token_too_large",
            Self::Malformed => "token_malformed",
            Self::JweNotSupported => "jwe_not_supported",
            Self::JsonSerializationNotSupported => "json_serialization_not_supported",
            Self::HeaderMalformed => "header_malformed",
            Self::HeaderDuplicateMember { .. } => "header_duplicate_member",
            Self::ClaimsNotObject => "claims_not_object",
            Self::ClaimsDuplicateMember { .. } => "claims_duplicate_member",
            Self::ClaimsMalformed { .. } => "claims_malformed",
        }
    }
}

fn at(claim: Option<&'static str>) -> String {
    claim
        .map(|claim| format!(" at \"{claim}\""))
        .unwrap_or_default()
}

/// Why a token is refused: one variant per check, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token cannot be decoded; the checks of the claims' shape come after the signature.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// `alg` is "none" in some spelling (RFC 8725 §3.2).
    #[error("alg \"none\" is never accepted")]
    AlgNone,
    /// `alg` is not on the verifier's list, or not on the key's (RFC 8725 §3.1).
    #[error("alg \"{found}\" is not allowed")]
    AlgNotAllowed {
        /// The header's `alg`.
        found: String,
        /// What the verifier allows, or the key if the verifier would have allowed it.
        allowed: Vec<Algorithm>,
    },
    /// The header has `b64` (RFC 7797).
    #[error("the b64 header is not supported")]
    B64NotSupported,
    /// The header has `crit`, and there is no extension we understand (RFC 7515 §4.1.11).
    #[error("no critical header extension is supported")]
    CritNotSupported,
    /// The header has `zip`.
    #[error("compressed tokens are not supported")]
    ZipNotSupported,
    /// `typ` is not the expected one (RFC 8725 §3.11, RFC 9068 §4).
    #[error("typ is {found:?}, expected \"{expected}\"")]
    TypMismatch {
        /// The `typ` the verifier was built with.
        expected: String,
        /// The header's `typ`, if it has one.
        found: Option<String>,
    },
    /// The header has no `kid` and the keys are a set.
    #[error("the header names no key")]
    KeyIdMissing,
    /// No key of the set has this `kid`.
    #[error("no key has the kid \"{kid}\"")]
    KeyUnknown {
        /// The header's `kid`.
        kid: String,
    },
    /// The set has the key, but its `use`, `key_ops`, `alg` or strength forbid verifying with it.
    #[error("the key \"{kid}\" must not be used to verify signatures")]
    KeyForbidsUse {
        /// The header's `kid`.
        kid: String,
    },
    /// The signature does not match.
    #[error("the signature is invalid")]
    SignatureInvalid,
    /// No `exp` claim.
    #[error("the token has no exp")]
    ExpMissing,
    /// `exp` has passed, leeway included (RFC 7519 §4.1.4).
    #[error("the token expired at {exp}, it is {now}")]
    TokenExpired {
        /// The claim, seconds since 1970 UTC.
        exp: i64,
        /// The verifier's time, seconds since 1970 UTC.
        now: i64,
    },
    /// `nbf` has not come, leeway included (RFC 7519 §4.1.5).
    #[error("the token is not valid before {nbf}, it is {now}")]
    TokenNotYetValid {
        /// The claim, seconds since 1970 UTC.
        nbf: i64,
        /// The verifier's time, seconds since 1970 UTC.
        now: i64,
    },
    /// No `iat` claim where the verifier needs one.
    #[error("the token has no iat")]
    IatMissing,
    /// `iat` is more than the tolerance in the future.
    #[error("the token was issued in the future, at {iat}, it is {now}")]
    IssuedInFuture {
        /// The claim, seconds since 1970 UTC.
        iat: i64,
        /// The verifier's time, seconds since 1970 UTC.
        now: i64,
    },
    /// `exp` − `iat` is above the verifier's limit.
    #[error("the token lives {seconds} s, more than {limit} s")]
    LifetimeTooLong {
        /// `exp` − `iat` in seconds.
        seconds: i64,
        /// The verifier's limit in seconds.
        limit: i64,
    },
    /// No `iss` claim.
    #[error("the token has no iss")]
    IssuerMissing,
    /// `iss` is another issuer, compared byte for byte (RFC 8725 §3.8).
    #[error("iss is \"{found}\", expected \"{expected}\"")]
    IssuerMismatch {
        /// The verifier's issuer.
        expected: String,
        /// The claim.
        found: String,
    },
    /// No `aud` claim.
    #[error("the token has no aud")]
    AudienceMissing,
    /// `aud` names none of the verifier's audiences (RFC 8725 §3.9).
    #[error("aud is {found:?}, expected one of {expected:?}")]
    AudienceMismatch {
        /// The verifier's audiences.
        expected: Vec<String>,
        /// The claim's values.
        found: Vec<String>,
    },
}

impl VerifyError {
    /// The stable snake_case code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            Self::AlgNone => "alg_none",
            Self::AlgNotAllowed { .. } => "alg_not_allowed",
            Self::B64NotSupported => "b64_not_supported",
            Self::CritNotSupported => "crit_not_supported",
            Self::ZipNotSupported => "zip_not_supported",
            Self::TypMismatch { .. } => "typ_mismatch",
            Self::KeyIdMissing => "key_id_missing",
            Self::KeyUnknown { .. } => "key_unknown",
            Self::KeyForbidsUse { .. } => "key_forbids_use",
            Self::SignatureInvalid => "signature_invalid",
            Self::ExpMissing => "exp_missing",
            Self::TokenExpired { .. } => "token_expired",
            Self::TokenNotYetValid { .. } => "token_not_yet_valid",
            Self::IatMissing => "iat_missing",
            Self::IssuedInFuture { .. } => "issued_in_future",
            Self::LifetimeTooLong { .. } => "lifetime_too_long",
            Self::IssuerMissing => "issuer_missing",
            Self::IssuerMismatch { .. } => "issuer_mismatch",
            Self::AudienceMissing => "audience_missing",
            Self::AudienceMismatch { .. } => "audience_mismatch",
        }
    }
}
