//! Receipts of the real server: what real verifiers have applied, who is behind, and who never
//! counts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{process::Output, time::Duration};

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, decode, digest};
use symbolon_testing::{Answer, Api, Login, ServerProcess, ServerSetup};
use symbolon_verifier::Verifier;
use tokio::task::{JoinHandle, JoinSet};

const CLIENTS: [&str; 3] = ["billing", "orders", "reports"];
/// Each client's.
const SECRET: &str = "reads-the-log";

async fn server() -> ServerProcess {
    let hash: String = digest::sha256(SECRET.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let clients = CLIENTS.map(|id| {
        format!(
            "[[clients]]\nid = \"{id}\"\nsecret_sha256 = \"{hash}\"\nscopes = [\"revocations:read\"]\n"
        )
    });
    let lists = format!("{}[[resources]]\naudience = \"api\"\n", clients.concat());
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"));
    setup.lists(&lists).start().await
}

async fn verifier(server: &ServerProcess, client: &str) -> Verifier {
    let builder = Verifier::builder(server.issuer())
        .audience("api")
        .algorithms([Algorithm::EdDSA])
        .client(client, SECRET);
    let verifier = builder.build().await.unwrap();
    assert!(verifier.wait_until_live(Duration::from_secs(20)).await);
    verifier
}

/// Alice, who may see which verifiers there are.
async fn admin(server: &ServerProcess, api: &Api) -> String {
    let account = api.register("alice").await;
    let (exit, out) = command(server, &["accounts", "roles", &account, "admin"]);
    assert_eq!(exit, 0, "{out}");
    account
}

/// A log-in for both credentials.
async fn log_in(api: &Api) -> Login {
    let body = json!({"credentials": ["cookie", "tokens"], "resource": "api"});
    api.log_in_with("alice", &body).await
}

async fn end(api: &Api, login: &Login, receipt: &str) -> Answer {
    let path = format!("/api/v1/sessions/{}{receipt}", login.session);
    api.delete(&path).cookie(&login.cookie).send().await
}

/// A poll by hand, of a reader that does not go on reading.
async fn poll(api: &Api, client: &str, query: &str) -> Answer {
    let mut call = api.get(&format!("/revocations?{query}"));
    if !client.is_empty() {
        let pair = base64_simd::STANDARD.encode_to_string(format!("{client}:{SECRET}"));
        call = call.header("authorization", format!("Basic {pair}"));
    }
    call.send().await
}

/// Whose last poll, at the log's end, waits for longer than the test needs; it never comes again.
async fn paused(api: &Api) -> JoinHandle<Answer> {
    let start = poll(api, "orders", "instance=paused").await.expect(200);
    let next = decode(&start.body).unwrap().untrusted_claims()["next"].clone();
    let waits = format!("instance=paused&wait=20&after={}", next.as_str().unwrap());
    let api = api.clone();
    tokio::spawn(async move { poll(&api, "orders", &waits).await })
}

fn command(server: &ServerProcess, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, .. } = server.command().args(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap())
}

