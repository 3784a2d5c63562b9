//! Keys and key sets that must not be taken.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's own helpers may fail the test"
)]

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, Jwk, JwkSet, JwsRules, KeyError, KeySet, Signer, SigningKey, VerifyError,
    VerifyingKey, base64url, verify_jws,
};

fn public(alg: Algorithm) -> Value {
    serde_json::to_value(SigningKey::generate(alg).unwrap().public_jwk()).unwrap()
}

fn jwk(value: &Value) -> Result<Jwk, KeyError> {
    Jwk::from_json(&value.to_string())
}

fn key_error(value: &Value) -> KeyError {
    jwk(value)
        .and_then(|jwk| VerifyingKey::from_jwk(&jwk))
        .unwrap_err()
}

fn changed(alg: Algorithm, member: &str, value: Value) -> Value {
    let mut key = public(alg);
    key[member] = value;
    key
}

#[test]
fn a_point_off_the_curve_is_refused() {
    for alg in [Algorithm::ES256, Algorithm::ES384] {
        let key = public(alg);
        let mut y = base64url::decode(key["y"].as_str().unwrap()).unwrap();
        *y.last_mut().unwrap() ^= 1;
        assert_eq!(
            key_error(&changed(alg, "y", json!(base64url::encode(&y)))),
            KeyError::Invalid
        );
        let zero = json!(base64url::encode(&vec![0; y.len()]));
        let mut origin = key.clone();
        origin["x"] = zero.clone();
        origin["y"] = zero;
        assert_eq!(key_error(&origin), KeyError::Invalid);
    }
}

#[test]
fn lengths_are_exact() {
    for (alg, member) in [
        (Algorithm::ES256, "x"),
        (Algorithm::ES256, "y"),
        (Algorithm::ES384, "x"),
        (Algorithm::EdDSA, "x"),
    ] {
        for len in [0, 31, 33, 47, 49] {
            let key = changed(alg, member, json!(base64url::encode(&vec![1; len])));
            assert!(
                matches!(key_error(&key), KeyError::Member { .. }),
                "{alg} {member} {len}"
            );
        }
    }
}

#[test]
fn members_are_canonical_base64url_text() {
    for value in [
        json!(null),
        json!(7),
        json!("AQ=="),
        json!("a b"),
        json!("AB"),
    ] {
        let key = changed(Algorithm::EdDSA, "x", value);
        assert!(matches!(
            key_error(&key),
            KeyError::Member { .. } | KeyError::Json(_)
        ));
    }
    let n = public(Algorithm::RS256)["n"].as_str().unwrap().to_owned();
    let padded = [vec![0], base64url::decode(&n).unwrap()].concat();
    let key = changed(Algorithm::RS256, "n", json!(base64url::encode(&padded)));
    assert_eq!(key_error(&key), KeyError::Member { member: "n" });
}

#[test]
fn weak_rsa_keys_are_refused() {
    let small = changed(
        Algorithm::RS256,
        "n",
        json!(base64url::encode(&[0xff; 255])),
    );
    assert_eq!(key_error(&small), KeyError::TooWeak);
    let just_below = [vec![0x7f], vec![0xff; 255]].concat();
    let key = changed(Algorithm::RS256, "n", json!(base64url::encode(&just_below)));
    assert_eq!(key_error(&key), KeyError::TooWeak);
    let huge = changed(
        Algorithm::RS256,
        "n",
        json!(base64url::encode(&[0xff; 1025])),
    );
    assert_eq!(key_error(&huge), KeyError::Invalid);
    for (e, error) in [
        (&[1][..], KeyError::TooWeak),
        (&[3], KeyError::TooWeak),
        (&[0xff, 0xff], KeyError::TooWeak),
        (&[1, 0, 2], KeyError::Invalid),
        (&[1, 0, 0, 0, 1], KeyError::Invalid),
    ] {
        let key = changed(Algorithm::RS256, "e", json!(base64url::encode(e)));
        assert_eq!(key_error(&key), error, "{e:?}");
    }
}

#[test]
fn use_and_key_ops_are_obeyed() {
    for (member, value) in [
        ("use", json!("enc")),
        ("use", json!("")),
        ("key_ops", json!([])),
        ("key_ops", json!(["sign"])),
        ("key_ops", json!(["verify", "verify"])),
        ("key_ops", json!(["verify", "encrypt"])),
    ] {
        let key = changed(Algorithm::ES256, member, value.clone());
        assert_eq!(key_error(&key), KeyError::ForbidsUse, "{value}");
    }
    let key = changed(Algorithm::ES256, "key_ops", json!(["verify"]));
    assert!(VerifyingKey::from_jwk(&jwk(&key).unwrap()).is_ok());
}

