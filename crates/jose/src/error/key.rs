//! Errors of keys, of signing and of a verifier's own settings.

use crate::json::JsonError;

/// Why a JWK, a JWK Set or key bytes are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not strict JSON, or not of a JWK's shape.
    #[error("the key is not a JWK: {0}")]
    Json(#[from] JsonError),
    /// A `kty` or `crv` this crate does not know (RFC 7517 §5: ignored within a set).
    #[error("unknown kty or crv")]
    UnknownKeyType,
    /// A required member is absent, or its value is not canonical base64url of the right length.
    #[error("member \"{member}\" is missing or malformed")]
    Member {
        /// The member's name.
        member: &'static str,
    },
    /// A private member in a set that is meant for verification (RFC 7517 §9.2).
    #[error("the set holds private key material (member \"{member}\")")]
    PrivateMember {
        /// The member's name.
        member: &'static str,
    },
    /// Two keys of a set have this `kid`, so it names neither.
    #[error("two keys have the kid \"{kid}\"")]
    DuplicateKid {
        /// The `kid` that stands twice.
        kid: String,
    },
    /// `use` or `key_ops` do not allow this use (RFC 7517 §4.2, §4.3), or contradict each other.
    #[error("use or key_ops forbid this use of the key")]
    ForbidsUse,
    /// The key's `alg` is unknown or does not fit the key (RFC 7517 §4.4).
    #[error("the key's alg is unknown or does not fit the key")]
    Algorithm,
    /// An RSA modulus below 2048 bits, an exponent below 65537, an HMAC secret shorter than its
    /// hash (RFC 7518 §3.2, §3.3), an Ed25519 point of small order (RFC 8725 §3.4).
    #[error("the key is too weak")]
    TooWeak,
    /// A point off its curve, or numbers that make no key.
    #[error("the key's numbers make no valid key")]
    Invalid,
    /// A private key was needed and the JWK has only the public half.
    #[error("the key has no private half")]
    NotPrivate,
    /// A private key for an algorithm that this build only verifies: HMAC, and RSA where the
    /// backend is RustCrypto (wasm, the feature `portable`).
    #[error("this crate does not sign with this algorithm")]
    NotForSigning,
    /// The cryptographic library failed (no entropy, no memory).
    #[error("the cryptographic library failed")]
    Backend,
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The payload's `Serialize` failed.
    #[error("the payload could not be serialised")]
    Serialize,
    /// The payload is not an object that our own verifier would read: extra claims repeat a
    /// registered one, for example.
    #[error("the payload would be refused by a strict verifier: {0}")]
    Payload(JsonError),
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Backend,
}

/// Why a verifier's settings are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The issuer is empty.
    #[error("the issuer is empty")]
    NoIssuer,
    /// No audience was given, or an empty one.
    #[error("no audience, or an empty one")]
    NoAudience,
    /// No algorithm was given.
    #[error("no algorithm")]
    NoAlgorithm,
    /// HMAC beside public-key algorithms invites key confusion (RFC 8725 §2.1).
    #[error("HMAC cannot stand beside public-key algorithms")]
    MixedAlgorithms,
    /// The expected `typ` is empty.
    #[error("the expected typ is empty")]
    NoTyp,
    /// Leeway above 60 s.
    #[error("leeway above 60 seconds")]
    LeewayTooLarge,
}
