//! `/api/v1/admin` of the real server: over HTTP with an admin's token, over `admin.sock`, and on
//! the data directory of a server that does not run.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/database.rs"]
mod database;

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use symbolon_testing::{ServerProcess, ServerSetup, api::PASSWORD};

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

fn run(
    server: &ServerProcess,
    arguments: &[&str],
    variables: &[(&str, &str)],
    stdin: &str,
) -> Output {
    let mut child = server
        .command()
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs a command that must do well; its JSON document.
#[track_caller]
fn json_of(server: &ServerProcess, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let arguments = [&["--json"], arguments].concat();
    let output = run(server, &arguments, variables, &format!("{PASSWORD}\n"));
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must be refused; what it says.
#[track_caller]
fn refusal_of(server: &ServerProcess, arguments: &[&str], exit: i32) -> String {
    let output = run(server, arguments, &[], "");
    assert_eq!(
        output.status.code(),
        Some(exit),
        "{arguments:?}: {output:?}"
    );
    String::from_utf8(output.stderr).unwrap()
}

/// What an administrator does from a shell, wherever the server is.
#[track_caller]
fn administer(server: &ServerProcess, target: &[&str], variables: &[(&str, &str)]) {
    let command = |words: &[&str]| json_of(server, &[words, target].concat(), variables);
    let added = command(&[
        "accounts",
        "add",
        "--identifier",
        "Carol",
        "--role",
        "editor",
    ]);
    assert_eq!(added["roles"], json!(["editor"]));
    assert_eq!(added["identifiers"][0]["verified"], true);
    let id = added["id"].as_str().unwrap();
    let listed = command(&["accounts", "list"]);
    assert!(listed["accounts"].as_array().unwrap().contains(&added));
    let roles = command(&["accounts", "roles", "carol", "admin", "auditor"]);
    assert_eq!(roles["roles"], json!(["admin", "auditor"]));
    assert_eq!(
        command(&["accounts", "roles", id, "--none"])["roles"],
        json!([])
    );
    assert_eq!(
        command(&["sessions", "list", "carol"])["sessions"],
        json!([])
    );
    let disabled = command(&["accounts", "disable", "carol"]);
    assert_eq!(
        (&disabled["id"], &disabled["sessions_ended"]),
        (&added["id"], &json!(0))
    );
    assert_eq!(command(&["accounts", "enable", "CAROL"])["state"], "active");
    let keys = command(&["keys", "list"]);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    let rotated = command(&["keys", "rotate"]);
    assert_eq!(
        rotated["activated"],
        json!([]),
        "a new key waits for its readers"
    );
    assert_eq!(rotated["waiting"].as_array().unwrap().len(), 1);
    assert!(rotated["waiting"][0]["signs_from"].is_string());
}

#[tokio::test]
async fn the_command_line_administers_over_admin_sock() {
    let server = server().await;
    json_of(&server, &["accounts", "add", "--admin"], &[]);
    administer(&server, &[], &[]);
    let api = server.api();
    api.register("alice").await;
    let alice = api.log_in("alice").await;
    let listed = json_of(&server, &["sessions", "list", "alice"], &[]);
    assert_eq!(listed["sessions"][0]["id"], alice.session.as_str());
    let ended = json_of(&server, &["sessions", "end", &alice.session], &[]);
    assert_eq!(
        (&ended["sessions_ended"], &ended["grants_ended"]),
        (&json!(1), &json!(1))
    );
    api.me(&alice.cookie)
        .await
        .expect_problem(401, "revoked_session");
    let again = json_of(&server, &["sessions", "end", &alice.session], &[]);
    assert_eq!(again["sessions_ended"], 0, "there is nothing left to end");
    let unknown = ["sessions", "end", "01890a5d-ac96-774b-bcce-b302099a8057"];
    let unknown = refusal_of(&server, &unknown, 1);
    assert!(unknown.contains("(not_found)"), "{unknown}");
    let none = refusal_of(&server, &["accounts", "disable", "nobody"], 1);
    assert!(
        none.contains("not_found") || none.contains("no account"),
        "{none}"
    );
    let uid = rustix::process::geteuid().as_raw();
    let audit = database::rows(&server, "SELECT actor, action, target_id FROM audit_events");
    for action in [
        "account_created",
        "roles_changed",
        "account_disabled",
        "account_enabled",
        "key_added",
    ] {
        assert!(
            audit
                .iter()
                .any(|row| row[0] == format!("cli:{uid}") && row[1] == action),
            "{action}: {audit:?}"
        );
    }
    let ended = ["session_ended".to_owned(), alice.session];
    assert!(audit.iter().any(|row| row[1..] == ended), "{audit:?}");
}

#[tokio::test]
async fn the_command_line_administers_a_server_elsewhere_with_an_admins_token() {
    let server = server().await;
    json_of(&server, &["accounts", "add", "--admin"], &[]);
    let api = server.api();
    let admin = api.log_in("admin").await;
    let issuer = server.issuer();
    let target = ["--server", issuer.as_str()];
    administer(&server, &target, &[("SYMBOLON_ADMIN_TOKEN", &admin.access)]);
    let by = format!("account:{}", admin.account);
    let query = format!("SELECT action FROM audit_events WHERE actor = '{by}'");
    assert!(database::rows(&server, &query).len() >= 5);
    let missing = refusal_of(&server, &[&["keys", "list"], &target[..]].concat(), 2);
    assert!(missing.contains("SYMBOLON_ADMIN_TOKEN"), "{missing}");
    api.register("bob").await;
    let bob = api.log_in("bob").await;
    for (token, code) in [
        (bob.access.as_str(), "role_missing"),
        ("nonsense", "token_malformed"),
    ] {
        let list = [&["keys", "list"], &target[..]].concat();
        let output = run(&server, &list, &[("SYMBOLON_ADMIN_TOKEN", token)], "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(code) && output.stdout.is_empty(), "{said}");
    }
}

#[tokio::test]
async fn the_command_line_administers_the_data_directory_of_a_server_that_stopped() {
    let mut server = server().await;
    let api = server.api();
    api.register("alice").await;
    let alice = api.log_in("alice").await;
    assert!(server.terminate().success());
    json_of(&server, &["accounts", "add", "--admin"], &[]);
    administer(&server, &[], &[]);
    json_of(&server, &["accounts", "disable", "alice"], &[]);
    let uid = rustix::process::geteuid().as_raw();
    let query = "SELECT actor FROM audit_events WHERE action = 'account_disabled'";
    let actors: Vec<_> = database::rows(&server, query).concat();
    assert_eq!(actors, vec![format!("cli:{uid}"); 2]);
    server.start().await;
    api.me(&alice.cookie)
        .await
        .expect_problem(401, "revoked_session");
    api.me_by_token(&alice.access)
        .await
        .expect_problem(401, "revoked_session");
}

#[tokio::test]
async fn two_processes_never_share_a_data_directory() {
    let mut server = server().await;
    let other = run(
        &server,
        &["serve", "--listen", "127.0.0.1:0", "--ops-listen", "off"],
        &[],
        "",
    );
    assert_eq!(other.status.code(), Some(3), "{other:?}");
    let said = String::from_utf8(other.stderr).unwrap();
    assert!(said.contains("another symbolon process"), "{said}");
    // Without its socket the server runs all the same, so the directory is not free.
    std::fs::remove_file(server.data_dir().join("admin.sock")).unwrap();
    let said = refusal_of(&server, &["accounts", "list"], 3);
    assert!(said.contains("another symbolon process"), "{said}");
    // A killed one leaves its socket and no lock.
    server.kill();
    json_of(&server, &["accounts", "list"], &[]);
}

const ADMIN: &str = "/api/v1/admin";

#[tokio::test]
async fn only_administrators_are_let_in() {
    let server = server().await;
    let api = server.api();
    let id = api.register("bob").await;
    let bob = api.log_in("bob").await;
    for (method, path) in [
        ("GET", "/accounts".to_owned()),
        ("POST", "/accounts".to_owned()),
        ("GET", format!("/accounts/{id}")),
        ("POST", format!("/accounts/{id}/disable")),
        ("POST", format!("/accounts/{id}/enable")),
        ("PUT", format!("/accounts/{id}/roles")),
        ("GET", format!("/accounts/{id}/sessions")),
        ("DELETE", format!("/accounts/{id}/sessions")),
        ("DELETE", format!("/sessions/{}", bob.session)),
        ("GET", "/keys".to_owned()),
        ("POST", "/keys/rotate".to_owned()),
    ] {
        let call = || api.call(method.parse().unwrap(), &format!("{ADMIN}{path}"));
        let body = json!({"roles": ["admin"]});
        let nobody = call().json(&body).send().await;
        nobody.expect_problem(401, "credential_missing");
        for shown in [call().bearer(&bob.access), call().cookie(&bob.cookie)] {
            shown
                .json(&body)
                .send()
                .await
                .expect_problem(403, "role_missing");
        }
    }
    let _ = api.me(&bob.cookie).await.expect(200);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let server = server().await;
    let api = server.api();
    let admin = json_of(&server, &["accounts", "add", "--admin"], &[]);
    let id = admin["id"].as_str().unwrap();
    let token = api.log_in("admin").await.access;
    let disable = api
        .post(&format!("{ADMIN}/accounts/{id}/disable"))
        .bearer(&token);
    disable.send().await.expect_problem(409, "last_admin");
    let roles = api
        .put(&format!("{ADMIN}/accounts/{id}/roles"))
        .bearer(&token);
    let roles = roles.json(&json!({"roles": []})).send().await;
    roles.expect_problem(409, "last_admin");
    let said = refusal_of(&server, &["accounts", "disable", "admin"], 1);
    assert!(said.contains("(last_admin)"), "{said}");
    let _ = api.me_by_token(&token).await.expect(200);
    json_of(
        &server,
        &["accounts", "add", "--admin", "--identifier", "second"],
        &[],
    );
    json_of(&server, &["accounts", "disable", "admin"], &[]);
    let said = refusal_of(&server, &["accounts", "roles", "second", "--none"], 1);
    assert!(said.contains("(last_admin)"), "{said}");
}
