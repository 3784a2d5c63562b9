//! `symbolon jwt explain` with the real binary, against a real server.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "support/program.rs"]
mod program;

use program::{Program, Run};
use serde_json::{Value, json};
use symbolon_jose::base64url;
use symbolon_testing::{Login, ServerProcess, ServerSetup};

/// A server, and a token of it for "orders" with one scope.
struct World {
    server: ServerProcess,
    login: Login,
}

impl World {
    async fn new() -> Self {
        Self::of(ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))).await
    }

    async fn of(setup: ServerSetup) -> Self {
        let server = setup.start().await;
        let api = server.api();
        api.register("ada").await;
        let more = json!({
            "credentials": ["cookie", "tokens"],
            "resource": "orders",
            "scope": "orders:read",
        });
        let login = api.log_in_with("ada", &more).await;
        Self { server, login }
    }

    /// Explains for this audience at the server's own URL.
    fn explain(&self, token: &str, more: &[&str]) -> Run {
        let issuer = self.server.issuer();
        let mut arguments = vec!["jwt", "explain", "--audience", "orders"];
        if !more.contains(&"--issuer") {
            arguments.extend(["--issuer", &issuer]);
        }
        arguments.extend(more);
        Program::new().run_with(&arguments, token)
    }

    fn answer(&self, token: &str, more: &[&str]) -> Value {
        let mut arguments = vec!["--json"];
        arguments.extend(more);
        let run = self.explain(token, &arguments);
        assert_eq!(run.stderr, "", "{run:?}");
        let answer = run.json();
        let exit = match answer["accepted"].as_bool() {
            Some(accepted) => i32::from(!accepted),
            None => 3,
        };
        assert_eq!(run.exit, exit, "{run:?}");
        answer
    }

    /// Refused at this check with this code; what is before has passed, what is after was not
    /// enforced.
    #[track_caller]
    fn refused(&self, token: &str, more: &[&str], check: &str, code: &str) -> Value {
        let answer = self.answer(token, more);
        assert_eq!(answer["code"], code, "{answer:#}");
        let checks = answer["checks"].as_array().unwrap();
        let at = checks.iter().position(|one| one["check"] == check).unwrap();
        assert_eq!(checks[at]["outcome"], "failed", "{answer:#}");
        assert_eq!(checks[at]["code"], code, "{answer:#}");
        assert!(checks[at]["fix"].is_string(), "{answer:#}");
        let (before, after) = (&checks[..at], &checks[at + 1..]);
        let passed = |one: &Value| one["outcome"] == "passed" && one["enforced"] == true;
        assert!(before.iter().all(passed), "{answer:#}");
        assert!(
            after.iter().all(|one| one["enforced"] == false),
            "{answer:#}"
        );
        answer
    }

    /// The same token with another header or other claims, and the old signature.
    fn altered(&self, part: usize, change: impl FnOnce(&mut Value)) -> String {
        let mut parts: Vec<_> = self.login.access.split('.').map(str::to_owned).collect();
        let bytes = base64url::decode(&parts[part]).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        change(&mut value);
        parts[part] = base64url::encode(value.to_string().as_bytes());
        parts.join(".")
    }
}

fn outcome<'a>(answer: &'a Value, check: &str) -> &'a Value {
    let checks = answer["checks"].as_array().unwrap();
    let found = checks.iter().find(|one| one["check"] == check);
    &found.unwrap()["outcome"]
}

