//! What differs between the backends, for tests that run on both.

use symbolon_jose::Algorithm;

/// The algorithms that this build signs with: the portable backend has no private RSA keys.
pub(crate) const SIGNING: &[Algorithm] =
    if cfg!(all(feature = "native", not(target_family = "wasm"))) {
        &[
            Algorithm::EdDSA,
            Algorithm::ES256,
            Algorithm::ES384,
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ]
    } else {
        &[Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384]
    };
