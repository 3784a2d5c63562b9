//! The boundary to the cryptographic library: everything above speaks in bytes and
//! [`Algorithm`](crate::Algorithm)s, everything below is one library.
//!
//! A backend offers `sha256`, `VerifyKey` (one parsed key bound to one algorithm) and `SignKey`,
//! with the signatures found in `native`. The one thing that must not be broken: a key is bound
//! to its algorithm when it is parsed, never when it is used.

mod native;
mod rsa_der;

pub(crate) use native::{SignKey, VerifyKey, sha256};