#[tokio::test]
async fn a_good_token_passes_every_check_in_order() {
    let world = World::new().await;
    let answer = world.answer(&world.login.access, &["--scope", "orders:read"]);
    assert_eq!(answer["accepted"], json!(true), "{answer:#}");
    assert_eq!(answer["revocation_checked"], json!(true), "{answer:#}");
    let checks = answer["checks"].as_array().unwrap();
    let names: Vec<_> = checks
        .iter()
        .map(|one| one["check"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "metadata",
            "keys",
            "shape",
            "header",
            "algorithm",
            "b64",
            "crit",
            "zip",
            "typ",
            "key",
            "key_algorithm",
            "signature",
            "claims",
            "exp",
            "nbf",
            "iat",
            "lifetime",
            "iss",
            "aud",
            "claims_type",
            "cnf",
            "revocation",
            "scope"
        ]
    );
    for one in checks {
        assert_eq!(
            (&one["outcome"], &one["enforced"]),
            (&json!("passed"), &json!(true))
        );
    }
    let run = world.explain(&world.login.access, &["--scope", "orders:read"]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
    assert!(run.stdout.starts_with("accepted\n"), "{run:?}");
    assert!(!run.stdout.contains(&world.login.access), "{run:?}");
}

#[tokio::test]
async fn each_refusal_is_told_where_it_happens() {
    let world = World::new().await;
    let token = &world.login.access;
    world.refused(
        token,
        &["--scope", "orders:write"],
        "scope",
        "insufficient_scope",
    );
    world.refused(
        token,
        &["--algorithm", "ES256"],
        "algorithm",
        "alg_not_allowed",
    );
    let forged = world.altered(1, |claims| claims["sub"] = json!("eve"));
    let answer = world.refused(&forged, &[], "signature", "signature_invalid");
    assert_eq!(outcome(&answer, "aud"), "passed");
    assert_eq!(outcome(&answer, "revocation"), "passed");
    let unknown = world.altered(0, |header| header["kid"] = json!("other"));
    let answer = world.refused(&unknown, &[], "key", "key_unknown");
    assert_eq!(outcome(&answer, "signature"), "not_checked");
    world.refused("hello", &[], "shape", "token_malformed");
    let run = world.explain(&forged, &["--scope", "orders:write"]);
    for expected in [
        "refused: signature_invalid",
        "FAILED      signature",
        "not enforced, because an earlier check failed:",
        "would pass  aud",
        "would fail  scope",
    ] {
        assert!(run.stdout.contains(expected), "{expected}: {run:?}");
    }
}

#[tokio::test]
async fn a_token_for_another_audience() {
    let world = World::new().await;
    let issuer = world.server.issuer();
    let run = Program::new().run_with(
        &[
            "jwt",
            "explain",
            "--issuer",
            &issuer,
            "--audience",
            "invoices",
        ],
        &world.login.access,
    );
    assert_eq!(run.exit, 1, "{run:?}");
    let line = "audience_mismatch: aud is orders, this verifier expects invoices";
    assert!(run.stdout.contains(line), "{run:?}");
}

#[tokio::test]
async fn another_name_of_the_same_server() {
    let world = World::new().await;
    let other = world.server.issuer().replace("127.0.0.1", "localhost");
    let answer = world.refused(
        &world.login.access,
        &["--issuer", &other],
        "metadata",
        "host_mismatch",
    );
    assert_eq!(outcome(&answer, "iss"), "failed");
    assert_eq!(outcome(&answer, "signature"), "not_checked");
    let run = world.explain(&world.login.access, &["--issuer", &other]);
    let line = format!(
        "issuer_mismatch: iss is {}, this verifier expects {other}",
        world.server.issuer()
    );
    assert!(run.stdout.contains(&line), "{run:?}");
}

#[tokio::test]
async fn a_session_that_was_ended() {
    let world = World::new().await;
    let path = format!("/api/v1/sessions/{}", world.login.session);
    let call = world.server.api().delete(&path);
    let _ = call.cookie(&world.login.cookie).send().await.expect(200);
    let answer = world.refused(&world.login.access, &[], "revocation", "revoked_session");
    assert_eq!(outcome(&answer, "scope"), "passed");
}

/// The key confusion of old: the public key as a shared secret.
#[tokio::test]
async fn the_public_key_taken_for_a_secret() {
    let world = World::new().await;
    let keys = world
        .server
        .api()
        .get("/.well-known/jwks.json")
        .send()
        .await;
    let key = base64url::decode(keys.json()["keys"][0]["x"].as_str().unwrap()).unwrap();
    let token = world.altered(0, |header| header["alg"] = json!("HS256"));
    let (input, _) = token.rsplit_once('.').unwrap();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
    let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
    let token = format!("{input}.{}", base64url::encode(tag.as_ref()));
    let answer = world.refused(&token, &[], "algorithm", "alg_not_allowed");
    assert_eq!(outcome(&answer, "key"), "passed");
    assert_eq!(outcome(&answer, "key_algorithm"), "failed");
}

#[tokio::test]
async fn without_the_log_it_does_not_say_that_a_token_is_good() {
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"));
    let world = World::of(setup.set("revocations.public", "false")).await;
    let answer = world.answer(&world.login.access, &[]);
    assert_eq!(answer["accepted"], Value::Null, "{answer:#}");
    assert_eq!(answer["revocation_checked"], json!(false), "{answer:#}");
    assert_eq!(outcome(&answer, "revocation"), "not_checked");
    assert_eq!(outcome(&answer, "signature"), "passed");
    let run = world.explain(&world.login.access, &[]);
    assert!(run.stdout.starts_with("undecided: "), "{run:?}");
    // What is wrong with it without the log is wrong.
    let forged = world.altered(1, |claims| claims["sub"] = json!("eve"));
    let answer = world.answer(&forged, &[]);
    assert_eq!(answer["code"], json!("signature_invalid"), "{answer:#}");
    let run = world.explain(&world.login.access, &["--client", "orders"]);
    assert_eq!(run.exit, 2, "{run:?}");
}

#[tokio::test]
async fn a_client_reads_a_log_that_is_not_public() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let hash = symbolon_jose::digest::sha256(SECRET.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let lists = format!(
        "[[resources]]\naudience = \"orders\"\nscopes = [\"orders:read\"]\n\
         [[clients]]\nid = \"reader\"\nsecret_sha256 = \"{hash}\"\nscopes = [\"revocations:read\"]\n"
    );
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"));
    let setup = setup.set("revocations.public", "false").lists(&lists);
    let world = World::of(setup).await;
    let issuer = world.server.issuer();
    let arguments = [
        "--json",
        "jwt",
        "explain",
        "--issuer",
        &issuer,
        "--audience",
        "orders",
    ];
    let program = Program::new().variable("SYMBOLON_CLIENT_SECRET", SECRET);
    program.file("secret", SECRET);
    let by_file = ["--client-secret-file", "secret"];
    for (program, more) in [(&program, &[][..]), (&program, &by_file)] {
        let arguments = [&arguments[..], &["--client", "reader"], more].concat();
        let run = program.run_with(&arguments, &world.login.access);
        assert_eq!(run.json()["revocation_checked"], json!(true), "{run:?}");
        assert!(!run.all().contains(SECRET), "{run:?}");
    }
    // Whoever looked and went is not waited for.
    let readers = world.server.metric("symbolon_revocation_readers", &[]);
    assert_eq!(readers.await, 0.0);
    // A clock that stands still does not go with a log that moves on.
    let more = ["--client", "reader", "--now", "5"];
    let run = program.run_with(&[&arguments[..], &more].concat(), &world.login.access);
    assert_eq!(run.exit, 2, "{run:?}");
}

#[test]
fn a_token_in_the_arguments_is_refused_and_not_repeated() {
    let arguments = [
        "jwt",
        "explain",
        "--issuer",
        "http://127.0.0.1:1",
        "--audience",
        "a",
    ];
    let run = Program::new().run(&[&arguments[..], &["e30.e30.canary"]].concat());
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(!run.stderr.contains("canary"), "{run:?}");
}

/// A key set in a file, and another time.
#[tokio::test]
async fn an_expired_token_with_the_keys_of_a_file() {
    let world = World::new().await;
    let keys = world
        .server
        .api()
        .get("/.well-known/jwks.json")
        .send()
        .await;
    let program = Program::new();
    program.file("jwks.json", &keys.body);
    let issuer = world.server.issuer();
    let mut arguments = vec!["--json", "jwt", "explain", "--audience", "orders"];
    arguments.extend(["--issuer", &issuer, "--jwks", "jwks.json"]);
    let answer = program.run_with(&arguments, &world.login.access).json();
    assert_eq!(answer["accepted"], json!(true), "{answer:#}");
    assert_eq!(answer["revocation_checked"], json!(false));
    arguments.extend(["--now", "4000000000"]);
    let run = program.run_with(&arguments, &world.login.access);
    let answer = run.json();
    assert_eq!((run.exit, &answer["code"]), (1, &json!("token_expired")));
    assert_eq!(outcome(&answer, "iss"), "passed");
}

/// A token of a server at home, looked at for one that is out of reach.
#[tokio::test]
async fn an_issuer_that_does_not_answer_leaves_what_can_be_said_without_it() {
    let world = World::new().await;
    let answer = world.answer(&world.login.access, &["--issuer", "http://127.0.0.1:1"]);
    assert_eq!(answer["accepted"], Value::Null, "{answer:#}");
    for check in ["metadata", "keys", "signature", "revocation"] {
        assert_eq!(outcome(&answer, check), "not_checked", "{answer:#}");
    }
    assert_eq!(outcome(&answer, "exp"), "passed");
    assert_eq!(outcome(&answer, "iss"), "failed");
    let run = world.explain(&world.login.access, &["--issuer", "http://127.0.0.1:1"]);
    let line = format!(
        "iss is {}, this verifier expects http://127.0.0.1:1",
        world.server.issuer()
    );
    assert!(run.stdout.starts_with("undecided: "), "{run:?}");
    assert!(run.stdout.contains(&line), "{run:?}");
}
