//! Rules of a token.

use serde_json::{Value, json};
use symbolon_jose::{
    base64url,
    lint::{self, Finding, Kind},
};

use crate::{codes, covers, found};

const NOW: i64 = 1_800_000_000;

fn header() -> Value {
    let kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid})
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "orders", "sub": "Vdw5DnoQlE7K_qwHkZcIkg",
        "client_id": "web", "scope": "orders:read", "jti": "01890a5d-ac96-774b-bcce-b302099a8057",
        "iat": NOW - 10, "exp": NOW + 290, "auth_time": NOW - 60, "amr": ["pwd"],
        "email_verified": true, "act": {"sub": "x"},
    })
}

fn raw(header: &str, claims: &str, signature: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| base64url::encode(part.as_bytes()));
    format!("{header}.{claims}.{}", base64url::encode(signature))
}

fn lint(text: &str) -> Vec<Finding> {
    lint::token(text, NOW, &[])
}

fn with_header(name: &str, value: Value) -> String {
    let mut header = header();
    match value {
        Value::Null => drop(header.as_object_mut().unwrap().remove(name)),
        value => header[name] = value,
    }
    raw(&header.to_string(), &claims().to_string(), &[7; 64])
}

fn with_claim(name: &str, value: Value) -> String {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    raw(&header().to_string(), &claims.to_string(), &[7; 64])
}

#[test]
fn a_clean_token_has_no_finding() {
    let token = raw(&header().to_string(), &claims().to_string(), &[7; 64]);
    assert_eq!(lint(&token), []);
}

