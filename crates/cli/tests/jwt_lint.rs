//! `symbolon jwt lint` with the real binary.

#[path = "support/program.rs"]
mod program;

use program::Program;
use serde_json::json;
use symbolon_jose::base64url;
use symbolon_testing::ServerSetup;

fn raw(header: &str, claims: &str, signature: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| base64url::encode(part.as_bytes()));
    format!("{header}.{claims}.{}", base64url::encode(signature))
}

#[test]
fn findings_say_what_why_and_how_to_mend_it() {
    let token = raw(r#"{"alg":"none"}"#, r#"{"email":"ann@mail.example"}"#, b"");
    for arguments in [&["jwt", "lint"][..], &["jwt", "lint", "-"]] {
        let run = Program::new().run_with(arguments, &format!("Bearer {token}\n"));
        assert_eq!((run.exit, run.stderr.as_str()), (1, ""), "{run:?}");
        for expected in [
            "token: ",
            "error   alg_none at header.alg: \"none\"",
            "personal_email at claims.email: an e-mail address",
            "fix: ",
        ] {
            assert!(run.stdout.contains(expected), "{expected}: {run:?}");
        }
        assert!(!run.all().contains("ann@mail"), "{run:?}");
        assert!(!run.all().contains(&token), "{run:?}");
        assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
    }
    let coloured = Program::new().variable("CLICOLOR_FORCE", "1");
    let run = coloured.run_with(&["jwt", "lint"], &token);
    assert!(run.stdout.contains('\u{1b}'), "{run:?}");
}

#[test]
fn json_is_one_document_and_the_kind_is_told_by_looking() {
    let program = Program::new();
    program.file("keys.json", r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#);
    program.file("metadata.json", r#"{"issuer":"https://id.example/"}"#);
    for (file, kind, code) in [
        ("keys.json", "jwks", "jwks_symmetric_key"),
        (
            "metadata.json",
            "metadata",
            "metadata_issuer_trailing_slash",
        ),
    ] {
        let run = program.run(&["--json", "jwt", "lint", file]);
        assert_eq!(run.exit, 1, "{run:?}");
        let report = run.json();
        let document = &report["documents"][0];
        assert_eq!(
            (&document["kind"], &document["source"]),
            (&json!(kind), &json!(file))
        );
        let findings = document["findings"].as_array().cloned().unwrap_or_default();
        let finding = findings.iter().find(|one| one["code"] == code);
        let finding = finding.cloned().unwrap_or_default();
        for member in ["severity", "at", "found", "why", "fix"] {
            assert!(finding[member].is_string(), "{member}: {run:?}");
        }
        assert!(report["errors"].as_u64() > Some(0), "{run:?}");
    }
    let run = program.run(&["--json", "jwt", "lint", "--kind", "token", "keys.json"]);
    assert_eq!(run.json()["documents"][0]["kind"], "token");
}

#[test]
fn a_list_of_words_is_tried_and_not_repeated() {
    let program = Program::new();
    program.file("words.txt", "one\ncorrect horse\n");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"correct horse");
    let input = raw(r#"{"alg":"HS256"}"#, "{}", b"");
    let input = input.trim_end_matches('.');
    let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
    let token = format!("{input}.{}", base64url::encode(tag.as_ref()));
    let run = program.run_with(&["jwt", "lint", "--secret-list", "words.txt"], &token);
    assert!(run.stdout.contains("word 2 of the list"), "{run:?}");
    assert!(!run.stdout.contains("correct horse"), "{run:?}");
}

#[test]
fn a_token_in_the_arguments_is_refused_and_not_repeated() {
    let token = raw(r#"{"alg":"none"}"#, "{}", b"canary");
    let run = Program::new().run(&["jwt", "lint", &token]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(!run.stderr.contains(&token), "{run:?}");
    let run = Program::new().run(&["jwt", "lint", "missing.json"]);
    assert_eq!(run.exit, 2, "{run:?}");
    let run = Program::new().run(&["jwt", "lint", "--issuer", "http://127.0.0.1:1"]);
    assert_eq!(run.exit, 3, "{run:?}");
}

/// What we serve and issue ourselves has nothing but notices.
#[tokio::test]
async fn our_own_server_is_clean() {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let api = server.api();
    api.register("ada").await;
    let login = api.log_in("ada").await;
    let program = Program::new();
    let run = program.run(&["--json", "jwt", "lint", "--issuer", &server.issuer()]);
    assert_eq!(run.exit, 0, "{run:?}");
    let report = run.json();
    assert_eq!(report["documents"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&report["errors"], &report["warnings"]),
        (&json!(0), &json!(0))
    );
    let run = program.run_with(&["jwt", "lint"], &login.access);
    assert_eq!(
        (run.exit, run.stdout.as_str()),
        (0, "token: nothing found\n")
    );
}
