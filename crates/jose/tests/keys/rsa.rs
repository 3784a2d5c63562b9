//! RSA keys and tokens that OpenSSL made, one key with a modulus whose length is no whole number
//! of bytes (RFC 8017 §9.1: the encoded message is then a byte shorter than the signature).

use serde_json::Value;
use symbolon_jose::{
    Algorithm, Jwk, JwsRules, KeyError, KeySet, SigningKey, VerifyError, VerifyingKey, base64url,
    verify_jws,
};

use super::{backend::SIGNING, rsa_support::rsa_cases};

fn verdict(case: &Value, token: &str) -> Result<(), VerifyError> {
    let key = Jwk::from_value(&case["key"]).unwrap();
    let keys = KeySet::single(VerifyingKey::from_jwk(&key).unwrap());
    let public = Algorithm::ALL.into_iter().filter(|alg| !alg.is_symmetric());
    let rules = JwsRules::new(public, "JWT").unwrap();
    verify_jws(token, &keys, &rules).map(drop)
}

#[test]
fn a_modulus_may_end_within_a_byte() {
    for case in rsa_cases() {
        let tokens = case["valid"].as_object().unwrap();
        assert_eq!(tokens.len(), 6);
        for (alg, token) in tokens {
            assert_eq!(verdict(&case, token.as_str().unwrap()), Ok(()), "{alg}");
        }
    }
}

#[test]
fn the_salt_is_as_long_as_the_hash() {
    for case in rsa_cases() {
        let tokens = case["salt of another length"].as_object().unwrap();
        assert_eq!(tokens.len(), 9);
        for (which, token) in tokens {
            let verdict = verdict(&case, token.as_str().unwrap());
            assert_eq!(verdict, Err(VerifyError::SignatureInvalid), "{which}");
        }
    }
}

#[test]
fn a_signature_is_as_long_as_the_modulus() {
    for case in rsa_cases() {
        for token in case["valid"].as_object().unwrap().values() {
            let (input, signature) = token.as_str().unwrap().rsplit_once('.').unwrap();
            let signature = base64url::decode(signature).unwrap();
            for other in [
                [&[0], signature.as_slice()].concat(),
                [signature.as_slice(), &[0]].concat(),
                signature[1..].to_vec(),
                vec![0; signature.len()],
                vec![0xff; signature.len()],
            ] {
                let token = format!("{input}.{}", base64url::encode(&other));
                assert_eq!(verdict(&case, &token), Err(VerifyError::SignatureInvalid));
            }
        }
    }
}

#[test]
fn an_even_modulus_is_refused() {
    for case in rsa_cases() {
        let mut key = case["key"].clone();
        let mut n = base64url::decode(key["n"].as_str().unwrap()).unwrap();
        *n.last_mut().unwrap() ^= 1;
        key["n"] = base64url::encode(&n).into();
        let key = Jwk::from_value(&key).unwrap();
        assert_eq!(VerifyingKey::from_jwk(&key).unwrap_err(), KeyError::Invalid);
    }
}

#[test]
fn the_portable_backend_has_no_private_rsa_keys() {
    if !SIGNING.contains(&Algorithm::RS256) {
        for alg in [Algorithm::RS256, Algorithm::PS512] {
            let refused = SigningKey::generate(alg).unwrap_err();
            assert_eq!(refused, KeyError::NotForSigning);
            let refused = SigningKey::from_pkcs8(alg, b"").unwrap_err();
            assert_eq!(refused, KeyError::NotForSigning);
        }
    }
}
