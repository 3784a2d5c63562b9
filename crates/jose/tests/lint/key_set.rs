//! Rules of a JWK Set.

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, SigningKey, base64url,
    lint::{self, Kind},
};

use crate::{codes, covers, found};

/// A key as our own issuer publishes it.
fn good(alg: Algorithm) -> Value {
    let key = SigningKey::generate(alg).unwrap();
    serde_json::to_value(key.public_jwk()).unwrap()
}

fn set(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}

fn with(name: &str, value: Value) -> String {
    let mut key = good(Algorithm::EdDSA);
    match value {
        Value::Null => drop(key.as_object_mut().unwrap().remove(name)),
        value => key[name] = value,
    }
    set(&[key])
}

fn rsa(n_bytes: usize, e: &[u8]) -> String {
    let mut n = vec![0xff; n_bytes];
    n[n_bytes - 1] = 0xfd;
    let (n, e) = (base64url::encode(&n), base64url::encode(e));
    set(&[json!({"kty": "RSA", "n": n, "e": e, "kid": "k", "alg": "RS256", "use": "sig"})])
}

#[test]
fn what_our_own_issuer_publishes_has_no_finding() {
    for alg in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384] {
        assert_eq!(lint::key_set(&set(&[good(alg)])), [], "{alg}");
    }
    let three = [Algorithm::EdDSA, Algorithm::EdDSA, Algorithm::ES256].map(good);
    assert_eq!(lint::key_set(&set(&three)), []);
}

fn cases() -> Vec<(&'static str, &'static str, String)> {
    let (one, two) = (good(Algorithm::EdDSA), good(Algorithm::EdDSA));
    let mut nameless = two.clone();
    nameless["kid"] = json!("");
    let mut same_kid = two;
    same_kid["kid"] = one["kid"].clone();
    let mut renamed = one.clone();
    renamed["kid"] = json!("other");
    let mut off_curve = good(Algorithm::ES256);
    off_curve["y"] = json!(base64url::encode(&[7; 32]));
    let many: Vec<_> = (0..11).map(|_| good(Algorithm::EdDSA)).collect();
    let secret = json!({"kty": "oct", "k": base64url::encode(&[7; 32]), "kid": "k", "alg": "HS256", "use": "sig"});
    vec![
        ("jwks_malformed", "keys", "{\"keys\":1}".into()),
        ("jwks_malformed", "keys", "{".into()),
        ("jwks_malformed", "keys[0]", set(&[json!(1)])),
        (
            "jwks_duplicate_member",
            "keys[0].kid",
            r#"{"keys":[{"kty":"x","kid":"a","kid":"b"}]}"#.into(),
        ),
        ("jwks_empty", "keys", set(&[])),
        ("jwks_private_member", "keys[0]", with("d", json!("AAAA"))),
        ("jwks_symmetric_key", "keys[0].kty", set(&[secret])),
        (
            "jwks_keys_without_kid",
            "keys[1].kid",
            set(&[one.clone(), nameless]),
        ),
        ("jwks_kid_missing", "keys[0].kid", with("kid", Value::Null)),
        (
            "jwks_kid_duplicate",
            "keys[1].kid",
            set(&[one.clone(), same_kid]),
        ),
        (
            "jwks_kid_not_thumbprint",
            "keys[0].kid",
            with("kid", json!("2024-01")),
        ),
        ("jwks_key_twice", "keys[1]", set(&[one, renamed])),
        ("jwks_alg_missing", "keys[0].alg", with("alg", Value::Null)),
        ("jwks_use_missing", "keys[0].use", with("use", Value::Null)),
        (
            "jwks_use_conflict",
            "keys[0].key_ops",
            with("key_ops", json!(["verify", "encrypt"])),
        ),
        (
            "jwks_not_for_signatures",
            "keys[0].use",
            with("use", json!("enc")),
        ),
        ("jwks_rsa_small", "keys[0].n", rsa(128, &[1, 0, 1])),
        ("jwks_rsa_exponent", "keys[0].e", rsa(256, &[3])),
        ("jwks_key_invalid", "keys[0]", set(&[off_curve])),
        ("jwks_key_invalid", "keys[0].x", with("x", json!("AAAA"))),
        (
            "jwks_key_unsupported",
            "keys[0].kty",
            with("crv", json!("Ed448")),
        ),
        (
            "jwks_alg_mismatch",
            "keys[0].alg",
            with("alg", json!("ES256")),
        ),
        ("jwks_many_keys", "keys", set(&many)),
        (
            "jwks_certificate",
            "keys[0].x5c",
            with("x5c", json!(["MIIB"])),
        ),
    ]
}

#[test]
fn every_rule_finds_what_it_is_for() {
    let cases = cases();
    for (code, at, text) in &cases {
        found(&lint::key_set(text), code, at);
    }
    covers(Kind::KeySet, cases.iter().map(|(code, ..)| *code));
}

#[test]
fn a_single_key_is_a_set_of_one() {
    let mut key = good(Algorithm::EdDSA);
    assert_eq!(lint::key_set(&key.to_string()), []);
    key["d"] = json!("AAAA");
    let findings = lint::key_set(&key.to_string());
    assert_eq!(codes(&findings)[0], "jwks_private_member");
    assert_eq!(findings[0].at, "key");
}

#[test]
fn no_finding_repeats_a_secret() {
    let secret = base64url::encode(b"correct horse battery staple 123");
    for member in ["d", "k"] {
        let findings = lint::key_set(&with(member, json!(secret)));
        let all = serde_json::to_string(&findings).unwrap();
        assert!(!findings.is_empty() && !all.contains(&secret), "{all}");
    }
}
