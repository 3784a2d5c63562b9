//! The IETF JOSE cookbook: RFC 7520 §3 and §4, RFC 7797, RFC 8037.

use serde_json::Value;
use symbolon_jose::{Algorithm, Jwk, KeyError, KeyType, SigningKey, TokenError, VerifyError};

use super::{Refusal, backend::SIGNING, read, verify_vector};

fn compact(vector: &Value) -> &str {
    vector["output"]["compact"].as_str().unwrap()
}

#[test]
fn compact_signatures_verify() {
    for file in [
        "cookbook/jws/4_1.rsa_v15_signature.json",
        "cookbook/jws/4_2.rsa-pss_signature.json",
        "cookbook/jws/4_4.hmac-sha2_integrity_protection.json",
        "cookbook/curve25519/jws.json",
    ] {
        let Some(vector) = read(file) else { return };
        let verified = verify_vector(&vector["input"]["key"], compact(&vector)).unwrap();
        let payload = vector["input"]["payload"].as_str().unwrap();
        assert_eq!(verified.payload(), payload.as_bytes(), "{file}");
        assert_eq!(
            verified.algorithm().as_str(),
            vector["input"]["alg"],
            "{file}"
        );
    }
}

/// RSASSA-PKCS1-v1_5 and Ed25519 are deterministic, so our signature is the RFC's.
#[test]
fn reproducible_signatures_are_reproduced() {
    for file in [
        "cookbook/jws/4_1.rsa_v15_signature.json",
        "cookbook/curve25519/jws.json",
    ] {
        let Some(vector) = read(file) else { return };
        let jwk = Jwk::from_value(&vector["input"]["key"]).unwrap();
        let key = SigningKey::from_jwk(&jwk);
        if !SIGNING.contains(&Algorithm::RS256) && jwk.key_type() == KeyType::Rsa {
            assert_eq!(key.unwrap_err(), KeyError::NotForSigning);
            continue;
        }
        let key = key.unwrap();
        let token = compact(&vector);
        let (input, signature) = token.rsplit_once('.').unwrap();
        let signed = symbolon_jose::base64url::encode(&key.sign(input.as_bytes()).unwrap());
        assert_eq!(signed, signature, "{file}");
    }
}

#[test]
fn p_521_is_unknown() {
    let Some(vector) = read("cookbook/jws/4_3.ecdsa_signature.json") else {
        return;
    };
    let refused = verify_vector(&vector["input"]["key"], compact(&vector)).unwrap_err();
    assert_eq!(refused, Refusal::Key(KeyError::UnknownKeyType));
    for file in [
        "cookbook/jwk/3_1.ec_public_key.json",
        "cookbook/jwk/3_2.ec_private_key.json",
    ] {
        let Some(key) = read(file) else { return };
        assert_eq!(key["crv"], "P-521", "{file}");
        let refused = Jwk::from_value(&key).unwrap_err();
        assert_eq!(refused, KeyError::UnknownKeyType, "{file}");
        assert_eq!(refused.to_string(), "unknown kty or crv");
    }
}

#[test]
fn detached_content_is_not_filled_in() {
    let Some(vector) = read("cookbook/jws/4_5.signature_with_detached_content.json") else {
        return;
    };
    let refused = verify_vector(&vector["input"]["key"], compact(&vector)).unwrap_err();
    assert_eq!(refused, Refusal::Token(VerifyError::SignatureInvalid));
}

#[test]
fn the_json_serialization_is_refused() {
    for file in [
        "cookbook/jws/4_4.hmac-sha2_integrity_protection.json",
        "cookbook/jws/4_6.protecting_specific_header_fields.json",
        "cookbook/jws/4_7.protecting_content_only.json",
        "cookbook/rfc7797/4.2.hmac-sha2_b64_false.json",
    ] {
        let Some(vector) = read(file) else { return };
        for form in ["json", "json_flat"] {
            let token = vector["output"][form].to_string();
            let refused = verify_vector(&vector["input"]["key"], &token).unwrap_err();
            let expected = TokenError::JsonSerializationNotSupported.into();
            assert_eq!(refused, Refusal::Token(expected), "{file}");
        }
    }
}

/// RFC 7520 §4.8: three signatures over one payload, by an RSA, a P-521 and a symmetric key.
#[test]
fn several_signatures_are_refused_whichever_key_is_asked() {
    let Some(vector) = read("cookbook/jws/4_8.multiple_signatures.json") else {
        return;
    };
    let token = &vector["output"]["json"];
    assert_eq!(token["signatures"].as_array().unwrap().len(), 3);
    let not_supported = || Refusal::Token(TokenError::JsonSerializationNotSupported.into());
    let unknown = Refusal::Key(KeyError::UnknownKeyType);
    let keys = vector["input"]["key"].as_array().unwrap();
    let expected = [not_supported(), unknown, not_supported()];
    assert_eq!(keys.len(), expected.len());
    for (key, expected) in keys.iter().zip(expected) {
        let refused = verify_vector(key, &token.to_string()).unwrap_err();
        assert_eq!(refused, expected, "{}", key["kty"]);
    }
}

#[test]
fn an_unencoded_payload_is_refused() {
    let Some(vector) = read("cookbook/rfc7797/hmac-sha2_b64_false.json") else {
        return;
    };
    let refused = verify_vector(&vector["input"]["key"], compact(&vector)).unwrap_err();
    assert_eq!(refused, Refusal::Token(VerifyError::B64NotSupported));
}

#[test]
fn keys_are_read_as_what_they_are() {
    for (file, key_type, private) in [
        ("cookbook/jwk/3_3.rsa_public_key.json", KeyType::Rsa, false),
        ("cookbook/jwk/3_4.rsa_private_key.json", KeyType::Rsa, true),
        (
            "cookbook/jwk/3_5.symmetric_key_mac_computation.json",
            KeyType::Symmetric,
            true,
        ),
        (
            "cookbook/jwk/3_6.symmetric_key_encryption.json",
            KeyType::Symmetric,
            true,
        ),
    ] {
        let Some(key) = read(file) else { return };
        let jwk = Jwk::from_value(&key).unwrap();
        assert_eq!(
            (jwk.key_type(), jwk.is_private()),
            (key_type, private),
            "{file}"
        );
    }
}
