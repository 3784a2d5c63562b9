//! Keys that a token may not choose.

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, Jwk, KeySet, Validation, ValidationError, VerifyError, VerifyingKey, base64url,
    verify,
};

use super::{AUDIENCE, ISSUER, Issuer, NOW, claims, rsa_support::public_jwk};

#[test]
fn key() {
    let issuer = Issuer::new();
    let absent = |h: &mut Value| drop(h.as_object_mut().unwrap().remove("kid"));
    assert_eq!(issuer.header_refused(absent), "key_id_missing");
    assert_eq!(
        issuer.header_refused(|h| h["kid"] = json!("other")),
        "key_unknown"
    );
    assert_eq!(
        issuer.header_refused(|h| h["kid"] = json!("")),
        "key_unknown"
    );
}

#[test]
fn a_single_key_serves_tokens_that_name_none_or_itself() {
    let mut issuer = Issuer::new();
    issuer.keys = KeySet::single(issuer.key.verifying_key());
    let absent = |h: &mut Value| drop(h.as_object_mut().unwrap().remove("kid"));
    issuer
        .verify(&issuer.token(&issuer.header(absent), &claims().to_string()))
        .unwrap();
    issuer
        .verify(&issuer.token(&issuer.header(|_| ()), &claims().to_string()))
        .unwrap();
    assert_eq!(
        issuer.header_refused(|h| h["kid"] = json!("other")),
        "key_unknown"
    );
}

#[test]
fn a_public_key_is_never_an_hmac_secret() {
    let rsa = Jwk::from_value(&public_jwk(Algorithm::RS256)).unwrap();
    let keys = KeySet::from_keys([VerifyingKey::from_jwk(&rsa).unwrap()]).unwrap();
    let rules = Validation::new(ISSUER, [AUDIENCE], [Algorithm::RS256], "at+jwt").unwrap();
    let header = json!({"alg": "HS256", "kid": rsa.kid().unwrap(), "typ": "at+jwt"}).to_string();
    let input = [header, claims().to_string()]
        .map(|p| base64url::encode(p.as_bytes()))
        .join(".");
    let token = format!("{input}.{}", base64url::encode(&[0; 32]));
    let refused = verify::<Value>(&token, &keys, &rules, NOW).unwrap_err();
    assert_eq!(refused.code(), "alg_not_allowed");
    let mixed = [Algorithm::RS256, Algorithm::HS256];
    let refused = Validation::new(ISSUER, [AUDIENCE], mixed, "at+jwt").unwrap_err();
    assert_eq!(refused, ValidationError::MixedAlgorithms);
}

#[test]
fn an_hmac_token_verifies_with_its_secret_only() {
    let header = json!({"alg": "HS256", "typ": "JWT"}).to_string();
    let input = [header, claims().to_string()]
        .map(|p| base64url::encode(p.as_bytes()))
        .join(".");
    let token = format!("{input}.{}", base64url::encode(&[0; 32]));
    let rules = Validation::new(ISSUER, [AUDIENCE], [Algorithm::HS256], "JWT").unwrap();
    let keys = KeySet::single(VerifyingKey::hmac(&[7; 32], Algorithm::HS256).unwrap());
    let refused = verify::<Value>(&token, &keys, &rules, NOW).unwrap_err();
    assert_eq!(refused, VerifyError::SignatureInvalid);
}

/// RFC 8032 §5.1.7: S is below the group's order L, or each signature would have a twin.
#[test]
fn an_eddsa_signature_has_no_twin() {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let issuer = Issuer::new();
    let key = issuer.key.verifying_key();
    let mut signature = issuer.key.sign(b"message").unwrap();
    assert!(key.verify(Algorithm::EdDSA, b"message", &signature));
    let mut carry = 0;
    for (s, l) in signature[32..].iter_mut().zip(L) {
        let sum = u16::from(*s) + u16::from(l) + carry;
        *s = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert!(!key.verify(Algorithm::EdDSA, b"message", &signature));
}
