//! One forged or careless token per refusal; each must fail with its own code.
#![expect(clippy::unwrap_used, reason = "a test's own helpers may fail the test")]

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, KeySet, Signer, SigningKey, TokenError, Validation, ValidationError, VerifyError,
    VerifyingKey, base64url, decode, verify,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

/// An issuer whose private key the test may misuse.
struct Issuer {
    key: SigningKey,
    keys: KeySet,
}

impl Issuer {
    fn new() -> Self {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let keys = KeySet::from_keys([key.verifying_key()]).unwrap();
        Self { key, keys }
    }

    /// A truly signed token of these raw texts.
    fn token(&self, header: &str, payload: &str) -> String {
        let parts = [header, payload].map(|part| base64url::encode(part.as_bytes()));
        let input = parts.join(".");
        let signature = self.key.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url::encode(&signature))
    }

    fn header(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = json!({"alg": "EdDSA", "kid": self.key.kid(), "typ": "at+jwt"});
        change(&mut header);
        header.to_string()
    }

    fn verify(&self, token: &str) -> Result<Value, VerifyError> {
        self.verify_with(token, &rules())
    }

    fn verify_with(&self, token: &str, rules: &Validation) -> Result<Value, VerifyError> {
        // Twice: a remembered header must not change the verdict.
        let first = verify::<Value>(token, &self.keys, rules, NOW).map(|v| v.into_claims());
        let second = verify::<Value>(token, &self.keys, rules, NOW).map(|v| v.into_claims());
        assert_eq!(first, second);
        first
    }

    fn header_refused(&self, change: impl FnOnce(&mut Value)) -> &'static str {
        let token = self.token(&self.header(change), &claims().to_string());
        self.verify(&token).unwrap_err().code()
    }

    fn claims_refused(&self, change: impl FnOnce(&mut Value)) -> &'static str {
        self.claims_verdict(change).unwrap_err().code()
    }

    fn claims_verdict(&self, change: impl FnOnce(&mut Value)) -> Result<Value, VerifyError> {
        let mut claims = claims();
        change(&mut claims);
        self.verify(&self.token(&self.header(|_| ()), &claims.to_string()))
    }

    fn payload_refused(&self, payload: &str) -> &'static str {
        self.verify(&self.token(&self.header(|_| ()), payload))
            .unwrap_err()
            .code()
    }
}

fn rules() -> Validation {
    Validation::new(ISSUER, [AUDIENCE], [Algorithm::EdDSA], "at+jwt").unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "u", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300})
}

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
fn a_smaller_limit_is_obeyed() {
    let issuer = Issuer::new();
    let token = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    let exact = rules().with_max_token_bytes(token.len());
    issuer.verify_with(&token, &exact).unwrap();
    let less = rules().with_max_token_bytes(token.len() - 1);
    let (bytes, limit) = (token.len(), token.len() - 1);
    let expected = VerifyError::Token(TokenError::TooLarge { bytes, limit });
    assert_eq!(issuer.verify_with(&token, &less).unwrap_err(), expected);
}

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
fn keys_and_rules_are_shared_between_threads() {
    const fn shared<T: Send + Sync + Clone>() {}
    shared::<KeySet>();
    shared::<VerifyingKey>();
    shared::<SigningKey>();
    shared::<Signer>();
    shared::<Validation>();
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
    assert_eq!(
        issuer.header_refused(|h| h["b64"] = json!(true)),
        "b64_not_supported"
    );
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
        "at",
    ] {
        assert_eq!(
            issuer.header_refused(|h| h["typ"] = json!(other)),
            "typ_mismatch"
        );
    }
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
fn payload() {
    let issuer = Issuer::new();
    assert_eq!(issuer.payload_refused("[]"), "claims_not_object");
    assert_eq!(issuer.payload_refused("\"x\""), "claims_not_object");
    assert_eq!(issuer.payload_refused(""), "claims_malformed");
    assert_eq!(issuer.payload_refused("{} {}"), "claims_malformed");
    let twice = claims().to_string().replace('}', ",\"sub\":\"admin\"}");
    assert_eq!(issuer.payload_refused(&twice), "claims_duplicate_member");
    let deep = claims()
        .to_string()
        .replace('}', ",\"act\":{\"sub\":\"a\",\"s\\u0075b\":\"b\"}}");
    assert_eq!(issuer.payload_refused(&deep), "claims_duplicate_member");
}

