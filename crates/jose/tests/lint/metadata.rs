//! Rules of an issuer's metadata.

use serde_json::{Value, json};
use symbolon_jose::lint::{self, Finding, Kind};

use crate::{codes, covers, found};

const ISSUER: &str = "https://id.example";

fn good() -> Value {
    let at = |path: &str| format!("{ISSUER}/{path}");
    json!({
        "issuer": ISSUER,
        "jwks_uri": at("jwks"),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": "HTTPS://id.example:443/token",
        "revocation_endpoint": at("revoke"),
        "symbolon_revocations_endpoint": at("revocations"),
        "response_types_supported": ["code", "code id_token"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["EdDSA", "RS256"],
    })
}

fn with(name: &str, value: Value) -> Vec<Finding> {
    let mut metadata = good();
    match value {
        Value::Null => drop(metadata.as_object_mut().unwrap().remove(name)),
        value => metadata[name] = value,
    }
    lint::metadata(&metadata.to_string(), Some(ISSUER))
}

#[test]
fn sound_metadata_has_no_finding() {
    assert_eq!(lint::metadata(&good().to_string(), Some(ISSUER)), []);
    assert_eq!(lint::metadata(&good().to_string(), None), []);
}

#[test]
fn every_rule_finds_what_it_is_for() {
    let malformed = lint::metadata("[]", None);
    assert_eq!(codes(&malformed), ["metadata_malformed"]);
    let twice = r#"{"issuer":"https://a.example","issuer":"https://b.example"}"#;
    found(
        &lint::metadata(twice, None),
        "metadata_duplicate_member",
        "issuer",
    );
    let mut tested = vec!["metadata_malformed", "metadata_duplicate_member"];
    for (code, at, value) in [
        ("metadata_issuer_missing", "issuer", Value::Null),
        (
            "metadata_issuer_mismatch",
            "issuer",
            json!("https://other.example"),
        ),
        (
            "metadata_issuer_trailing_slash",
            "issuer",
            json!("https://id.example/"),
        ),
        (
            "metadata_issuer_insecure",
            "issuer",
            json!("http://id.example"),
        ),
        (
            "metadata_issuer_form",
            "issuer",
            json!("https://id.example?a"),
        ),
        ("metadata_jwks_uri_missing", "jwks_uri", Value::Null),
        (
            "metadata_endpoint_insecure",
            "token_endpoint",
            json!("http://id.example/token"),
        ),
        (
            "metadata_endpoint_foreign",
            "token_endpoint",
            json!("https://b.example/token"),
        ),
        (
            "metadata_alg_none",
            "id_token_signing_alg_values_supported",
            json!(["none"]),
        ),
        (
            "metadata_alg_symmetric",
            "token_endpoint_auth_signing_alg_values_supported",
            json!(["HS256"]),
        ),
        (
            "metadata_implicit_flow",
            "response_types_supported",
            json!(["id_token token"]),
        ),
        (
            "metadata_implicit_flow",
            "grant_types_supported",
            json!(["implicit"]),
        ),
        (
            "metadata_password_grant",
            "grant_types_supported",
            json!(["password"]),
        ),
        (
            "metadata_pkce_missing",
            "code_challenge_methods_supported",
            Value::Null,
        ),
        (
            "metadata_pkce_plain",
            "code_challenge_methods_supported",
            json!(["S256", "plain"]),
        ),
        (
            "metadata_revocation_missing",
            "revocation_endpoint",
            Value::Null,
        ),
        (
            "metadata_revocation_log_missing",
            "symbolon_revocations_endpoint",
            Value::Null,
        ),
    ] {
        found(&with(at, value), code, at);
        tested.push(code);
    }
    covers(Kind::Metadata, tested);
}

#[test]
fn an_issuer_on_this_machine_may_be_http() {
    for issuer in [
        "http://localhost:8080",
        "http://127.0.0.1:1",
        "http://[::1]:1",
    ] {
        let text = good().to_string().replace(ISSUER, issuer);
        let text = text.replace("HTTPS://id.example:443", issuer);
        assert_eq!(lint::metadata(&text, Some(issuer)), [], "{issuer}");
    }
    for issuer in [
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
    ] {
        let findings = with("issuer", json!(issuer));
        found(&findings, "metadata_issuer_insecure", "issuer");
    }
}
