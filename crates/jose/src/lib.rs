//! JWS, JWK, JWKS and JWT (RFC 7515, 7517, 7518, 7519, 7638, 8037, 8725, 9068): parsed strictly,
//! verified in one fixed order, signed with keys that were parsed once.
//!
//! The one thing that must not be broken: a claim is believed only when it comes out of a
//! [`Verified`], and a [`Verified`] exists only after [`verify`] has run every check. What was
//! merely decoded is an [`Unverified`], and nothing turns the second into the first.
//!
//! The crate does no I/O, reads no clock (`now` is a parameter, in seconds since 1970 UTC) and
//! never awaits. Randomness is drawn in one place, the generation of a [`SigningKey`] and the
//! signature schemes that need it.
//!
//! The cryptography is aws-lc-rs (feature `native`, the default) or, in wasm and with the feature
//! `portable` alone, RustCrypto: as strict, and without private RSA keys, because the `rsa` crate
//! had RUSTSEC-2023-0071 and no wasm engine promises constant time. With both features the first
//! is used.
//!
//! ```
//! use symbolon_jose::{
//!     Algorithm, JwkSet, KeySet, Signer, SigningKey, TokenClaims, Validation, verify,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = 1_800_000_000;
//! let key = SigningKey::generate(Algorithm::EdDSA)?;
//! let signer = Signer::new(&key, "at+jwt");
//! let claims = TokenClaims::new("https://id.example", "https://api.example", now + 300)
//!     .subject("u-1")
//!     .issued_at(now);
//! let token = signer.sign(&claims)?;
//!
//! let keys = KeySet::from_jwks(&JwkSet::new([key.public_jwk()])?)?;
//! let rules = Validation::new(
//!     "https://id.example",
//!     ["https://api.example"],
//!     [Algorithm::EdDSA],
//!     "at+jwt",
//! )?;
//! let verified = verify::<serde_json::Value>(&token, &keys, &rules, now)?;
//! assert_eq!(verified.registered().subject(), Some("u-1"));
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod backend;
pub mod base64url;
mod claims;
mod compact;
pub mod digest;
mod error;
mod header;
pub mod json;
mod jwk;
mod key;
pub mod lint;
pub mod loose;
mod possession;
mod sign;
mod token;
mod unverified;
mod validation;
mod verify;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use claims::{MAX_NUMERIC_DATE, RegisteredClaims};
pub use error::{KeyError, SignError, TokenError, ValidationError, VerifyError};
pub use jwk::{Jwk, JwkSet, KeyType};
pub use key::{KeySet, RsaSize, SigningKey, VerifyingKey};
pub use possession::{Possession, PossessionError, verify_possession};
pub use sign::{Signer, sign_compact};
pub use token::{Audience, NoExtra, TokenClaims};
pub use unverified::{Unverified, decode};
pub use validation::{JwsRules, Validation};
pub use verify::{
    Check, Observer, Unobserved, Verified, VerifiedJws, examine, verify, verify_jws,
    verify_observed,
};
