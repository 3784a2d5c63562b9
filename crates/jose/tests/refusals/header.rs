//! What a header may not say.

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, SigningKey, Validation, VerifyError};

use super::{AUDIENCE, ISSUER, Issuer, claims, rules};

#[test]
fn header_json() {
    let issuer = Issuer::new();
    let good = issuer.header(|_| ());
    let code = |header: &str| {
        let token = issuer.token(header, &claims().to_string());
        issuer.verify(&token).unwrap_err().code()
    };
    assert_eq!(code("[]"), "header_malformed");
    assert_eq!(code("{}"), "header_malformed");
    assert_eq!(code(&format!("{good}{good}")), "header_malformed");
    assert_eq!(code(&good.replace('}', ",}")), "header_malformed");
    assert_eq!(code(&good.replace("alg", "Alg")), "header_malformed");
    assert_eq!(
        code(&good.replace('}', ",\"alg\":\"EdDSA\"}")),
        "header_duplicate_member"
    );
    assert_eq!(
        code(&good.replace('}', ",\"\\u0061lg\":\"none\"}")),
        "header_duplicate_member"
    );
    assert_eq!(
        code(&good.replace('}', ",\"x\":{\"y\":1,\"y\":2}}")),
        "header_duplicate_member"
    );
    for member in ["alg", "kid", "typ"] {
        assert_eq!(
            issuer.header_refused(|h| h[member] = json!(7)),
            "header_malformed"
        );
        assert_eq!(
            issuer.header_refused(|h| h[member] = json!(null)),
            "header_malformed"
        );
    }
}

#[test]
fn algorithm() {
    let issuer = Issuer::new();
    for none in ["none", "None", "NONE", "nOnE"] {
        assert_eq!(
            issuer.header_refused(|h| h["alg"] = json!(none)),
            "alg_none"
        );
    }
    for other in ["RS256", "HS256", "ES512", "eddsa", "EdDSA ", "Ed25519", ""] {
        assert_eq!(
            issuer.header_refused(|h| h["alg"] = json!(other)),
            "alg_not_allowed"
        );
    }
}

#[test]
fn an_algorithm_that_is_allowed_must_also_be_the_keys() {
    let issuer = Issuer::new();
    let both = [Algorithm::EdDSA, Algorithm::ES256];
    let rules = Validation::new(ISSUER, [AUDIENCE], both, "at+jwt").unwrap();
    let header = issuer.header(|h| h["alg"] = json!("ES256"));
    let token = issuer.token(&header, &claims().to_string());
    let found = "ES256".to_owned();
    let expected = VerifyError::AlgNotAllowed {
        found,
        allowed: vec![Algorithm::EdDSA],
    };
    assert_eq!(issuer.verify_with(&token, &rules).unwrap_err(), expected);
}

#[test]
fn a_remembered_header_still_obeys_each_verifiers_own_rules() {
    let issuer = Issuer::new();
    let token = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    issuer.verify(&token).unwrap();
    let alg = Validation::new(ISSUER, [AUDIENCE], [Algorithm::ES256], "at+jwt").unwrap();
    assert_eq!(
        issuer.verify_with(&token, &alg).unwrap_err().code(),
        "alg_not_allowed"
    );
    let typ = Validation::new(ISSUER, [AUDIENCE], [Algorithm::EdDSA], "logout+jwt").unwrap();
    assert_eq!(
        issuer.verify_with(&token, &typ).unwrap_err().code(),
        "typ_mismatch"
    );
}

#[test]
fn more_headers_than_are_remembered_verify_all_the_same() {
    let issuer = Issuer::new();
    for round in 0..2 {
        for n in 0..40 {
            let header = issuer.header(|h| h["x"] = json!(n));
            let token = issuer.token(&header, &claims().to_string());
            assert!(issuer.verify(&token).is_ok(), "{round} {n}");
            let forged = format!("{}AA", token.split_at(token.len() - 2).0);
            if forged != token {
                assert!(issuer.verify(&forged).is_err(), "{round} {n}");
            }
        }
    }
}

