//! RSA keys where there may be no private ones.

use serde_json::Value;
use symbolon_jose::{Algorithm, SigningKey};

use super::backend::SIGNING;

/// RSA keys and tokens that OpenSSL made.
pub(crate) fn rsa_cases() -> Vec<Value> {
    serde_json::from_str(include_str!("../data/rsa.json")).unwrap()
}

/// A public JWK for `alg`: a new one, or where there are no private RSA keys a fixed one.
pub(crate) fn public_jwk(alg: Algorithm) -> Value {
    if SIGNING.contains(&alg) {
        return serde_json::to_value(SigningKey::generate(alg).unwrap().public_jwk()).unwrap();
    }
    let mut key = rsa_cases()[0]["key"].clone();
    key["alg"] = alg.as_str().into();
    key["kid"] = "fixed".into();
    key["use"] = "sig".into();
    key
}