#[test]
fn alg_must_fit_the_key() {
    for (of, alg) in [
        (Algorithm::ES256, "ES384"),
        (Algorithm::ES256, "EdDSA"),
        (Algorithm::EdDSA, "HS256"),
        (Algorithm::RS256, "HS256"),
        (Algorithm::RS256, "RSA-OAEP"),
        (Algorithm::RS256, "none"),
    ] {
        assert_eq!(
            key_error(&changed(of, "alg", json!(alg))),
            KeyError::Algorithm,
            "{alg}"
        );
    }
    let mut open = public(Algorithm::RS256);
    open.as_object_mut().unwrap().remove("alg");
    let key = VerifyingKey::from_jwk(&jwk(&open).unwrap()).unwrap();
    assert_eq!(key.algorithms().count(), 6);
    assert!(!key.allows(Algorithm::HS256));
}

#[test]
fn a_secret_serves_only_the_hmacs_it_is_long_enough_for() {
    let secret = |len: usize| json!({"kty": "oct", "k": base64url::encode(&vec![7; len])});
    assert_eq!(key_error(&secret(31)), KeyError::TooWeak);
    let key = VerifyingKey::from_jwk(&jwk(&secret(48)).unwrap()).unwrap();
    let expected = [Algorithm::HS256, Algorithm::HS384];
    assert_eq!(key.algorithms().collect::<Vec<_>>(), expected);
}

#[test]
fn a_key_is_strict_json() {
    let text = public(Algorithm::EdDSA).to_string();
    let twice = text.replacen('{', "{\"kty\":\"RSA\",", 1);
    assert!(matches!(Jwk::from_json(&twice), Err(KeyError::Json(_))));
    assert!(matches!(
        Jwk::from_json(&format!("{text},")),
        Err(KeyError::Json(_))
    ));
    assert_eq!(
        Jwk::from_json(r#"{"kty":"LTE"}"#).unwrap_err(),
        KeyError::UnknownKeyType
    );
    let other = r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#;
    assert_eq!(Jwk::from_json(other).unwrap_err(), KeyError::UnknownKeyType);
}

#[test]
fn a_set_skips_what_it_does_not_know() {
    let known = public(Algorithm::EdDSA);
    let keys = json!({"keys": [
        {"kty": "AKP", "kid": "pq", "alg": "ML-DSA-65", "pub": "AA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kid": "no kty"},
        7,
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        known,
    ], "more": true});
    let set = JwkSet::from_json(&keys.to_string()).unwrap();
    assert_eq!((set.keys().len(), set.skipped()), (1, 5));
    assert_eq!(KeySet::from_jwks(&set).unwrap().len(), 1);
}

#[test]
fn a_set_refuses_secrets_and_ambiguous_kids() {
    let known = public(Algorithm::EdDSA);
    let twice = json!({"keys": [known, known]});
    let refused = JwkSet::from_json(&twice.to_string()).unwrap_err();
    assert!(matches!(refused, KeyError::DuplicateKid { .. }));
    for secret in [
        json!({"kty": "oct", "k": "AA"}),
        json!({"kty": "unknown", "d": "AA"}),
        json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "qi": "AA"}),
    ] {
        let set = json!({"keys": [known, secret]});
        let refused = JwkSet::from_json(&set.to_string()).unwrap_err();
        assert!(matches!(refused, KeyError::PrivateMember { .. }));
    }
    for text in ["{}", "[]", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}"] {
        assert!(
            matches!(JwkSet::from_json(text), Err(KeyError::Json(_))),
            "{text}"
        );
    }
}

#[test]
fn a_key_of_the_set_that_must_not_verify_says_so() {
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    let mut published = serde_json::to_value(key.public_jwk()).unwrap();
    published["use"] = json!("enc");
    let set = JwkSet::from_json(&json!({"keys": [published]}).to_string()).unwrap();
    let keys = KeySet::from_jwks(&set).unwrap();
    assert!(keys.is_empty() && keys.get(key.kid()).is_none());
    let token = Signer::new(&key, "JWT").sign(&json!({})).unwrap();
    let rules = JwsRules::new([Algorithm::ES256], "JWT").unwrap();
    let expected = VerifyError::KeyForbidsUse {
        kid: key.kid().to_owned(),
    };
    assert_eq!(verify_jws(&token, &keys, &rules).unwrap_err(), expected);
}

#[test]
fn a_serialised_key_shows_its_public_half_only() {
    let private = json!({
        "kty": "OKP", "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let jwk = jwk(&private).unwrap();
    assert!(jwk.is_private());
    assert!(!serde_json::to_string(&jwk).unwrap().contains("nWGx"));
    assert!(!format!("{jwk:?}").contains("nWGx"));
    assert!(JwkSet::new([jwk.clone()]).is_err());
    let mut swapped = private;
    swapped["x"] = json!(base64url::encode(&[9; 32]));
    let swapped = Jwk::from_json(&swapped.to_string()).unwrap();
    assert_eq!(
        SigningKey::from_jwk(&swapped).unwrap_err(),
        KeyError::Invalid
    );
    let public = SigningKey::from_jwk(&jwk).unwrap().public_jwk();
    assert_eq!(
        SigningKey::from_jwk(&public).unwrap_err(),
        KeyError::NotPrivate
    );
}
