//! One key an algorithm, in the form of each library.

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, KeySet, SigningKey, VerifyingKey, base64url};

/// A secret long enough for every HMAC.
const SECRET: [u8; 64] = [9; 64];

pub(crate) struct Key {
    alg: Algorithm,
    private: Private,
    pub(crate) ours: KeySet,
    pub(crate) jsonwebtoken: jsonwebtoken::DecodingKey,
    pub(crate) jwk: Value,
}

enum Private {
    Ours(SigningKey),
    Secret(jsonwebtoken::EncodingKey),
}

impl Key {
    /// A new key, or for HMAC always the same.
    pub(crate) fn new(alg: Algorithm) -> Self {
        if alg.is_symmetric() {
            return Self {
                alg,
                private: Private::Secret(jsonwebtoken::EncodingKey::from_secret(&SECRET)),
                ours: KeySet::single(VerifyingKey::hmac(&SECRET, alg).unwrap()),
                jsonwebtoken: jsonwebtoken::DecodingKey::from_secret(&SECRET),
                jwk: json!({"kty": "oct", "k": base64url::encode(&SECRET), "alg": alg.as_str()}),
            };
        }
        let key = SigningKey::generate(alg).unwrap();
        let jwk = serde_json::to_value(key.public_jwk()).unwrap();
        let theirs = serde_json::from_value(jwk.clone()).unwrap();
        Self {
            alg,
            ours: KeySet::single(key.verifying_key()),
            jsonwebtoken: jsonwebtoken::DecodingKey::from_jwk(&theirs).unwrap(),
            private: Private::Ours(key),
            jwk,
        }
    }

    pub(crate) fn alg(&self) -> Algorithm {
        self.alg
    }

    /// The signature in base64url.
    pub(crate) fn sign(&self, message: &[u8]) -> String {
        match &self.private {
            Private::Ours(key) => base64url::encode(&key.sign(message).unwrap()),
            Private::Secret(key) => {
                let alg = self.alg.as_str().parse().unwrap();
                jsonwebtoken::crypto::sign(message, key, alg).unwrap()
            }
        }
    }
}
