//! `symbolon health`, as a container's health check calls it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Output;

use serde_json::{Value, json};
use symbolon_testing::{ServerProcess, ServerSetup};

fn health(server: &ServerProcess, arguments: &[&str]) -> Output {
    let mut command = server.command();
    command.arg("health").args(arguments).output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn a_server_is_ready_or_says_what_is_wrong_or_is_not_there() {
    let mut server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let url = server.ops_url("/readyz");
    let ready = (Some(0), format!("ready: {url}\n"));
    assert_eq!(said(&health(&server, &[])), ready);
    assert_eq!(said(&health(&server, &["--url", &url])), ready);

    server.limit_file_size(Some(0));
    let (exit, text) = said(&health(&server, &[]));
    assert_eq!(exit, Some(1), "{text}");
    assert!(
        text.starts_with(&format!("error: {url}: not ready: store_unavailable: ")),
        "{text}"
    );
    let output = health(&server, &["--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(document["ready"], json!(false));
    assert_eq!(document["problem"]["code"], "store_unavailable");
    server.limit_file_size(None);

    server.kill();
    let (exit, text) = said(&health(&server, &[]));
    assert_eq!(exit, Some(3), "{text}");
    assert!(text.starts_with(&format!("error: {url}: ")), "{text}");
}

#[tokio::test]
async fn who_listens_nowhere_cannot_be_asked() {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon")).prepare();
    let mut command = server.command();
    command.env("SYMBOLON_SERVER__OPS_LISTEN", "off");
    let (exit, text) = said(&command.arg("health").output().unwrap());
    assert_eq!(exit, Some(2), "{text}");
    assert!(text.contains("hint: turn it on"), "{text}");
}
