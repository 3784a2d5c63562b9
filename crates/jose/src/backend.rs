//! The boundary to the cryptographic library: everything above speaks in bytes and
//! [`Algorithm`](crate::Algorithm)s, everything below is one library.
//!
//! A backend offers `sha256`, `VerifyKey` (one parsed key bound to one algorithm) and `SignKey`,
//! with the signatures found in `native`. The one thing that must not be broken: a key is bound
//! to its algorithm when it is parsed, never when it is used; and what one backend accepts, the
//! other accepts (`agreement` compares them).
//!
//! `native` is aws-lc-rs, `portable` is RustCrypto: wasm has only the second, every other target
//! the first, unless it was built with the feature `portable` alone.

#[cfg(all(feature = "native", not(target_family = "wasm")))]
mod native;
#[cfg(any(
    target_family = "wasm",
    all(feature = "portable", any(test, not(feature = "native")))
))]
#[cfg_attr(
    all(feature = "native", not(target_family = "wasm")),
    expect(
        dead_code,
        reason = "here to be compared with `native`, which is what is used"
    )
)]
mod portable;
#[cfg(all(feature = "native", not(target_family = "wasm")))]
mod rsa_der;

#[cfg(test)]
#[cfg(all(feature = "native", feature = "portable", not(target_family = "wasm")))]
mod agreement;
pub(crate) mod ed25519;

#[cfg(all(feature = "native", not(target_family = "wasm")))]
pub(crate) use native::{SignKey, VerifyKey, sha256};
#[cfg(any(
    target_family = "wasm",
    all(feature = "portable", not(feature = "native"))
))]
pub(crate) use portable::{SignKey, VerifyKey, sha256};

#[cfg(not(any(feature = "native", feature = "portable", target_family = "wasm")))]
compile_error!("symbolon-jose needs its feature `native` (aws-lc-rs) or `portable` (RustCrypto)");

/// SEC 1 §2.3.3, uncompressed.
fn uncompressed(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}