/// The receipt's verifiers by client, with their states.
fn states(receipt: &Value) -> Vec<(String, String)> {
    let verifiers = receipt["verifiers"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    verifiers
        .map(|one| (text(&one["client"]), text(&one["state"])))
        .collect()
}

fn applied(clients: &[&str]) -> Vec<(String, String)> {
    let state = |client: &&str| ((*client).to_owned(), "applied".to_owned());
    clients.iter().map(state).collect()
}

#[tokio::test]
async fn what_a_receipt_says_is_applied_is_refused_there() {
    let server = server().await;
    let api = server.api();
    let mut verifiers = Vec::new();
    for client in CLIENTS {
        verifiers.push(verifier(&server, client).await);
    }
    assert_eq!(server.metric("symbolon_revocation_readers", &[]).await, 3.0);
    let account = admin(&server, &api).await;
    let login = log_in(&api).await;
    for verifier in &verifiers {
        verifier.verify(&login.access).unwrap();
    }
    let done = end(&api, &login, "?receipt=10s").await.expect(200).json();
    // Not one moment later.
    for verifier in &verifiers {
        let refused = verifier.verify(&login.access).unwrap_err();
        assert_eq!(refused.reason().code(), "revoked_session");
    }
    let receipt = &done["receipt"];
    assert_eq!(states(receipt), applied(&CLIENTS));
    assert_eq!(
        (&receipt["complete"], &receipt["reason"]),
        (&json!(true), &Value::Null)
    );
    let one = &receipt["verifiers"][0];
    assert!(one["after_ms"].as_i64().unwrap() <= receipt["waited_ms"].as_i64().unwrap());
    assert_eq!(one["instance"].as_str().unwrap().len(), 32);
    assert!(
        one["software"]
            .as_str()
            .unwrap()
            .starts_with("symbolon-verifier/")
    );
    let complete = [("outcome", "complete")];
    let name = "symbolon_receipt_duration_seconds_count";
    assert_eq!(server.metric(name, &complete).await, 1.0);
    // Nobody asked: nobody waits.
    let login = log_in(&api).await;
    let done = end(&api, &login, "").await.expect(200).json();
    assert!(done.get("receipt").is_none());
    // Whatever else ends or narrows something.
    let cookie = log_in(&api).await.cookie;
    let call = api.post("/api/v1/logout?receipt=10s").cookie(&cookie);
    let logged_out = call.send().await.expect(200).json();
    assert_eq!(states(&logged_out["receipt"]), applied(&CLIENTS));
    let cookie = log_in(&api).await.cookie;
    let call = api.delete("/api/v1/sessions?receipt=10s").cookie(&cookie);
    let nothing = call.send().await.expect(200).json();
    assert_eq!(nothing["receipt"]["complete"], true);
    let change = json!({"current": symbolon_testing::api::PASSWORD, "new": "another good one"});
    let call = api.post("/api/v1/password?receipt=10s").cookie(&cookie);
    let changed = call.json(&change).send().await.expect(200).json();
    assert_eq!(changed["receipt"]["complete"], true);
    assert_eq!(
        command(&server, &["accounts", "roles", &account, "admin"]).0,
        0
    );
}

/// Which services there are is none of a user's business.
#[tokio::test]
async fn a_user_is_told_how_many_and_not_who() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let login = log_in(&api).await;
    let _verifier = verifier(&server, "billing").await;
    let receipt = end(&api, &login, "?receipt=10s").await.expect(200).json()["receipt"].clone();
    assert_eq!(
        (
            &receipt["complete"],
            &receipt["applied"],
            &receipt["behind"]
        ),
        (&json!(true), &json!(1), &json!(0))
    );
    assert!(receipt.get("verifiers").is_none(), "{receipt}");
}

#[tokio::test]
async fn a_reader_that_does_not_read_on_is_behind() {
    let server = server().await;
    let api = server.api();
    admin(&server, &api).await;
    let verifier = verifier(&server, "billing").await;
    let login = log_in(&api).await;
    let paused = paused(&api).await;
    let receipt = end(&api, &login, "?receipt=0s").await.expect(200).json()["receipt"].clone();
    assert_eq!(
        (&receipt["complete"], &receipt["reason"]),
        (&json!(false), &json!("time_is_up"))
    );
    let verifiers = receipt["verifiers"].as_array().unwrap();
    assert_eq!(
        (verifiers.len(), &verifiers[1]["instance"]),
        (2, &json!("paused"))
    );
    assert_eq!(
        (&verifiers[1]["state"], &verifiers[1]["by"]),
        (&json!("behind"), &json!(1))
    );
    // The news came to it, but it has not said that it took them.
    let _ = paused.await.unwrap().expect(200);
    // The end did not wait.
    let refuses = |_: &symbolon_verifier::Status| verifier.verify(&login.access).is_err();
    assert!(verifier.wait_until(Duration::from_secs(20), refuses).await);
}

