//! A server with an administrator's client, a verifier, and its data directory as something to copy.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use symbolon_jose::Algorithm;
use symbolon_testing::{
    Login, ServerProcess,
    administrator::{SECRET, setup},
};
use symbolon_verifier::{Status, Verifier};

/// Nothing takes that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with the accounts `alice` and `root`, an administrator.
pub(crate) async fn start() -> ServerProcess {
    let server = setup(env!("CARGO_BIN_EXE_symbolon"), "")
        .set("sessions.browser_idle", "12h")
        .start()
        .await;
    server.api().register("alice").await;
    server
}

/// Runs a command on its data directory.
pub(crate) fn run(server: &ServerProcess, arguments: &[&str]) -> Output {
    let mut command = server.command();
    command.args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

/// The same, which must succeed; what it says in JSON.
#[track_caller]
pub(crate) fn json_of(server: &ServerProcess, arguments: &[&str]) -> Value {
    let output = run(server, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A log-in for both credentials, its token for the verifiers' audience.
pub(crate) async fn log_in(server: &ServerProcess) -> Login {
    let body = json!({"credentials": ["cookie", "tokens"], "resource": "orders"});
    server.api().log_in_with("alice", &body).await
}

/// Ends a session, acknowledged.
pub(crate) async fn end(server: &ServerProcess, login: &Login) {
    let path = format!("/api/v1/sessions/{}", login.session);
    let call = server.api().delete(&path).cookie(&login.cookie);
    let _ = call.send().await.expect(200);
}

/// A verifier that the server knows by its client.
pub(crate) async fn verifier(server: &ServerProcess) -> Verifier {
    Verifier::builder(server.issuer())
        .audience("orders")
        .algorithms([Algorithm::ES256])
        .client("orders", SECRET)
        .wait(Duration::from_secs(1))
        .build()
        .await
        .unwrap()
}

/// Waits for a status.
pub(crate) async fn until(verifier: &Verifier, wanted: impl Fn(&Status) -> bool + Send) {
    let reached = verifier.wait_until(PATIENCE, wanted).await;
    assert!(reached, "{:?}", verifier.status());
}

/// Waits until it has the log of another epoch, up to its end.
pub(crate) async fn until_another_epoch(verifier: &Verifier, before: &Status) {
    until(verifier, |status| {
        status.live && status.epoch.is_some() && status.epoch != before.epoch
    })
    .await;
}

/// Why a token is refused, or `accepted`.
pub(crate) fn code(verifier: &Verifier, token: &str) -> &'static str {
    match verifier.verify(token) {
        Ok(_) => "accepted",
        Err(rejection) => rejection.reason().code(),
    }
}

/// Copies the files of a directory, sockets and the lock aside.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    restrict(to);
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() && entry.file_name() != "lock" {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Puts a copy in the place of a directory.
pub(crate) fn put_back(copied: &Path, data: &Path) {
    std::fs::remove_dir_all(data).unwrap();
    copy(copied, data);
}

fn restrict(directory: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let owner = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(directory, owner).unwrap();
}

/// The messages of errors in the server's log.
pub(crate) fn errors(server: &ServerProcess) -> Vec<String> {
    let lines = server.log_lines().into_iter();
    lines
        .filter(|line| line["level"] == "ERROR")
        .map(|line| line["message"].as_str().unwrap().to_owned())
        .collect()
}