/// Code, where, and a token of which this is true.
fn cases() -> Vec<(&'static str, &'static str, String)> {
    let mut cases = vec![
        ("token_encrypted", "token", "e30.a.b.c.d".to_owned()),
        ("token_malformed", "token", "hello".to_owned()),
        ("token_malformed", "header", raw("{", "{}", b"")),
        ("token_malformed", "claims", raw("{}", "[1]", b"")),
        ("token_malformed", "signature", "e30.e30.A=".to_owned()),
        (
            "token_large",
            "token",
            with_claim("x", json!("y".repeat(4000))),
        ),
        (
            "token_oversized",
            "token",
            with_claim("x", json!("y".repeat(16_000))),
        ),
        (
            "header_duplicate_member",
            "header.alg",
            raw(r#"{"alg":"EdDSA","\u0061lg":"none"}"#, "{}", b""),
        ),
        (
            "claims_duplicate_member",
            "claims.a[1].sub",
            raw("{}", r#"{"a":[1,{"sub":1,"sub":2}]}"#, b""),
        ),
        (
            "signature_empty",
            "signature",
            raw(&header().to_string(), &claims().to_string(), b""),
        ),
        (
            "signature_length",
            "signature",
            raw(&header().to_string(), &claims().to_string(), &[7; 63]),
        ),
    ];
    let deep = (0..9).fold(json!(1), |value, _| json!([value]));
    cases.push(("claims_nested_deep", "claims", with_claim("x", deep)));
    for (code, at, name, value) in [
        ("alg_missing", "header.alg", "alg", Value::Null),
        ("alg_missing", "header.alg", "alg", json!(1)),
        ("alg_none", "header.alg", "alg", json!("nOnE")),
        ("alg_weak", "header.alg", "alg", json!("RS1")),
        ("alg_unknown", "header.alg", "alg", json!("ES256K")),
        ("alg_symmetric", "header.alg", "alg", json!("HS512")),
        ("alg_pkcs1", "header.alg", "alg", json!("RS256")),
        ("typ_missing", "header.typ", "typ", Value::Null),
        ("typ_generic", "header.typ", "typ", json!("JWT")),
        (
            "key_url_in_header",
            "header.jku",
            "jku",
            json!("https://a.example"),
        ),
        (
            "key_url_in_header",
            "header.x5u",
            "x5u",
            json!("https://a.example"),
        ),
        ("key_in_header", "header.jwk", "jwk", json!({})),
        ("key_in_header", "header.x5c", "x5c", json!([])),
        ("crit_present", "header.crit", "crit", json!([])),
        ("b64_present", "header.b64", "b64", json!(true)),
        ("zip_present", "header.zip", "zip", json!("DEF")),
        ("kid_missing", "header.kid", "kid", Value::Null),
        ("kid_missing", "header.kid", "kid", json!("")),
        ("kid_type", "header.kid", "kid", json!(7)),
        ("kid_path", "header.kid", "kid", json!("../../dev/null")),
        ("kid_path", "header.kid", "kid", json!("/etc/passwd")),
        ("kid_sql", "header.kid", "kid", json!("x' UNION SELECT 'k")),
        ("kid_url", "header.kid", "kid", json!("https://a.example/k")),
        ("kid_control_character", "header.kid", "kid", json!("a\nb")),
        ("kid_long", "header.kid", "kid", json!("k".repeat(129))),
    ] {
        cases.push((code, at, with_header(name, value)));
    }
    for (code, at, name, value) in [
        ("iss_missing", "claims.iss", "iss", Value::Null),
        (
            "iss_insecure",
            "claims.iss",
            "iss",
            json!("http://id.example"),
        ),
        ("aud_missing", "claims.aud", "aud", Value::Null),
        ("aud_empty", "claims.aud", "aud", json!([])),
        ("aud_empty", "claims.aud", "aud", json!("")),
        (
            "aud_wildcard",
            "claims.aud",
            "aud",
            json!(["https://*.example"]),
        ),
        ("aud_many", "claims.aud", "aud", json!(["a", "b", "c", "d"])),
        ("sub_missing", "claims.sub", "sub", Value::Null),
        ("jti_missing", "claims.jti", "jti", Value::Null),
        ("claim_type", "claims.sub", "sub", json!(7)),
        ("claim_type", "claims.aud", "aud", json!({"a": 1})),
        ("scope_array", "claims.scope", "scope", json!(["a"])),
        ("exp_missing", "claims.exp", "exp", Value::Null),
        ("iat_missing", "claims.iat", "iat", Value::Null),
        ("lifetime_long", "claims.exp", "exp", json!(NOW + 3_601)),
        (
            "lifetime_excessive",
            "claims.exp",
            "exp",
            json!(NOW + 86_401),
        ),
        ("token_expired", "claims.exp", "exp", json!(NOW)),
        ("nbf_in_future", "claims.nbf", "nbf", json!(NOW + 5)),
        ("iat_in_future", "claims.iat", "iat", json!(NOW + 61)),
        ("exp_before_iat", "claims.exp", "exp", json!(NOW - 10)),
        ("exp_before_nbf", "claims.exp", "nbf", json!(NOW + 290)),
        (
            "time_in_milliseconds",
            "claims.exp",
            "exp",
            json!(NOW * 1000),
        ),
        ("time_not_number", "claims.iat", "iat", json!("1800000000")),
        (
            "time_fractional",
            "claims.exp",
            "exp",
            json!(1_800_000_200.5),
        ),
        (
            "time_out_of_range",
            "claims.auth_time",
            "auth_time",
            json!(-1),
        ),
        ("personal_email", "claims.email", "email", json!("x")),
        (
            "personal_email",
            "claims.sub",
            "sub",
            json!("Ann <ann@mail.example>"),
        ),
        (
            "personal_email",
            "claims.user.contacts[1]",
            "user",
            json!({"contacts": ["x", "a@b.example"]}),
        ),
        (
            "personal_name",
            "claims.given_name",
            "given_name",
            json!("Ann"),
        ),
        (
            "personal_name",
            "claims.user.familyName",
            "user",
            json!({"familyName": "Lee"}),
        ),
        (
            "personal_phone",
            "claims.phone_number",
            "phone_number",
            json!("1"),
        ),
        (
            "personal_phone",
            "claims.x",
            "x",
            json!("+49 (30) 901820-12"),
        ),
        (
            "personal_birth_date",
            "claims.birthdate",
            "birthdate",
            json!("2000-01-01"),
        ),
        (
            "personal_address",
            "claims.address",
            "address",
            json!({"locality": "Ulm"}),
        ),
        ("personal_gender", "claims.gender", "gender", json!("x")),
        ("personal_id_number", "claims.ssn", "ssn", json!("1")),
        (
            "secret_in_claims",
            "claims.user.api_key",
            "user",
            json!({"api_key": "1"}),
        ),
        (
            "secret_in_claims",
            "claims.password",
            "password",
            json!("hunter2"),
        ),
        (
            "secret_value_in_claims",
            "claims.db",
            "db",
            json!("postgres://u:p@db/x"),
        ),
        (
            "secret_value_in_claims",
            "claims.t",
            "t",
            json!("eyJhbGciOiJub25lIn0.e30."),
        ),
    ] {
        cases.push((code, at, with_claim(name, value)));
    }
    cases
}

#[test]
fn every_rule_finds_what_it_is_for() {
    let cases = cases();
    for (code, at, token) in &cases {
        found(&lint(token), code, at);
    }
    // Its own file.
    let secret = ["secret_guessable"];
    covers(
        Kind::Token,
        cases.iter().map(|(code, ..)| *code).chain(secret),
    );
}

#[test]
fn one_fault_is_one_finding() {
    for (code, _, token) in cases() {
        let more = match code {
            // One fault that is wrong in two ways, and texts that are no token at all.
            "token_encrypted"
            | "token_malformed"
            | "alg_none"
            | "alg_symmetric"
            | "alg_pkcs1"
            | "header_duplicate_member"
            | "claims_duplicate_member"
            | "exp_before_iat"
            | "exp_before_nbf"
            | "time_in_milliseconds"
            | "iat_in_future"
            | "iss_insecure"
            | "kid_url" => continue,
            "token_expired" => &["token_expired"][..],
            _ => &[code],
        };
        assert_eq!(codes(&lint(&token)), more, "{code}");
    }
}

#[test]
fn what_is_harmless_is_left_alone() {
    for (name, value) in [
        ("email", json!("")),
        ("email_verified", json!(true)),
        ("phone_number_verified", json!(false)),
        ("x", json!("https://id.example/@ann")),
        ("x", json!("a@b")),
        ("x", json!("+1")),
        ("x", json!("v1.2.3")),
        ("aud", json!(["a", "b", "c"])),
        ("nbf", json!(NOW)),
        ("iat", json!(NOW + 60)),
    ] {
        assert_eq!(
            lint(&with_claim(name, value.clone())),
            [],
            "{name}: {value}"
        );
    }
    for kid in ["a/b+c==", "2024-01", "--", "https", "key.1"] {
        assert_eq!(lint(&with_header("kid", json!(kid))), [], "{kid}");
    }
    assert_eq!(lint(&with_header("typ", json!("application/at+jwt"))), []);
}

/// What is found is told by place: findings go into logs and tickets.
#[test]
fn no_finding_repeats_what_is_personal_or_secret() {
    for name in ["email", "password", "phone", "x"] {
        for value in ["ann@mail.example", "ghp_0123456789abcdef", "+4930901820"] {
            let findings = lint(&with_claim(name, json!(value)));
            assert!(!findings.is_empty(), "{name}: {value}");
            let all = serde_json::to_string(&findings).unwrap();
            assert!(!all.contains(value), "{all}");
        }
    }
}

#[test]
fn nothing_makes_it_panic() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for text in [
        "",
        ".",
        "..",
        "....",
        "é.ü.ñ",
        "A.A.A",
        "\u{202e}",
        "{\"a\":1}",
    ] {
        let _ = lint(text);
    }
    for claims in [
        deep.as_str(),
        "1e400",
        "{\"exp\":1e308}",
        "{\"exp\":-1e308,\"iat\":1e308}",
        "null",
    ] {
        let _ = lint(&raw("{}", claims, b"x"));
    }
}