#[tokio::test]
async fn nobody_who_stays_anonymous_is_waited_for() {
    let server = server().await;
    let api = server.api();
    admin(&server, &api).await;
    let login = log_in(&api).await;
    let _ = poll(&api, "", "instance=anonymous").await.expect(200);
    let _ = poll(&api, "orders", "").await.expect(200);
    let receipt = end(&api, &login, "?receipt=10s").await.expect(200).json()["receipt"].clone();
    assert_eq!(
        (&receipt["complete"], &receipt["verifiers"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(server.metric("symbolon_revocation_readers", &[]).await, 0.0);
}

#[tokio::test]
async fn a_stop_answers_receipts_at_once() {
    let mut server = server().await;
    let api = server.api();
    api.register("alice").await;
    let login = log_in(&api).await;
    let paused = paused(&api).await;
    let waiting = {
        let (api, login) = (api.clone(), login.clone());
        tokio::spawn(async move { end(&api, &login, "?receipt=10s").await })
    };
    // The news are out, so what is left of the end is its receipt.
    let _ = paused.await.unwrap().expect(200);
    server.ask_to_stop();
    let receipt = waiting.await.unwrap().expect(200).json()["receipt"].clone();
    assert!(server.ended().await.success());
    assert_eq!(
        (&receipt["complete"], &receipt["reason"]),
        (&json!(false), &json!("stopping"))
    );
    server.start().await;
    let me = server.api().me(&login.cookie).await;
    me.expect_problem(401, "revoked_session");
}

/// The verifier still accepts for a moment, and nobody here knows of it.
#[tokio::test]
async fn a_server_that_was_just_started_again_does_not_say_that_all_have_applied_it() {
    let mut server = server().await;
    let api = server.api();
    admin(&server, &api).await;
    let verifier = verifier(&server, "billing").await;
    let (one, other) = (log_in(&api).await, log_in(&api).await);
    server.kill();
    server.start().await;
    let api = server.api();
    let receipt = end(&api, &one, "?receipt=0s").await.expect(200).json()["receipt"].clone();
    assert_eq!(
        (&receipt["complete"], &receipt["reason"]),
        (&json!(false), &json!("just_started"))
    );
    let (exit, out) = command(
        &server,
        &["revoke", "--session", &one.session, "--receipt=0s"],
    );
    assert!(exit == 1 && out.contains("not certain"), "{out}");
    let receipt = end(&api, &other, "?receipt=10s").await.expect(200).json()["receipt"].clone();
    assert_eq!(states(&receipt), applied(&["billing"]), "{receipt}");
    assert_eq!(receipt["complete"], true);
    assert!(verifier.verify(&other.access).is_err());
}

#[tokio::test]
async fn a_time_that_is_none_ends_nothing() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let login = log_in(&api).await;
    for bad in [
        "",
        "2",
        "11s",
        "1m",
        "-1s",
        "1.5s",
        "+1s",
        "s",
        "2s&receipt=2s",
    ] {
        let answer = end(&api, &login, &format!("?receipt={bad}")).await;
        answer.expect_problem(400, "query_invalid");
    }
    let _ = api.me(&login.cookie).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_receipts_at_once_are_all_complete() {
    let server = server().await;
    let api = server.api();
    admin(&server, &api).await;
    let _readers = [
        verifier(&server, "billing").await,
        verifier(&server, "orders").await,
    ];
    let mut ends = JoinSet::new();
    for _ in 0..64 {
        let login = log_in(&api).await;
        let api = api.clone();
        ends.spawn(async move { end(&api, &login, "?receipt=10s").await });
    }
    for answer in ends.join_all().await {
        let receipt = answer.expect(200).json()["receipt"].clone();
        assert_eq!(
            states(&receipt),
            applied(&["billing", "orders"]),
            "{receipt}"
        );
    }
}

/// The program is waited for on this thread, the verifier runs on others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_ends_anything_and_shows_the_receipt() {
    let mut server = server().await;
    let api = server.api();
    let account = api.register("alice").await;
    let login = log_in(&api).await;
    let orders = verifier(&server, "orders").await;
    orders.verify(&login.access).unwrap();
    let run = command(
        &server,
        &["revoke", "--session", &login.session, "--receipt=10s"],
    );
    assert_eq!(
        orders.verify(&login.access).unwrap_err().reason().code(),
        "revoked_session"
    );
    assert_eq!(run.0, 0, "{run:?}");
    let lines: Vec<_> = run.1.lines().collect();
    assert_eq!(lines[0], "ended 1 session, 1 grant");
    assert!(lines[2].trim_start().starts_with("orders#"), "{run:?}");
    assert!(
        lines[2].contains("applied after ") && lines[2].ends_with(" ms"),
        "{run:?}"
    );

    let login = log_in(&api).await;
    let jti = decode(&login.access).unwrap().untrusted_claims()["jti"].clone();
    for (flag, id, code) in [
        ("--token", jti.as_str().unwrap(), "revoked_token"),
        ("--grant", login.grant.as_str(), "revoked_grant"),
        ("--client", "first-party", "revoked_client"),
        ("--account", account.as_str(), "revoked_session"),
    ] {
        let (exit, out) = command(&server, &["--json", "revoke", flag, id, "--receipt=10s"]);
        let document: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (exit, &document["receipt"]["complete"]),
            (0, &json!(true)),
            "{out}"
        );
        let refused = orders.verify(&login.access).unwrap_err().reason().code();
        assert!(
            refused.starts_with("revoked_"),
            "{flag}: {refused}, wanted {code}"
        );
    }
    let keys = api.get("/.well-known/jwks.json").send().await.json();
    let kid = keys["keys"][0]["kid"].as_str().unwrap().to_owned();
    let (exit, out) = command(&server, &["revoke", "--key", &kid, "--receipt=10s"]);
    assert!(
        exit == 0 && out.contains(" is revoked, with all that it signed\n"),
        "{out}"
    );
    for (flag, id) in [
        ("--client", "nobody"),
        ("--key", &kid),
        ("--session", &account),
    ] {
        assert_eq!(command(&server, &["revoke", flag, id]).0, 1, "{flag}");
    }

    let unpaused = paused(&api).await;
    let grant = log_in(&api).await.grant;
    let (exit, out) = command(&server, &["revoke", "--grant", &grant, "--receipt=0s"]);
    assert_eq!(exit, 1, "{out}");
    assert!(
        out.contains("orders#paused") && out.contains("behind by 1 entry"),
        "{out}"
    );
    drop(unpaused);

    let session = log_in(&api).await.session;
    assert!(server.terminate().success());
    let (exit, out) = command(&server, &["sessions", "end", &session, "--receipt"]);
    assert_eq!(exit, 1);
    assert!(
        out.ends_with("no server runs: verifiers learn of it when one does\n"),
        "{out}"
    );
    let (exit, out) = command(&server, &["sessions", "end", &session]);
    assert!(exit == 0 && !out.contains("verifiers"), "{out}");
    for bad in [
        &["revoke"][..],
        &["revoke", "--grant", &grant, "--client", "orders"],
        &["revoke", "--client", "orders", "--receipt=11s"],
        &["revoke", "--session", "nonsense"],
    ] {
        assert_eq!(command(&server, bad).0, 2, "{bad:?}");
    }
}

#[tokio::test]
async fn a_next_key_names_the_verifiers_that_lack_it() {
    let server = server().await;
    let _orders = verifier(&server, "orders").await;
    let (exit, out) = command(&server, &["keys", "rotate"]);
    // It has fetched the keys before there was a next one, and says so with every poll.
    assert!(
        exit == 0 && out.contains("once these have fetched it: orders#"),
        "{out}"
    );
    let (_, listed) = command(&server, &["--json", "keys", "list"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let keys = listed["keys"].as_array().unwrap();
    let next = keys.iter().find(|key| key["state"] == "next").unwrap();
    assert_eq!(next["missing"][0]["client"], "orders");
    let active = keys.iter().find(|key| key["state"] == "active").unwrap();
    assert!(active.get("missing").is_none());
}
