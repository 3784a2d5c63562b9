//! Examples of RFC 7515 appendix A, RFC 7517 appendix A, RFC 7638 and RFC 8037.

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, Jwk, JwkSet, KeyError, KeyType, SigningKey, TokenError, VerifyError, base64url,
    verify_jws,
};

use super::{Refusal, backend::SIGNING, read, verify_vector};

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::from_value(value.clone()).unwrap()
}

fn token(examples: &Value, name: &str) -> String {
    ["protected", "payload", "signature"]
        .map(|part| base64url::encode(&bytes(&examples[format!("{name}_{part}")])))
        .join(".")
}

#[test]
fn the_examples_of_rfc_7515_verify() {
    let Some(examples) = read("jose_rfc_examples.json") else {
        return;
    };
    for (name, key) in [
        ("A1", &examples["A1_example"]["key"]),
        ("A2", &examples["A2_key"]),
        ("A3", &examples["A3_key"]),
    ] {
        let verified = verify_vector(key, &token(&examples, name)).unwrap();
        assert_eq!(
            verified.payload(),
            bytes(&examples[format!("{name}_payload")])
        );
    }
}

#[test]
fn the_unsecured_example_is_refused() {
    let Some(examples) = read("jose_rfc_examples.json") else {
        return;
    };
    let payload = base64url::encode(&bytes(&examples["A5_payload"]));
    let token = format!("{}.{payload}.", examples["A5_protected"].as_str().unwrap());
    let refused = verify_vector(&examples["A3_key"], &token).unwrap_err();
    assert_eq!(refused, Refusal::Token(VerifyError::AlgNone));
}

#[test]
fn an_encrypted_token_is_named_as_such() {
    let Some(examples) = read("jose_rfc_examples.json") else {
        return;
    };
    let token = examples["A1_token"].as_str().unwrap();
    let refused = verify_vector(&examples["A3_key"], token).unwrap_err();
    assert_eq!(refused, Refusal::Token(TokenError::JweNotSupported.into()));
}

#[test]
fn published_keys_are_read_and_private_ones_are_not() {
    let Some(examples) = read("jose_rfc_examples.json") else {
        return;
    };
    for name in ["PublicKeys", "PublicKeys_EdDsa"] {
        let keys = json!({ "keys": examples[name]["keys"] });
        let set = JwkSet::from_json(&keys.to_string()).unwrap();
        assert_eq!(set.skipped(), 0, "{name}");
    }
    for name in [
        "PrivateKeys",
        "PrivateKeys_EdDsa",
        "SymmetricKeys",
        "PrivateKeys_secp256k1",
    ] {
        let keys = json!({ "keys": examples[name]["keys"] });
        let refused = JwkSet::from_json(&keys.to_string()).unwrap_err();
        assert!(matches!(refused, KeyError::PrivateMember { .. }), "{name}");
    }
    let unknown = json!({ "keys": examples["PublicKeys_brainpool"]["keys"] });
    let set = JwkSet::from_json(&unknown.to_string()).unwrap();
    assert!(set.keys().is_empty() && set.skipped() > 0);
}

#[test]
fn private_keys_sign_what_their_public_halves_verify() {
    let Some(examples) = read("jose_rfc_examples.json") else {
        return;
    };
    let mut signed = 0;
    for set in ["PrivateKeys", "PrivateKeys_EdDsa"] {
        for key in examples[set]["keys"].as_array().unwrap() {
            let jwk = Jwk::from_value(key).unwrap();
            let key = match SigningKey::from_jwk(&jwk) {
                Ok(key) => key,
                Err(refused) if jwk.key_use().unwrap_or("sig") == "sig" => {
                    assert!(!SIGNING.contains(&Algorithm::RS256) && jwk.key_type() == KeyType::Rsa);
                    assert_eq!(refused, KeyError::NotForSigning);
                    continue;
                }
                Err(_) => continue,
            };
            let token = symbolon_jose::sign_compact(&key, "JWT", &json!({})).unwrap();
            let rules = symbolon_jose::JwsRules::new([key.algorithm()], "jwt").unwrap();
            let keys = symbolon_jose::KeySet::single(key.verifying_key());
            verify_jws(&token, &keys, &rules).unwrap();
            signed += 1;
        }
    }
    let expected = if SIGNING.contains(&Algorithm::RS256) {
        2
    } else {
        1
    };
    assert_eq!(signed, expected);
}

#[test]
fn thumbprints_are_the_rfcs() {
    let Some(examples) = read("jose_rfc_examples.json") else {
        return;
    };
    let key = &examples["PublicKeys_EdDsa"]["keys"][0];
    let thumbprint = Jwk::from_value(key).unwrap().thumbprint();
    assert_eq!(thumbprint, examples["RFC8037_A3_thumbprint"]);
}
