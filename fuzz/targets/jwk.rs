//! JWKs and JWK Sets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use symbolon_fuzz::oracle;
use symbolon_jose::{Jwk, JwkSet, KeyError, KeySet, KeyType, SigningKey, VerifyingKey, json};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let strict = oracle::strict_json(text);
    assert_eq!(json::check(text).is_ok(), strict.is_some(), "{text:?}");
    match Jwk::from_json(text) {
        Ok(jwk) => check_key(&jwk, strict.as_ref().expect("a key is strict JSON")),
        Err(KeyError::Json(_)) => {}
        Err(_) => assert!(strict.is_some_and(|value| value.is_object())),
    }
    for text in [text.to_owned(), format!("{{\"keys\":[{text}]}}")] {
        if let Ok(set) = JwkSet::from_json(&text) {
            check_set(&set, &text);
        }
    }
});

fn check_key(jwk: &Jwk, value: &Value) {
    let same = Jwk::from_value(value).expect("the same key");
    assert_eq!(&same, jwk);
    let verifying = VerifyingKey::from_jwk(jwk);
    if jwk.key_type() == KeyType::Symmetric {
        assert!(serde_json::to_string(jwk).is_err());
        assert!(jwk.is_private() && SigningKey::from_jwk(jwk).is_err());
        return;
    }
    let written = serde_json::to_string(jwk).expect("public members");
    let again = Jwk::from_json(&written).expect("what is written can be read");
    assert!(!again.is_private());
    assert_eq!(again.thumbprint(), jwk.thumbprint());
    assert_eq!(
        (again.kid(), again.alg(), again.key_use(), again.key_ops()),
        (jwk.kid(), jwk.alg(), jwk.key_use(), jwk.key_ops())
    );
    assert_eq!(again == *jwk, !jwk.is_private());
    let public = VerifyingKey::from_jwk(&again);
    assert_eq!(public.as_ref().err(), verifying.as_ref().err());
    if let Ok(key) = &verifying {
        check_verifying(key, jwk, value);
    }
    if let Ok(key) = SigningKey::from_jwk(jwk) {
        assert!(jwk.is_private());
        assert_eq!(key.public_jwk().thumbprint(), jwk.thumbprint());
        if let Some(kid) = jwk.kid() {
            assert_eq!(key.kid(), kid);
        }
    }
}

/// What `alg`, `use` and `key_ops` forbid, the key does not do, and it accepts no nonsense.
fn check_verifying(key: &VerifyingKey, jwk: &Jwk, value: &Value) {
    assert!(key.algorithms().count() > 0);
    for alg in key.algorithms() {
        assert!(!alg.is_symmetric());
        assert!(jwk.alg().is_none_or(|named| named == alg.as_str()));
        for signature in [&[][..], &[0; 64], &[0; 96], &[0; 256]] {
            assert!(!key.verify(alg, b"message", signature), "{alg}");
        }
    }
    assert!(jwk.key_use().is_none_or(|key_use| key_use == "sig"));
    assert!(
        jwk.key_ops()
            .is_none_or(|ops| ops.iter().any(|op| op == "verify"))
    );
    if jwk.key_type() == KeyType::Rsa {
        assert!(value["n"].as_str().is_some_and(|n| n.len() >= 342));
    }
}

fn check_set(set: &JwkSet, text: &str) {
    let value = oracle::strict_json(text).expect("a set is strict JSON");
    let keys = value["keys"]
        .as_array()
        .expect("a set has an array of keys");
    assert_eq!(set.keys().len() + set.skipped(), keys.len());
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    for key in keys {
        assert!(
            private.iter().all(|member| key.get(member).is_none()),
            "{text}"
        );
    }
    let mut kids: Vec<_> = keys
        .iter()
        .filter_map(|key| key.get("kid")?.as_str())
        .collect();
    kids.sort_unstable();
    assert!(kids.windows(2).all(|pair| pair[0] != pair[1]), "{text}");
    let usable = KeySet::from_jwks(set).expect("it has no private and no ambiguous key");
    assert!(usable.len() <= kids.len());
    let written = serde_json::to_string(set).expect("public members");
    let again = JwkSet::from_json(&written).expect("what is written can be read");
    assert_eq!((again.keys(), again.skipped()), (set.keys(), 0));
}
