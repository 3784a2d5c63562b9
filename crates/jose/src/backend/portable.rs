//! RustCrypto: for wasm, where aws-lc-rs does not build, and by the feature `portable` elsewhere.
//!
//! It verifies what `native` verifies and nothing else. It signs with Ed25519 and ECDSA, both
//! deterministically (RFC 8032 §5.1.6, RFC 6979), and never with RSA: `SignKey` says why.

mod signing;
mod verifying;

use sha2::{Digest as _, Sha256};

pub(crate) use signing::SignKey;
pub(crate) use verifying::VerifyKey;

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
