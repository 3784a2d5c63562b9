//! Properties: what is signed verifies, what was touched does not, strictness has no holes.
#![cfg(not(target_family = "wasm"))]
#![expect(clippy::unwrap_used, reason = "a test's own helpers may fail the test")]

#[path = "support/backend.rs"]
mod backend;

use std::sync::LazyLock;

use proptest::{collection, prelude::*, sample};
use serde_json::{Map, Value, json};
use symbolon_jose::{
    KeySet, SigningKey, TokenClaims, Validation, base64url, decode, json as strict, sign_compact,
    verify,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

#[derive(Debug)]
struct Issuer {
    key: SigningKey,
    keys: KeySet,
    rules: Validation,
}

/// One issuer per algorithm; RSA keys are too slow to be made per case.
static ISSUERS: LazyLock<Vec<Issuer>> = LazyLock::new(|| {
    backend::SIGNING
        .iter()
        .map(|&alg| {
            let key = SigningKey::generate(alg).unwrap();
            let keys = KeySet::from_keys([key.verifying_key()]).unwrap();
            let rules = Validation::new(ISSUER, [AUDIENCE], [alg], "at+jwt").unwrap();
            Issuer { key, keys, rules }
        })
        .collect()
});

fn issuer() -> impl Strategy<Value = &'static Issuer> {
    sample::select(ISSUERS.iter().collect::<Vec<_>>())
}

/// JSON of every shape, nested a little.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Serde reads doubles without `float_roundtrip`; these survive it.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            collection::btree_map(".{0,8}", inner, 0..30)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Claims that are not registered ones.
fn extra_claims() -> impl Strategy<Value = Map<String, Value>> {
    collection::btree_map("x.{0,8}", any_json(), 0..8).prop_map(|map| map.into_iter().collect())
}

/// Text that is nearly JSON.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"",
        "\\",
        "1",
        "-",
        ".5",
        "e1",
        "0",
        "01",
        "true",
        "null",
        " ",
        "\n",
        "\u{1}",
        "é",
        "\"\\ud800\"",
        "\"a\":1",
        "\"b\":{}",
    ]);
    collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn what_is_signed_verifies(
        issuer in issuer(),
        subject in ".{1,40}",
        id in ".{0,20}",
        lifetime in 1..86_400_i64,
        extra in extra_claims(),
    ) {
        let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW + lifetime)
            .issued_at(NOW)
            .subject(subject.as_str())
            .id(id.as_str())
            .extra(extra.clone());
        let token = sign_compact(&issuer.key, "at+jwt", &claims).unwrap();
        prop_assume!(token.len() <= 16 * 1024);
        let verified = verify::<Value>(&token, &issuer.keys, &issuer.rules, NOW).unwrap();
        prop_assert_eq!(verified.registered().subject(), Some(subject.as_str()));
        prop_assert_eq!(verified.registered().id(), Some(id.as_str()));
        prop_assert_eq!(verified.expires_at(), NOW + lifetime);
        for (name, value) in &extra {
            prop_assert_eq!(verified.claims().get(name), Some(value));
        }
        let decoded = decode(&token).unwrap();
        prop_assert_eq!(decoded.untrusted_claims(), verified.claims());
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused(
        issuer in issuer(),
        place in any::<sample::Index>(),
        bit in 0..7_u8,
    ) {
        let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW + 300).issued_at(NOW);
        let token = sign_compact(&issuer.key, "at+jwt", &claims).unwrap();
        // The header is then known, so that both ways are under test.
        verify::<Value>(&token, &issuer.keys, &issuer.rules, NOW).unwrap();
        let mut bytes = token.into_bytes();
        let place = place.index(bytes.len());
        *bytes.get_mut(place).unwrap() ^= 1 << bit;
        let touched = String::from_utf8(bytes).unwrap();
        prop_assert!(verify::<Value>(&touched, &issuer.keys, &issuer.rules, NOW).is_err());
    }

    #[test]
    fn another_character_anywhere_is_refused(
        issuer in issuer(),
        place in any::<sample::Index>(),
        new in "[A-Za-z0-9_-]",
    ) {
        let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW + 300).issued_at(NOW);
        let token = sign_compact(&issuer.key, "at+jwt", &claims).unwrap();
        let place = place.index(token.len());
        let mut touched = token.clone();
        touched.replace_range(place..=place, &new);
        prop_assume!(touched != token);
        prop_assert!(verify::<Value>(&touched, &issuer.keys, &issuer.rules, NOW).is_err());
    }

    #[test]
    fn no_key_verifies_anothers_token(signer in issuer(), other in issuer()) {
        let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW + 300).issued_at(NOW);
        let token = sign_compact(&signer.key, "at+jwt", &claims).unwrap();
        let verdict = verify::<Value>(&token, &other.keys, &other.rules, NOW);
        prop_assert_eq!(verdict.is_ok(), signer.key.kid() == other.key.kid());
    }

    #[test]
    fn a_private_key_survives_pkcs8(issuer in issuer()) {
        let der = issuer.key.to_pkcs8().unwrap();
        let again = SigningKey::from_pkcs8(issuer.key.algorithm(), &der).unwrap();
        prop_assert_eq!(again.public_jwk(), issuer.key.public_jwk());
    }

    #[test]
    fn base64url_round_trips(bytes in collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(base64url::decode(&base64url::encode(&bytes)).unwrap(), bytes);
    }

    #[test]
    fn base64url_has_one_text_per_bytes(text in "[A-Za-z0-9_=+/ -]{0,20}") {
        if let Ok(bytes) = base64url::decode(&text) {
            prop_assert_eq!(base64url::encode(&bytes), text);
        }
    }

    #[test]
    fn what_serde_writes_is_strict(value in any_json()) {
        prop_assert_eq!(strict::check(&value.to_string()), Ok(()));
        prop_assert_eq!(strict::check(&format!("{value:#}")), Ok(()));
    }

    #[test]
    fn a_repeated_member_is_found_wherever_it_stands(
        value in any_json(),
        names in collection::btree_set(".{0,6}", 1..40),
        twice in any::<sample::Index>(),
    ) {
        let names: Vec<_> = names.into_iter().collect();
        let member = |name: &String| format!("{}:{value}", json!(name));
        let mut members: Vec<_> = names.iter().map(member).collect();
        let text = format!("[{{{}}}]", members.join(","));
        prop_assert_eq!(strict::check(&text), Ok(()));
        let name = twice.get(&names).clone();
        members.push(member(&name));
        let text = format!("[{{{}}}]", members.join(","));
        prop_assert_eq!(strict::check(&text), Err(strict::JsonError::DuplicateMember { name }));
    }

    #[test]
    fn strict_json_is_json(text in nearly_json()) {
        let serde = serde_json::from_str::<Value>(&text);
        match strict::check(&text) {
            Ok(()) => prop_assert!(serde.is_ok(), "{text:?}: {serde:?}"),
            Err(strict::JsonError::DuplicateMember { .. }) => {}
            Err(_) => prop_assert!(serde.is_err(), "{text:?}"),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,60}", parts in collection::vec(nearly_json(), 3)) {
        let issuer = ISSUERS.first().unwrap();
        let encoded: Vec<_> = parts.iter().map(|part| base64url::encode(part.as_bytes())).collect();
        for token in [text, encoded.join(".")] {
            prop_assert!(verify::<Value>(&token, &issuer.keys, &issuer.rules, NOW).is_err());
            drop(decode(&token));
        }
    }
}