#[test]
fn times() {
    let issuer = Issuer::new();
    let absent =
        |name: &'static str| move |c: &mut Value| drop(c.as_object_mut().unwrap().remove(name));
    assert_eq!(issuer.claims_refused(absent("exp")), "exp_missing");
    assert_eq!(issuer.claims_refused(absent("iat")), "iat_missing");
    assert_eq!(
        issuer.claims_refused(|c| c["exp"] = json!(NOW - 5)),
        "token_expired"
    );
    assert!(issuer.claims_verdict(|c| c["exp"] = json!(NOW - 4)).is_ok());
    assert_eq!(
        issuer.claims_refused(|c| c["nbf"] = json!(NOW + 6)),
        "token_not_yet_valid"
    );
    assert!(issuer.claims_verdict(|c| c["nbf"] = json!(NOW + 5)).is_ok());
    assert_eq!(
        issuer.claims_refused(|c| c["iat"] = json!(NOW + 61)),
        "issued_in_future"
    );
    assert!(
        issuer
            .claims_verdict(|c| c["iat"] = json!(NOW + 60))
            .is_ok()
    );
    for (claim, value) in [
        ("exp", json!("1900000000")),
        ("iat", json!(null)),
        ("nbf", json!(-1)),
    ] {
        assert_eq!(
            issuer.claims_refused(|c| c[claim] = value),
            "claims_malformed"
        );
    }
}

#[test]
fn time_rules_can_be_narrowed_but_not_opened() {
    let issuer = Issuer::new();
    let token = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    let short = rules().with_max_lifetime(299);
    let expected = VerifyError::LifetimeTooLong {
        seconds: 300,
        limit: 299,
    };
    assert_eq!(issuer.verify_with(&token, &short).unwrap_err(), expected);
    issuer
        .verify_with(&token, &rules().with_max_lifetime(300))
        .unwrap();
    assert_eq!(
        rules().with_leeway(61).unwrap_err(),
        ValidationError::LeewayTooLarge
    );
    assert_eq!(rules().with_leeway(60).unwrap().leeway(), 60);
    let mut without_iat = claims();
    without_iat.as_object_mut().unwrap().remove("iat");
    let token = issuer.token(&issuer.header(|_| ()), &without_iat.to_string());
    let lenient = rules().with_required_iat(false);
    issuer.verify_with(&token, &lenient).unwrap();
    let limited = lenient.with_max_lifetime(300);
    assert_eq!(
        issuer.verify_with(&token, &limited).unwrap_err(),
        VerifyError::IatMissing
    );
}

#[test]
fn every_now_is_survived() {
    let issuer = Issuer::new();
    let token = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    let at = |now| verify::<Value>(&token, &issuer.keys, &rules(), now).map(|_| ());
    assert_eq!(at(i64::MAX).unwrap_err().code(), "token_expired");
    assert_eq!(at(i64::MIN).unwrap_err().code(), "issued_in_future");
}

#[test]
fn issuer_and_audience() {
    let issuer = Issuer::new();
    let absent =
        |name: &'static str| move |c: &mut Value| drop(c.as_object_mut().unwrap().remove(name));
    assert_eq!(issuer.claims_refused(absent("iss")), "issuer_missing");
    assert_eq!(issuer.claims_refused(absent("aud")), "audience_missing");
    for other in [
        "https://id.example/",
        "https://ID.example",
        "",
        "https://id.exampl",
    ] {
        assert_eq!(
            issuer.claims_refused(|c| c["iss"] = json!(other)),
            "issuer_mismatch"
        );
    }
    for other in [
        json!([]),
        json!("other"),
        json!(["a", "b"]),
        json!("https://api.example/"),
    ] {
        assert_eq!(
            issuer.claims_refused(|c| c["aud"] = other),
            "audience_mismatch"
        );
    }
    assert!(
        issuer
            .claims_verdict(|c| c["aud"] = json!(["a", AUDIENCE]))
            .is_ok()
    );
    for wrong in [json!(1), json!([1]), json!({"a": 1}), json!(null)] {
        assert_eq!(
            issuer.claims_refused(|c| c["aud"] = wrong),
            "claims_malformed"
        );
    }
}

#[test]
fn a_verifier_without_issuer_audience_or_algorithm_cannot_be_built() {
    let build = |issuer: &str, audiences: &[&str], algorithms: &[Algorithm], typ: &str| {
        Validation::new(
            issuer,
            audiences.iter().copied(),
            algorithms.iter().copied(),
            typ,
        )
        .unwrap_err()
    };
    let eddsa = [Algorithm::EdDSA];
    assert_eq!(build("", &["a"], &eddsa, "t"), ValidationError::NoIssuer);
    assert_eq!(build("i", &[], &eddsa, "t"), ValidationError::NoAudience);
    assert_eq!(
        build("i", &["a", ""], &eddsa, "t"),
        ValidationError::NoAudience
    );
    assert_eq!(build("i", &["a"], &[], "t"), ValidationError::NoAlgorithm);
    assert_eq!(build("i", &["a"], &eddsa, ""), ValidationError::NoTyp);
}

#[test]
fn claims_that_do_not_fit_the_type_are_refused() {
    #[derive(Debug, serde::Deserialize)]
    struct Needs {
        #[expect(dead_code, reason = "it is there to be missing")]
        tenant: String,
    }
    let issuer = Issuer::new();
    let token = Signer::new(&issuer.key, "at+jwt").sign(&claims()).unwrap();
    let refused = verify::<Needs>(&token, &issuer.keys, &rules(), NOW).unwrap_err();
    assert_eq!(refused.code(), "claims_malformed");
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
