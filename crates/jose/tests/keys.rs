//! Keys and key sets that must not be taken.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's own helpers may fail the test"
)]

#[path = "support/backend.rs"]
mod backend;
#[path = "keys/ed25519.rs"]
mod ed25519;
#[path = "keys/rsa.rs"]
mod rsa;
#[path = "support/rsa.rs"]
mod rsa_support;

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, Jwk, JwkSet, JwsRules, KeyError, KeySet, Signer, SigningKey, VerifyError,
    VerifyingKey, base64url, json::JsonError, verify_jws,
};

use rsa_support::public_jwk as public;

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

/// Serde reads a struct from an array as well; found by fuzzing.
#[test]
fn a_key_and_a_set_are_objects() {
    let not_object = KeyError::Json(JsonError::NotAnObject);
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    for text in ["[]", "[\"OKP\"]", "\"OKP\"", "null", "7"] {
        assert_eq!(Jwk::from_json(text).unwrap_err(), not_object, "{text}");
        let value = serde_json::from_str(text).unwrap();
        assert_eq!(Jwk::from_value(&value).unwrap_err(), not_object, "{text}");
    }
    let by_position = json!(["OKP", "Ed25519", "k", "EdDSA", "sig", ["verify"], "", "", x]);
    assert_eq!(key_error(&by_position), not_object);
    let keys = json!({"keys": [by_position]});
    assert_eq!(JwkSet::from_json(&keys.to_string()).unwrap().skipped(), 1);
    assert_eq!(JwkSet::from_json("[[]]").unwrap_err(), not_object);
}

#[test]
fn a_member_without_a_value_is_not_an_absent_one() {
    for member in ["kid", "alg", "use", "key_ops", "d", "y"] {
        let key = changed(Algorithm::EdDSA, member, Value::Null);
        assert!(
            matches!(key_error(&key), KeyError::Json(_) | KeyError::Member { .. }),
            "{member}"
        );
    }
    let key = changed(Algorithm::RS256, "oth", Value::Null);
    assert_eq!(key_error(&key), KeyError::Member { member: "oth" });
}

/// RFC 7518 §6.2.1.2: a coordinate is a number below the field's prime.
#[test]
fn a_coordinate_that_is_not_reduced_is_refused() {
    let prime = "_____wAAAAEAAAAAAAAAAAAAAAD_______________8";
    let y = "ZkhceA4vg9ckM71dhKBrtlQcKvMdrocXKL-FahdPk_Q";
    let mut key = json!({"kty": "EC", "crv": "P-256", "x": base64url::encode(&[0; 32]), "y": y});
    assert!(VerifyingKey::from_jwk(&jwk(&key).unwrap()).is_ok());
    key["x"] = json!(prime);
    assert_eq!(key_error(&key), KeyError::Invalid);
}

/// RFC 8032 §5.1.3 and RFC 8725 §3.4.
#[test]
fn an_ed25519_point_of_small_order_or_not_reduced_is_refused() {
    let hex = |text: &str| -> Vec<u8> {
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(byte).collect()
    };
    let order_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    let other_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let near = |low: u8, top: u8| [vec![low], vec![0xff; 30], vec![top]].concat();
    let small = |low: u8| [vec![low], vec![0; 31]].concat();
    let cases = [
        (small(0), KeyError::Invalid),
        (small(1), KeyError::Invalid),
        (near(0xec, 0x7f), KeyError::Invalid),
        (hex(order_8), KeyError::Invalid),
        (hex(other_8), KeyError::Invalid),
        (near(0xed, 0x7f), KeyError::Invalid),
        (near(0xee, 0x7f), KeyError::Invalid),
        (near(0xff, 0x7f), KeyError::Invalid),
    ];
    for (mut point, error) in cases {
        for sign in [0, 0x80] {
            *point.last_mut().unwrap() |= sign;
            let key = changed(Algorithm::EdDSA, "x", json!(base64url::encode(&point)));
            assert_eq!(key_error(&key), error, "{point:02x?}");
        }
    }
    // y = 3 is an ordinary point, and so is p - 3 or what lies below the prime in other bytes.
    for ordinary in [small(3), near(0xea, 0x7f)] {
        let key = changed(Algorithm::EdDSA, "x", json!(base64url::encode(&ordinary)));
        assert!(
            VerifyingKey::from_jwk(&jwk(&key).unwrap()).is_ok(),
            "{ordinary:02x?}"
        );
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
    let named = |len: usize, alg: &str| {
        let mut key = secret(len);
        key["alg"] = json!(alg);
        key
    };
    for (len, alg) in [(31, "HS256"), (47, "HS384"), (63, "HS512"), (32, "HS512")] {
        assert_eq!(
            key_error(&named(len, alg)),
            KeyError::TooWeak,
            "{alg} {len}"
        );
    }
    assert_eq!(key_error(&named(64, "RS256")), KeyError::Algorithm);
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
    let unknown = json!({"kty": "AKP", "kid": known["kid"], "pub": "AA"});
    let twice = json!({"keys": [known, unknown]});
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
