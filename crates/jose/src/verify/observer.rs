//! Watching a verification: which check was made, and what it said.
//!
//! The one thing that must not be broken: an observer is told and never asked, so that nothing it
//! does can change a verdict.

use crate::error::VerifyError;

macro_rules! checks {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// One check of a verification. The order of the variants is the order of the checks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Check {
            /// Every check, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable snake_case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

checks! {
    /// Size, and three parts (RFC 7515 §7.1).
    Shape = "shape",
    /// The header is a strict JSON object (RFC 7515 §4).
    Header = "header",
    /// `alg` is on the verifier's list (RFC 8725 §3.1).
    Algorithm = "algorithm",
    /// The header has no `b64` (RFC 7797).
    Unencoded = "b64",
    /// The header has no `crit` (RFC 7515 §4.1.11).
    Critical = "crit",
    /// The header has no `zip` (RFC 8725 §3.6).
    Compression = "zip",
    /// `typ` is the expected one (RFC 8725 §3.11).
    Type = "typ",
    /// There is a usable key of this `kid` (RFC 7515 §4.1.4).
    Key = "key",
    /// `alg` is one of the key's own (RFC 8725 §3.1).
    KeyAlgorithm = "key_algorithm",
    /// The signature is the key's (RFC 7515 §5.2).
    Signature = "signature",
    /// The payload is a strict JSON object whose registered claims have their types (RFC 7519 §7.2).
    Claims = "claims",
    /// `exp` is there and has not passed (RFC 7519 §4.1.4).
    Expiry = "exp",
    /// `nbf` has come (RFC 7519 §4.1.5).
    NotBefore = "nbf",
    /// `iat` is there and not in the future (RFC 7519 §4.1.6).
    IssuedAt = "iat",
    /// `exp` − `iat` is within the limit.
    Lifetime = "lifetime",
    /// `iss` is the issuer (RFC 8725 §3.8).
    Issuer = "iss",
    /// `aud` names one of the audiences (RFC 8725 §3.9).
    Audience = "aud",
    /// The claims are of the type that the verifier reads (RFC 9068 §2.2).
    ClaimsType = "claims_type",
}

/// Is told of every check as it is made.
pub trait Observer {
    /// Whether anything is done with what is told. If so, a remembered header, which stands for
    /// several checks at once, is read again, so that each of them is told.
    const WATCHES: bool;

    /// `check` was made. What follows a refusal is not made.
    fn checked(&mut self, check: Check, outcome: Result<(), &VerifyError>);
}

/// Nobody watches. Compiles to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    const WATCHES: bool = false;

    #[inline]
    fn checked(&mut self, _: Check, _: Result<(), &VerifyError>) {}
}

/// Tells the observer, and hands the result on.
#[inline]
pub(crate) fn tell<T, E: Into<VerifyError>>(
    observer: &mut impl Observer,
    check: Check,
    result: Result<T, E>,
) -> Result<T, VerifyError> {
    match result {
        Ok(value) => {
            observer.checked(check, Ok(()));
            Ok(value)
        }
        Err(error) => {
            let error = error.into();
            observer.checked(check, Err(&error));
            Err(error)
        }
    }
}
