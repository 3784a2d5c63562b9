//! Shared secrets that can be guessed.

use aws_lc_rs::hmac;
use serde_json::json;
use symbolon_jose::{base64url, lint};

const NOW: i64 = 1_800_000_000;

fn signed(alg: &str, with: hmac::Algorithm, secret: &[u8]) -> String {
    let header = json!({"alg": alg, "typ": "at+jwt", "kid": "shared"}).to_string();
    let claims = json!({"iss": "https://id.example:8080/x", "aud": ["orders"], "sub": "u"});
    let parts = [header, claims.to_string()].map(|part| base64url::encode(part.as_bytes()));
    let input = parts.join(".");
    let tag = hmac::sign(&hmac::Key::new(with, secret), input.as_bytes());
    format!("{input}.{}", base64url::encode(tag.as_ref()))
}

fn secret_of(token: &str, list: &[String]) -> Option<String> {
    let findings = lint::token(token, NOW, list);
    let found = findings.iter().find(|one| one.code == "secret_guessable")?;
    Some(found.found.clone())
}

#[test]
fn a_word_that_anybody_tries_is_found() {
    let words = ["secret", "your-256-bit-secret", "changeme", ""];
    for word in words {
        for (alg, with) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ] {
            let found = secret_of(&signed(alg, with, word.as_bytes()), &[]).unwrap();
            assert!(word.is_empty() || found.contains(word), "{word}: {found}");
        }
    }
}

#[test]
fn what_the_token_says_itself_is_found() {
    for (word, name) in [
        ("https://id.example:8080/x", "iss"),
        ("id.example", "iss"),
        ("id", "iss"),
        ("orders", "aud"),
        ("shared", "kid"),
        ("u", "sub"),
    ] {
        let found = secret_of(&signed("HS256", hmac::HMAC_SHA256, word.as_bytes()), &[]);
        assert_eq!(
            found,
            Some(format!("the secret is the value of {name}")),
            "{word}"
        );
    }
}

#[test]
fn a_word_of_the_callers_list_is_told_by_its_place() {
    let list = ["one".to_owned(), "correct horse".to_owned()];
    let token = signed("HS256", hmac::HMAC_SHA256, b"correct horse");
    assert_eq!(secret_of(&token, &[]), None);
    let found = secret_of(&token, &list).unwrap();
    assert_eq!(found, "the secret is word 2 of the list");
}

#[test]
fn another_algorithm_or_secret_is_no_finding() {
    assert_eq!(
        secret_of(&signed("HS512", hmac::HMAC_SHA256, b"secret"), &[]),
        None
    );
    assert_eq!(
        secret_of(&signed("EdDSA", hmac::HMAC_SHA256, b"secret"), &[]),
        None
    );
    assert_eq!(
        secret_of(&signed("HS256", hmac::HMAC_SHA256, &[42; 32]), &[]),
        None
    );
}
