//! SHA-256, for thumbprints and for the ids by which the revocation log names texts.

use crate::backend;

/// SHA-256 of `bytes` (FIPS 180-4).
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    backend::sha256(bytes)
}
