//! Keys that a token may not choose.

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, KeySet, SigningKey, Validation, ValidationError, VerifyError, VerifyingKey,
    base64url, verify,
};

use super::{AUDIENCE, ISSUER, Issuer, NOW, claims};

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
    let rsa = SigningKey::generate(Algorithm::RS256).unwrap();
    let keys = KeySet::from_keys([rsa.verifying_key()]).unwrap();
    let rules = Validation::new(ISSUER, [AUDIENCE], [Algorithm::RS256], "at+jwt").unwrap();
    let header = json!({"alg": "HS256", "kid": rsa.kid(), "typ": "at+jwt"}).to_string();
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
