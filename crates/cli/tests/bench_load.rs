//! `symbolon bench load` against the real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/program.rs"]
#[expect(dead_code, reason = "shared with other tests, which need more of it")]
mod program;

use program::{Program, Run};
use serde_json::Value;
use symbolon_testing::{ServerProcess, ServerSetup};

async fn server(registration: &str) -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("registration.open", registration)
        .start()
        .await
}

fn load(server: &ServerProcess, arguments: &[&str], stdin: &str) -> Run {
    let target = server.issuer();
    let given = ["bench", "load", "--target", &target, "--json"];
    Program::new().run_with(&[&given, arguments].concat(), stdin)
}

fn figure<'a>(document: &'a Value, name: &str) -> &'a Value {
    let figures = document["results"].as_array().unwrap();
    figures
        .iter()
        .find(|figure| figure["name"] == name)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_that_was_due_is_in_the_figures() {
    let server = server("true").await;
    let arguments = [
        "--rate=60",
        "--duration=3s",
        "--sessions=20",
        "--accounts=3",
        "--mix=login=1,check=6,refresh=3,revoke=1",
        "--check",
    ];
    let run = load(&server, &arguments, "");
    assert_eq!(run.exit, 0, "{run:?}");
    let document = run.json();
    assert_eq!(document["requests"], 180, "{document}");
    assert_eq!(document["errors"], 0);
    let mut due = 0;
    for name in ["load/login", "load/check", "load/refresh", "load/revoke"] {
        let figure = figure(&document, name);
        due += figure["requests"].as_u64().unwrap();
        let ms = |name: &str| figure[name].as_f64().unwrap();
        assert!(
            ms("p50_ms") > 0.0 && ms("p50_ms") <= ms("p99_ms"),
            "{figure}"
        );
        assert!(
            ms("p99_ms") <= ms("max_ms") && ms("ratio") >= 1.0,
            "{figure}"
        );
    }
    assert_eq!(due, 180);
    // What was counted here was counted there.
    let refreshed = server
        .metric(
            "symbolon_authentications_total",
            &[("kind", "refresh"), ("reason", "ok")],
        )
        .await;
    assert_eq!(
        Some(refreshed),
        figure(&document, "load/refresh")["requests"].as_f64()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_cannot_be_sent_is_an_error_with_its_code() {
    let server = server("false").await;
    let run = load(&server, &["--duration=1s"], "");
    assert_eq!(run.exit, 3, "{run:?}");
    assert!(run.stderr.contains("registration_closed"), "{run:?}");
    assert!(run.stderr.contains("--users"), "{run:?}");

    let run = load(
        &server,
        &["--duration=1s", "--users=-"],
        "nobody wrong words\n",
    );
    assert_eq!(run.exit, 3, "{run:?}");
    assert!(run.stderr.contains("401 bad_credentials"), "{run:?}");
}

#[test]
fn nothing_is_sent_where_a_password_must_not_go() {
    for (target, problem) in [
        ("http://id.example", "must be https"),
        ("ftp://localhost", "must be https"),
        ("no url", "invalid value"),
    ] {
        let run = Program::new().run(&["bench", "load", "--target", target]);
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(run.stderr.contains(problem), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_does_not_slow_the_requests_down() {
    let mut server = server("true").await;
    let target = server.issuer();
    let running = tokio::task::spawn_blocking(move || {
        let target = target.as_str();
        let arguments = ["bench", "load", "--json", "--rate=50", "--duration=3s"];
        let more = [
            "--mix=check=9,refresh=1",
            "--sessions=5",
            "--target",
            target,
        ];
        Program::new().run(&[&arguments[..], &more].concat())
    });
    let refreshed = [("kind", "refresh"), ("reason", "ok")];
    while server
        .metric("symbolon_authentications_total", &refreshed)
        .await
        < 2.0
    {
        tokio::task::yield_now().await;
    }
    server.kill();
    let run = running.await.unwrap();
    assert_eq!(run.exit, 0, "{run:?}");
    let document = run.json();
    assert_eq!(document["requests"], 150, "{document}");
    assert!(document["sent_rate"].as_f64().unwrap() > 49.0, "{document}");
    let errors = figure(&document, "load/check")["errors"]
        .as_object()
        .unwrap();
    assert!(errors.contains_key("connection"), "{document}");
}
