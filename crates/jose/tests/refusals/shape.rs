//! What is not a token at all.

use serde_json::json;
use symbolon_jose::{TokenError, decode};

use super::{Issuer, claims};

#[test]
fn the_token_that_all_others_vary_is_accepted() {
    assert_eq!(Issuer::new().claims_verdict(|_| ()).unwrap(), claims());
}

#[test]
fn shape() {
    let issuer = Issuer::new();
    let code = |token: &str| issuer.verify(token).unwrap_err().code();
    assert_eq!(code(""), "token_malformed");
    assert_eq!(code("a.b"), "token_malformed");
    assert_eq!(code("a.b.c.d.e"), "jwe_not_supported");
    assert_eq!(
        code("{\"payload\":\"\"}"),
        "json_serialization_not_supported"
    );
    assert_eq!(code(&"a".repeat(16 * 1024 + 1)), "token_too_large");
    let good = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    for spoiled in [
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        good.replacen('.', "..", 1),
    ] {
        assert_eq!(code(&spoiled), "token_malformed", "{spoiled}");
    }
    assert_eq!(code(good.rsplit_once('.').unwrap().0), "token_malformed");
    assert_eq!(
        code(&format!("{}.", good.rsplit_once('.').unwrap().0)),
        "signature_invalid"
    );
}

#[test]
fn decoding_is_as_strict_and_verifies_nothing() {
    let issuer = Issuer::new();
    let token = issuer.token(
        &issuer.header(|h| h["alg"] = json!("none")),
        &claims().to_string(),
    );
    assert_eq!(decode(&token).unwrap().untrusted_claims()["sub"], "u");
    let twice = issuer.token("{\"a\":1,\"a\":1}", "{}");
    assert_eq!(
        decode(&twice).unwrap_err().code(),
        "header_duplicate_member"
    );
    assert_eq!(
        decode(&issuer.token("{}", "[]")).unwrap_err().code(),
        "claims_not_object"
    );
    assert_eq!(decode("e30.e30.!").unwrap_err(), TokenError::Malformed);
}
