//! What claims may not say.

use serde_json::{Value, json};
use symbolon_jose::{Signer, ValidationError, VerifyError, verify};

use super::{AUDIENCE, ISSUER, Issuer, NOW, claims, rules};

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
        ("exp", json!(253_402_300_800_i64)),
        ("exp", json!(u64::MAX)),
        ("iat", json!("1800000000")),
        ("nbf", json!([NOW])),
    ] {
        assert_eq!(
            issuer.claims_refused(|c| c[claim] = value),
            "claims_malformed"
        );
    }
}

/// `exp` drops its fraction and `nbf` completes it: neither makes the token good for longer.
#[test]
fn fractions_count_against_the_token() {
    let issuer = Issuer::new();
    let strict = rules().with_leeway(0).unwrap();
    let verdict = |exp: &str, nbf: &str| {
        let payload = format!(
            r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","iat":{NOW},"exp":{exp},"nbf":{nbf}}}"#
        );
        let token = issuer.token(&issuer.header(|_| ()), &payload);
        let code = issuer
            .verify_with(&token, &strict)
            .map_err(|error| error.code());
        code.map(|_| ())
    };
    assert_eq!(verdict("1800000001.5", "1800000000.0"), Ok(()));
    assert_eq!(
        verdict("1800000000.999", "1800000000"),
        Err("token_expired")
    );
    assert_eq!(
        verdict("1800000000.9999999999999999e0", "0"),
        Err("token_expired")
    );
    assert_eq!(
        verdict("1800000009", "1800000000.001"),
        Err("token_not_yet_valid")
    );
    assert_eq!(verdict("18.00000009e8", "1.8e9"), Ok(()));
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
