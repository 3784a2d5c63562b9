//! What the decoder says of a token is what the verifier says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use symbolon_decoder::{Request, report};
use symbolon_jose::{
    Algorithm, JwkSet, KeySet, Signer, SigningKey, TokenClaims, Validation, VerifyingKey,
    base64url, verify,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

struct Signed {
    token: String,
    jwk: String,
    set: String,
    keys: KeySet,
}

fn signed(alg: Algorithm, typ: &str) -> Signed {
    let key = SigningKey::generate(alg).unwrap();
    let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW + 300)
        .subject("u-1")
        .issued_at(NOW);
    let public = key.public_jwk();
    let set = JwkSet::new([public.clone()]).unwrap();
    Signed {
        token: Signer::new(&key, typ).sign(&claims).unwrap(),
        jwk: serde_json::to_string(&public).unwrap(),
        set: serde_json::to_string(&set).unwrap(),
        keys: KeySet::from_jwks(&set).unwrap(),
    }
}

fn request<'r>(token: &'r str, key: &'r str) -> Request<'r> {
    Request {
        token,
        key,
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: "at+jwt",
        now: NOW,
    }
}

fn line<'v>(report: &'v Value, check: &str) -> &'v Value {
    let lines = report["checks"].as_array().unwrap();
    lines.iter().find(|line| line["check"] == check).unwrap()
}

#[test]
fn a_good_token_is_accepted_with_a_key_and_with_a_set() {
    for alg in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384] {
        let signed = signed(alg, "at+jwt");
        for key in [&signed.jwk, &signed.set] {
            let report = report(&request(&signed.token, key));
            assert_eq!(
                report["verdict"]["outcome"], "accepted",
                "{alg}: {report:#}"
            );
            assert_eq!(report["missing"], json!([]));
            let lines = report["checks"].as_array().unwrap();
            assert!(
                lines
                    .iter()
                    .all(|line| line["outcome"] == "passed" && line["enforced"] == true),
                "{lines:#?}"
            );
        }
    }
}

#[test]
fn without_key_issuer_or_audience_there_is_no_verdict_and_the_other_checks_are_made() {
    let signed = signed(Algorithm::EdDSA, "at+jwt");
    let whole = request(&signed.token, &signed.jwk);
    for (request, missing, not_made) in [
        (Request { key: "", ..whole }, "key", "signature"),
        (
            Request {
                issuer: "",
                ..whole
            },
            "issuer",
            "iss",
        ),
        (
            Request {
                audience: "",
                ..whole
            },
            "audience",
            "aud",
        ),
    ] {
        let report = report(&request);
        assert_eq!(report["verdict"]["outcome"], "open", "{missing}");
        assert_eq!(report["missing"], json!([missing]));
        assert_eq!(line(&report, not_made)["outcome"], "not_made");
        assert_eq!(line(&report, "exp")["outcome"], "passed");
    }
}

#[test]
fn a_refusal_is_the_verifiers_and_what_follows_is_told_all_the_same() {
    let signed = signed(Algorithm::EdDSA, "at+jwt");
    let other = self::signed(Algorithm::EdDSA, "at+jwt");
    let cut = &signed.token[..signed.token.len() - 4];
    let whole = request(&signed.token, &signed.set);
    for request in [
        Request {
            token: cut,
            ..whole
        },
        Request {
            key: &other.set,
            ..whole
        },
        Request {
            issuer: "https://elsewhere.example",
            ..whole
        },
        Request {
            audience: "somebody",
            ..whole
        },
        Request {
            typ: "JWT",
            ..whole
        },
        Request {
            now: NOW + 305,
            ..whole
        },
        Request {
            now: NOW - 61,
            ..whole
        },
        Request {
            token: "a.b.c",
            ..whole
        },
    ] {
        let report = report(&request);
        assert_eq!(report["verdict"]["outcome"], "refused", "{report:#}");
        let keys = if request.key == signed.set {
            &signed.keys
        } else {
            &other.keys
        };
        let rules = Validation::new(
            request.issuer,
            [request.audience],
            [Algorithm::EdDSA],
            request.typ,
        );
        let refusal =
            verify::<Value>(request.token, keys, &rules.unwrap(), request.now).unwrap_err();
        assert_eq!(report["verdict"]["code"], refusal.code());
        let lines = report["checks"].as_array().unwrap();
        let failed = lines
            .iter()
            .find(|line| line["outcome"] == "failed")
            .unwrap();
        assert_eq!(failed["code"], refusal.code());
        assert_eq!(failed["enforced"], true);
        let after = lines.iter().skip_while(|line| *line != failed).skip(1);
        assert!(after.into_iter().all(|line| line["enforced"] == false));
    }
}

#[test]
fn id_tokens_need_no_typ() {
    let signed = signed(Algorithm::EdDSA, "JWT");
    let request = Request {
        typ: "JWT",
        ..request(&signed.token, &signed.jwk)
    };
    assert_eq!(report(&request)["verdict"]["outcome"], "accepted");
}

#[test]
fn a_shared_secret_verifies_hmac_and_a_public_key_never_does() {
    let signed = signed(Algorithm::EdDSA, "at+jwt");
    let [_, claims, _] = signed.token.split('.').collect::<Vec<_>>()[..] else {
        unreachable!("a token has three parts")
    };
    let header = base64url::encode(br#"{"alg":"HS256","typ":"at+jwt"}"#);
    let token = format!("{header}.{claims}.AAAA");
    let secret = format!(r#"{{"kty":"oct","k":"{}"}}"#, base64url::encode(&[7; 32]));
    assert!(VerifyingKey::hmac(&[7; 32], Algorithm::HS256).is_ok());
    let with_secret = report(&request(&token, &secret));
    assert_eq!(line(&with_secret, "algorithm")["outcome"], "passed");
    assert_eq!(line(&with_secret, "signature")["code"], "signature_invalid");
    let with_public = report(&request(&token, &signed.jwk));
    assert_eq!(with_public["verdict"]["code"], "alg_not_allowed");
}

#[test]
fn keys_that_cannot_be_used_are_told() {
    let signed = signed(Algorithm::EdDSA, "at+jwt");
    let state = |key: &str| report(&request(&signed.token, key))["key"].clone();
    assert_eq!(state("  ")["state"], "absent");
    assert_eq!(state("-----BEGIN PUBLIC KEY-----")["state"], "pem");
    for broken in [
        "{",
        "[]",
        r#"{"kty":"RSA"}"#,
        r#"{"keys":[{"kty":"oct","k":"AA"}]}"#,
    ] {
        assert_eq!(state(broken)["state"], "unusable", "{broken}");
    }
    let some = state(
        &signed
            .set
            .replace("\"keys\":[", "\"keys\":[{\"kty\":\"EC2\"},"),
    );
    assert_eq!(
        (&some["state"], &some["keys"], &some["skipped"]),
        (&json!("usable"), &json!(1), &json!(1))
    );
}

#[test]
fn a_broken_token_is_shown_as_far_as_it_goes() {
    let header = base64url::encode(br#"{"alg":"none","a":"<b>"}"#);
    let report = report(&request(&format!(" Bearer {header}.bm8"), ""));
    assert_eq!(report["decoded"], false);
    assert_eq!(report["code"], "token_malformed");
    assert_eq!(
        report["header"]["members"][1],
        json!({"name": "a", "json": "\"<b>\""})
    );
    assert_eq!(report["claims"], json!({"kind": "text", "text": "no"}));
    assert!(!report["findings"].as_array().unwrap().is_empty());
    assert!(report["oddities"].to_string().contains("two parts"));
}
