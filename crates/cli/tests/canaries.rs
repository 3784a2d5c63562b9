//! What people and programs send in confidence is written nowhere: not in the log, not in the
//! metrics, not in the audit trail.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/database.rs"]
mod database;

use serde_json::{Value, json};
use symbolon_jose::digest;
use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, raw_http::Request};

const NAME: &str = "canary-name-51";
const EMAIL: &str = "canary-mail-52@canary.example";
const FIRST: &str = "canary-password-53";
const SECOND: &str = "canary-password-54";
const DEVICE: &str = "canary-device-55";
const AGENT: &str = "canary-agent-56";
const REFERER: &str = "https://canary-referer-57.example/";
const FORWARDED: &str = "203.0.113.157";
const FORWARDED_6: &str = "2001:db8:51:52:53:54:55:56";
const QUERY: &str = "canary-query-58";
const PATH: &str = "canary-path-59";
const FIELD: &str = "canary-field-60";
const CLIENT_SECRET: &str = "canary-secret-61";
const SCOPE: &str = "canary-scope-62";

/// One request with everything in its headers that is nobody's business.
async fn send(
    api: &Api,
    method: &str,
    path: &str,
    credential: (&str, &str),
    body: Option<&Value>,
) -> Answer {
    let mut call = api
        .call(method.parse().unwrap(), path)
        .header("user-agent", AGENT)
        .header("referer", REFERER)
        .header("x-forwarded-for", format!("{FORWARDED_6}, {FORWARDED}"))
        .header("forwarded", format!("for={FORWARDED}"))
        .header("x-canary", "canary-header-63");
    if !credential.0.is_empty() {
        call = call.header(credential.0, credential.1);
    }
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

const NONE: (&str, &str) = ("", "");

/// Logs in with everything that can be said; what is issued goes among the canaries.
async fn log_in(api: &Api, password: &str, issued: &mut Vec<String>) -> (String, String, String) {
    let body = json!({
        "identifier": NAME, "password": password, "device": DEVICE,
        "credentials": ["cookie", "tokens"],
    });
    let login = send(api, "POST", "/api/v1/login", NONE, Some(&body))
        .await
        .expect(200)
        .login();
    let value = |pair: &str| pair.split_once('=').unwrap().1.to_owned();
    issued.extend([value(&login.cookie), value(&login.device)]);
    issued.extend([login.access.clone(), login.refresh.clone()]);
    (
        login.cookie,
        format!("Bearer {}", login.access),
        login.refresh,
    )
}

/// What goes well.
async fn succeed(api: &Api, issued: &mut Vec<String>) {
    for identifier in [NAME, EMAIL] {
        let body = json!({"identifier": identifier, "password": FIRST});
        let _ = send(api, "POST", "/api/v1/register", NONE, Some(&body))
            .await
            .expect(201);
    }
    let (cookie, bearer, refresh) = log_in(api, FIRST, issued).await;
    let _ = send(
        api,
        "GET",
        &format!("/api/v1/me?q={QUERY}"),
        ("cookie", &cookie),
        None,
    )
    .await
    .expect(200);
    let _ = send(
        api,
        "GET",
        "/api/v1/sessions",
        ("authorization", &bearer),
        None,
    )
    .await
    .expect(200);
    let _ = send(api, "GET", "/authz/forward", ("cookie", &cookie), None)
        .await
        .expect(200);
    let body = json!({"refresh_token": refresh});
    let next = send(api, "POST", "/api/v1/refresh", NONE, Some(&body))
        .await
        .expect(200);
    issued.extend([next.text("/access_token"), next.text("/refresh_token")]);
    // The window is over at once: this is a reuse.
    let _ = send(api, "POST", "/api/v1/refresh", NONE, Some(&body))
        .await
        .expect(401);
    let change = json!({"current": FIRST, "new": SECOND});
    let done = send(
        api,
        "POST",
        "/api/v1/password",
        ("cookie", &cookie),
        Some(&change),
    )
    .await
    .expect(200);
    let cookie = done.cookie("symbolon");
    issued.push(cookie.split_once('=').unwrap().1.to_owned());
    let _ = send(api, "POST", "/api/v1/logout", ("cookie", &cookie), None)
        .await
        .expect(200);
    let form = [
        ("identifier", NAME),
        ("password", SECOND),
        ("next", "/account?canary-query-58"),
    ];
    let page = api
        .post("/login")
        .header("user-agent", AGENT)
        .form(&form)
        .send()
        .await;
    let cookie = page.expect(303).cookie("symbolon");
    issued.push(cookie.split_once('=').unwrap().1.to_owned());
    let _ = send(api, "GET", "/account", ("cookie", &cookie), None)
        .await
        .expect(200);
}

/// What does not.
async fn fail(api: &Api, server: &ServerProcess) {
    let planted = format!("symbolon={}", "Q".repeat(43));
    let basic = "Basic Y2FuYXJ5LWNsaWVudDpjYW5hcnktc2VjcmV0LTYx";
    let login = |password: &str| json!({"identifier": NAME, "password": password});
    let wrong = format!("{FIRST}-wrong");
    let mut with_scope = login(SECOND);
    with_scope["credentials"] = json!(["tokens"]);
    with_scope["scope"] = json!(SCOPE);
    let cases = [
        ("POST", "/api/v1/login".to_owned(), NONE, login(&wrong), 401),
        (
            "POST",
            "/api/v1/login".into(),
            NONE,
            json!({"identifier": EMAIL, "password": wrong}),
            401,
        ),
        (
            "POST",
            "/api/v1/login".into(),
            NONE,
            json!({"identifier": NAME, "password": FIRST, FIELD: FIELD}),
            422,
        ),
        (
            "POST",
            "/api/v1/login".into(),
            NONE,
            json!({"identifier": [NAME], "password": FIRST}),
            422,
        ),
        ("POST", "/api/v1/login".into(), NONE, with_scope, 422),
        (
            "POST",
            "/api/v1/register".into(),
            NONE,
            json!({"identifier": NAME, "password": FIRST}),
            409,
        ),
        (
            "GET",
            "/api/v1/me".into(),
            ("cookie", planted.as_str()),
            Value::Null,
            401,
        ),
        (
            "GET",
            "/api/v1/me".into(),
            ("cookie", "symbolon=canary-cookie-64"),
            Value::Null,
            401,
        ),
        (
            "GET",
            "/api/v1/me".into(),
            ("authorization", "Bearer canary.bearer.65"),
            Value::Null,
            401,
        ),
        (
            "GET",
            "/api/v1/me".into(),
            ("authorization", "Bearer canary authorization 66"),
            Value::Null,
            400,
        ),
        (
            "GET",
            "/api/v1/me".into(),
            ("authorization", "canary-scheme-67 x"),
            Value::Null,
            401,
        ),
        (
            "GET",
            "/revocations".into(),
            ("authorization", basic),
            Value::Null,
            401,
        ),
        (
            "GET",
            format!("/revocations?after={QUERY}"),
            NONE,
            Value::Null,
            400,
        ),
        (
            "GET",
            format!("/{PATH}?code={QUERY}"),
            NONE,
            Value::Null,
            404,
        ),
        (
            "DELETE",
            format!("/api/v1/sessions/{PATH}"),
            ("cookie", planted.as_str()),
            Value::Null,
            401,
        ),
        (
            "POST",
            "/api/v1/refresh".into(),
            NONE,
            json!({"refresh_token": "srt1.canary-refresh-68"}),
            401,
        ),
        (
            "GET",
            "/authz/forward".into(),
            ("cookie", planted.as_str()),
            Value::Null,
            401,
        ),
        (
            "GET",
            "/authz/forward".into(),
            ("authorization", "Bearer canary.bearer.65"),
            Value::Null,
            401,
        ),
    ];
    for (method, path, credential, body, status) in cases {
        let answer = send(api, method, &path, credential, Some(&body)).await;
        assert_eq!(answer.status, status, "{method} {path} {answer:?}");
    }
    let setup = [
        ("code", "canary-code-69"),
        ("identifier", NAME),
        ("password", FIRST),
    ];
    let _ = api.post("/setup").form(&setup).send().await.expect(403);
    let address = server.address();
    for request in [
        Request::new(&format!("GET /{PATH}")).host(Some("canary-host-70.example")),
        Request::new(&format!("GET /{PATH}")).header("canary header 71", "x"),
        Request::new("canary-nonsense-72"),
        Request::json("/api/v1/login", "{\"identifier\": canary-json-73}"),
    ] {
        let answer = request.send(address).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
}

#[tokio::test]
async fn nothing_confidential_is_written_down() {
    let hash: String = digest::sha256(b"another")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let clients = format!(
        "[[clients]]\nid = \"reader\"\nsecret_sha256 = \"{hash}\"\nscopes = [\"revocations:read\"]\n"
    );
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("log.level", "trace")
        .set("tokens.refresh_grace", "0s")
        .set("server.trusted_proxies", "127.0.0.1/32")
        .lists(&clients)
        .start()
        .await;
    let api = server.api();
    let code = std::fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    let mut canaries = vec![code.trim().to_owned()];
    succeed(&api, &mut canaries).await;
    fail(&api, &server).await;
    for secret in [
        FIRST,
        SECOND,
        DEVICE,
        AGENT,
        FORWARDED,
        FORWARDED_6,
        "canary",
        CLIENT_SECRET,
    ] {
        canaries.push(secret.to_owned());
    }
    canaries.extend(["Q".repeat(43), "Y2FuYXJ5".to_owned()]);

    let metrics = server.ops().get("/metrics").send().await.expect(200).body;
    let audit = database::rows(&server, "SELECT * FROM audit_events");
    let log = server.log();
    for (place, text) in [
        ("log", &log),
        ("metrics", &metrics),
        ("audit", &format!("{audit:?}")),
    ] {
        for canary in &canaries {
            let found = text.lines().find(|line| line.contains(canary.as_str()));
            assert!(found.is_none(), "{canary} is in the {place}: {found:?}");
        }
    }
    assert!(audit.len() >= 4, "{audit:?}");
    assert_told(&server);
    // Sessions remember a truncated address alone.
    let ips = database::rows(
        &server,
        "SELECT DISTINCT ip FROM sessions WHERE ip IS NOT NULL",
    );
    assert!(ips.concat().contains(&"203.0.113.0".to_owned()), "{ips:?}");
    assert!(!ips.concat().contains(&FORWARDED.to_owned()));
}

/// The log says what happened all the same: by request id, route and code, a line each.
fn assert_told(server: &ServerProcess) {
    let lines = server.log_lines();
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "request")
        .collect();
    for line in &told {
        assert_eq!(
            line["request_id"].as_str().map(str::len),
            Some(32),
            "{line}"
        );
    }
    for (route, code) in [
        ("/api/v1/login", ""),
        ("/api/v1/login", "bad_credentials"),
        ("/api/v1/login", "body_invalid"),
        ("/api/v1/login", "json_malformed"),
        ("/api/v1/login", "invalid_scope"),
        ("/api/v1/register", "identifier_taken"),
        ("/api/v1/me", "session_unknown"),
        ("/api/v1/me", "cookie_malformed"),
        ("/api/v1/me", "token_malformed"),
        ("/api/v1/me", "authorization_malformed"),
        ("/api/v1/refresh", "refresh_reused"),
        ("/api/v1/refresh", "refresh_invalid"),
        ("/revocations", "client_unauthorized"),
        ("/authz/forward", "session_unknown"),
        ("/setup", "setup_code_wrong"),
        ("unmatched", "not_found"),
        ("unmatched", "host_mismatch"),
    ] {
        let found = told
            .iter()
            .any(|line| line["route"] == route && line["code"] == code);
        assert!(found, "{route} {code}");
    }
}
