//! Tables of requests that no decent client sends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use symbolon_testing::{Login, ServerProcess, ServerSetup, raw_http::Request};

use crate::database;

/// A server with an administrator who is logged in.
pub(crate) async fn server() -> (ServerProcess, Login) {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let api = server.api();
    api.register("alice").await;
    let made = server
        .command()
        .args(["accounts", "roles", "alice", "admin"])
        .output();
    assert!(made.unwrap().status.success());
    let login = api.log_in("alice").await;
    (server, login)
}

/// Whatever code: it depends on how much came at once who notices.
pub(crate) const ANY: &str = "*";

/// Sends each and compares status and code. An empty code: a page, or what the HTTP library answers
/// without a body to what is no HTTP or more than is read at all.
pub(crate) async fn check(server: &ServerProcess, cases: Vec<(&str, Request, u16, &str)>) {
    let count = || {
        database::rows(
            server,
            "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM sessions),
                    (SELECT count(*) FROM audit_events)",
        )
    };
    let before = count();
    let mut wrong = Vec::new();
    for (name, request, status, code) in cases {
        let answer = request.send(server.address()).await;
        let fits = code == ANY || answer.code() == code;
        // What is not ours has no request id.
        let is_ours = !answer.header("x-request-id").is_empty();
        assert_eq!(
            is_ours,
            answer.header("x-content-type-options") == "nosniff",
            "{name}"
        );
        if answer.status != status || !fits {
            wrong.push(format!("{name}: {status} {code:?} expected, {answer:?}"));
        } else if !answer.code().is_empty() {
            answer.check_problem();
        } else if !answer.body.is_empty() {
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
            assert!(
                answer.body.contains(answer.header("x-request-id")),
                "{name}"
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count(), before, "nothing was written");
    let _ = server.ops().get("/livez").send().await.expect(200);
    assert!(!server.log().contains("panicked"), "{}", server.log());
    let lines = server.log_lines();
    let broken = lines
        .iter()
        .find(|line| line["status"].as_u64() >= Some(500));
    assert!(broken.is_none(), "{broken:?}");
}
