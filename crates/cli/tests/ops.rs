//! The ops listener of the real server, and the id by which a request is found again.

use serde_json::Value;
use symbolon_testing::{ServerProcess, ServerSetup};

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

/// Outcomes of one kind of authentication by their reason.
async fn outcomes(server: &ServerProcess, kind: &str, reason: &str) -> f64 {
    let labels = [("kind", kind), ("reason", reason)];
    server
        .metric("symbolon_authentications_total", &labels)
        .await
}

#[tokio::test]
async fn liveness_and_readiness_are_told_apart_from_the_public_surface() {
    let server = setup().start().await;
    for (path, body) in [("/livez", "ok\n"), ("/readyz", "ready\n")] {
        assert_eq!(server.ops().get(path).send().await.expect(200).body, body);
    }
    let metrics = server.ops().get("/metrics").send().await.expect(200);
    assert!(
        metrics
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    for path in ["/livez", "/readyz", "/metrics"] {
        let public = server.api().get(path).send().await;
        public.expect_problem(404, "not_found");
    }
    for path in [
        "/",
        "/login",
        "/api/v1/me",
        "/api/v1/admin/accounts",
        "/revocations",
    ] {
        let ops = server.ops().get(path).send().await;
        assert_eq!(
            (ops.status, ops.code().as_str()),
            (404, "not_found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_outcome_is_counted_under_its_reason() {
    let server = setup()
        .set("tokens.refresh_grace", "0s")
        .lists("[[resources]]\naudience = \"orders\"\n")
        .start()
        .await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let _ = api.try_log_in("alice", "wrong").await.expect(401);
    let _ = api.me(&login.cookie).await.expect(200);
    let unknown = format!("symbolon={}", "A".repeat(43));
    let _ = api.me(&unknown).await.expect(401);
    let _ = api.me_by_token(&login.access).await.expect(200);
    let _ = api.me_by_token("nonsense").await.expect(401);
    let next = api.refresh(&login.refresh).await.expect(200);
    let _ = api.refresh(&login.refresh).await.expect(401);
    let _ = api
        .me_by_token(&next.text("/access_token"))
        .await
        .expect(401);
    let _ = api.refresh("nonsense").await.expect(401);
    let forward = api.get("/authz/forward").cookie(&login.cookie);
    let _ = forward.send().await.expect(200);
    let _ = api
        .post("/api/v1/logout")
        .cookie(&login.cookie)
        .send()
        .await
        .expect(200);
    for (kind, reason, count) in [
        ("register", "ok", 1.0),
        ("login", "ok", 1.0),
        ("login", "bad_credentials", 1.0),
        ("session", "session_unknown", 1.0),
        ("token", "ok", 1.0),
        ("token", "token_malformed", 1.0),
        ("token", "revoked_grant", 1.0),
        ("refresh", "ok", 1.0),
        ("refresh", "refresh_reused", 1.0),
        ("refresh", "refresh_invalid", 1.0),
    ] {
        assert_eq!(
            outcomes(&server, kind, reason).await,
            count,
            "{kind} {reason}"
        );
    }
    // The page's check, the proxy's question and the log-out.
    assert_eq!(outcomes(&server, "session", "ok").await, 3.0);
    let ended = [("what", "session"), ("reason", "logout")];
    assert_eq!(server.metric("symbolon_ended_total", &ended).await, 1.0);
    assert_eq!(server.metric("symbolon_password_queue", &[]).await, 0.0);
    assert_eq!(server.metric("symbolon_revocation_head", &[]).await, 2.0);
    assert_eq!(server.metric("symbolon_revocation_entries", &[]).await, 2.0);
    let errors = [("code", "bad_credentials")];
    assert_eq!(
        server.metric("symbolon_http_errors_total", &errors).await,
        1.0
    );
    let forward = [("route", "/authz/forward"), ("status", "200")];
    assert_eq!(
        server
            .metric("symbolon_http_requests_total", &forward)
            .await,
        1.0
    );
    let name = "symbolon_http_request_duration_seconds_bucket";
    let buckets = [("route", "/api/v1/login"), ("le", "+Inf")];
    assert_eq!(server.metric(name, &buckets).await, 2.0);
}

#[tokio::test]
async fn an_expired_token_is_counted_as_such() {
    let server = setup().set("tokens.access_lifetime", "1s").start().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    // Its second and the leeway have to pass; nothing tells when but asking.
    let expired = async {
        while api.me_by_token(&login.access).await.code() != "token_expired" {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let limit = std::time::Duration::from_secs(30);
    tokio::time::timeout(limit, expired).await.unwrap();
    assert!(outcomes(&server, "token", "token_expired").await >= 1.0);
    let next = api
        .refresh(&login.refresh)
        .await
        .expect(200)
        .text("/access_token");
    let _ = api.me_by_token(&next).await.expect(200);
}

#[tokio::test]
async fn series_do_not_grow_with_what_clients_make_up() {
    let server = setup().start().await;
    let api = server.api();
    let series = async || {
        let metrics = server.ops().get("/metrics").send().await.body;
        metrics
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count()
    };
    let ask = async |number: usize| {
        let path = format!("/made/up/{number}");
        let _ = api.get(&path).send().await.expect(404);
        let method = format!("MADE{number}").parse().unwrap();
        let _ = api.call(method, "/login").send().await.expect(405);
        let path = format!("/api/v1/sessions/{number}");
        let _ = api.delete(&path).send().await.expect(401);
    };
    ask(0).await;
    let before = series().await;
    for number in 1..20 {
        ask(number).await;
    }
    assert_eq!(series().await, before);
}

#[tokio::test]
async fn a_request_is_found_in_the_log_by_its_id() {
    let server = setup().start().await;
    let api = server.api();
    let forged = api
        .get("/api/v1/me")
        .header("x-request-id", "chosen-outside");
    let answer = forged.send().await;
    let id = answer.text("/request_id");
    assert_eq!(answer.header("x-request-id"), id);
    assert_eq!(id.len(), 32);
    let page = api
        .get("/nowhere")
        .header("accept", "text/html")
        .send()
        .await;
    assert!(page.body.contains(page.header("x-request-id")), "{page:?}");
    let find = |id: &str| -> Vec<Value> {
        let lines = server.log_lines().into_iter();
        lines
            .filter(|line| line["request_id"] == id && line["message"] == "request")
            .collect()
    };
    let line = find(&id);
    assert_eq!(line.len(), 1);
    for (field, value) in [
        ("method", "GET"),
        ("route", "/api/v1/me"),
        ("code", "credential_missing"),
    ] {
        assert_eq!(line[0][field], value);
    }
    assert_eq!(line[0]["status"], 401);
    assert!(line[0]["micros"].is_u64());
    let line = find(page.header("x-request-id"));
    assert_eq!(
        (&line[0]["route"], &line[0]["code"]),
        (&"unmatched".into(), &"not_found".into())
    );
    assert!(!server.log().contains("chosen-outside"));
}

/// Whichever verb ends it.
#[tokio::test]
async fn what_a_log_in_ends_is_counted() {
    let server = setup().set("sessions.max_per_account", "2").start().await;
    let api = server.api();
    api.register("alice").await;
    let first = api.log_in("alice").await;
    let again =
        serde_json::json!({"identifier": "alice", "password": symbolon_testing::api::PASSWORD});
    let call = api.post("/api/v1/login").cookie(&first.cookie).json(&again);
    let _ = call.send().await.expect(200);
    for _ in 0..2 {
        let _ = api.log_in("alice").await;
    }
    for (what, reason, count) in [
        ("session", "cookie_renewed", 1.0),
        ("grant", "cookie_renewed", 1.0),
        ("session", "session_cap", 1.0),
        ("grant", "session_cap", 0.0),
    ] {
        let labels = [("what", what), ("reason", reason)];
        let counted = server.metric("symbolon_ended_total", &labels).await;
        assert_eq!(counted, count, "{what} {reason}");
    }
}