#[test]
fn a_header_is_remembered_only_after_its_signature_was_right() {
    let issuer = Issuer::new();
    let header = issuer.header(|h| h["crit"] = json!(["exp"]));
    let token = issuer.token(&header, &claims().to_string());
    for _ in 0..3 {
        assert_eq!(
            issuer.verify(&token).unwrap_err().code(),
            "crit_not_supported"
        );
    }
    let intruder = Issuer {
        key: SigningKey::generate(Algorithm::EdDSA).unwrap(),
        keys: issuer.keys.clone(),
    };
    for n in 0..40 {
        let header = issuer.header(|h| h["x"] = json!(n));
        let forged = intruder.token(&header, &claims().to_string());
        assert_eq!(
            issuer.verify(&forged).unwrap_err(),
            VerifyError::SignatureInvalid
        );
    }
    assert!(issuer.claims_verdict(|_| ()).is_ok());
}

#[test]
fn header_extensions() {
    let issuer = Issuer::new();
    for crit in [json!([]), json!(["exp"]), json!("b64"), json!(null)] {
        assert_eq!(
            issuer.header_refused(|h| h["crit"] = crit),
            "crit_not_supported"
        );
    }
    let b64 = |h: &mut Value| {
        h["b64"] = json!(false);
        h["crit"] = json!(["b64"]);
    };
    assert_eq!(issuer.header_refused(b64), "b64_not_supported");
    for b64 in [json!(false), json!(true), json!(null)] {
        let code = issuer.header_refused(|h| h["b64"] = b64);
        assert_eq!(code, "b64_not_supported");
    }
    assert_eq!(
        issuer.header_refused(|h| h["zip"] = json!("DEF")),
        "zip_not_supported"
    );
}

#[test]
fn a_header_cannot_bring_its_own_key() {
    let issuer = Issuer::new();
    let intruder = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let jwk = serde_json::to_value(intruder.public_jwk()).unwrap();
    let forged = Issuer {
        key: intruder,
        keys: issuer.keys.clone(),
    };
    for kid in [issuer.key.kid(), forged.key.kid()] {
        let header = issuer.header(|h| {
            h["jwk"] = jwk.clone();
            h["jku"] = json!("https://intruder.example/jwks.json");
            h["x5u"] = json!("https://intruder.example/x5u");
            h["x5c"] = json!(["AAAA"]);
            h["kid"] = json!(kid);
        });
        let code = forged
            .verify(&forged.token(&header, &claims().to_string()))
            .unwrap_err()
            .code();
        let expected = if kid == issuer.key.kid() {
            "signature_invalid"
        } else {
            "key_unknown"
        };
        assert_eq!(code, expected);
    }
}

#[test]
fn typ() {
    let issuer = Issuer::new();
    for same in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/At+Jwt",
    ] {
        let header = issuer.header(|h| h["typ"] = json!(same));
        issuer
            .verify(&issuer.token(&header, &claims().to_string()))
            .unwrap();
    }
    for other in [
        "JWT",
        "",
        "at+jwt ",
        "text/at+jwt",
        "application/application/at+jwt",
        "application/at+jwt; v=1",
        "application/",
        "application//at+jwt",
        "at\u{2b}jw\u{2c7}t",
        "at",
    ] {
        assert_eq!(
            issuer.header_refused(|h| h["typ"] = json!(other)),
            "typ_mismatch"
        );
    }
    let long =
        Validation::new(ISSUER, [AUDIENCE], [Algorithm::EdDSA], "application/AT+jwt").unwrap();
    let short = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    issuer.verify_with(&short, &long).unwrap();
    let absent = |h: &mut Value| drop(h.as_object_mut().unwrap().remove("typ"));
    assert_eq!(issuer.header_refused(absent), "typ_mismatch");
    let lenient = rules().dangerous_accept_absent_typ();
    let token = issuer.token(&issuer.header(absent), &claims().to_string());
    issuer.verify_with(&token, &lenient).unwrap();
    let other = issuer.token(
        &issuer.header(|h| h["typ"] = json!("JWT")),
        &claims().to_string(),
    );
    assert_eq!(
        issuer.verify_with(&other, &lenient).unwrap_err().code(),
        "typ_mismatch"
    );
}
