//! `/api/v1/register` and `/login` of the real server.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, api::PASSWORD};

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

async fn server() -> ServerProcess {
    setup().start().await
}

async fn log_in(api: &Api, body: Value) -> Answer {
    api.post("/api/v1/login").json(&body).send().await
}

#[tokio::test]
async fn registration_is_closed_unless_it_is_opened() {
    let server = setup().set("registration.open", "false").start().await;
    let body = json!({"identifier": "alice", "password": PASSWORD});
    let answer = server
        .api()
        .post("/api/v1/register")
        .json(&body)
        .send()
        .await;
    answer.expect_problem(409, "registration_closed");
}

#[tokio::test]
async fn an_account_is_registered_once() {
    let server = server().await;
    let api = server.api();
    let register = async |identifier: &str, password: &str| {
        let body = json!({"identifier": identifier, "password": password});
        api.post("/api/v1/register").json(&body).send().await
    };
    let account = register("Alice", PASSWORD).await.expect(201).json();
    assert_eq!(account["state"], "active");
    assert_eq!(account["roles"], json!([]));
    assert_eq!(account["identifiers"][0]["value"], "Alice");
    assert_ne!(account["subject"], account["id"]);
    // Other case, other form, spaces around: the same name.
    for taken in ["Alice", "alice", " ALICE ", "\u{ff21}lice"] {
        register(taken, PASSWORD)
            .await
            .expect_problem(409, "identifier_taken");
    }
    for (identifier, password, code) in [
        ("", PASSWORD, "identifier_invalid"),
        ("two words", PASSWORD, "identifier_invalid"),
        ("nul\0", PASSWORD, "identifier_invalid"),
        ("bob", "short", "password_too_short"),
        ("bob", &"x".repeat(1025), "password_too_long"),
    ] {
        register(identifier, password)
            .await
            .expect_problem(422, code);
    }
}

#[tokio::test]
async fn a_log_in_gives_what_was_asked_for() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let base = json!({"identifier": "alice", "password": PASSWORD});
    let with = |more: Value| {
        let mut body = base.clone();
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    let cookie = log_in(&api, base.clone()).await.expect(200);
    assert!(cookie.json().get("tokens").is_none());
    assert_eq!(cookie.text("/session/kind"), "browser");
    let set = cookie.set_cookies();
    let session = set
        .iter()
        .find(|line| line.starts_with("symbolon="))
        .map_or("", |v| v);
    assert_eq!(
        session.split_once("; ").map(|(_, rest)| rest),
        Some("Path=/; HttpOnly; SameSite=Lax"),
        "plain http: neither the prefix nor Secure"
    );
    assert_eq!(session.split(['=', ';']).nth(1).map(str::len), Some(43));
    assert_eq!(cookie.header("cache-control"), "no-store");

    let tokens = log_in(&api, with(json!({"credentials": ["tokens"]})))
        .await
        .expect(200);
    assert_eq!(tokens.cookie("symbolon"), "");
    assert_eq!(tokens.text("/session/kind"), "token");
    assert_eq!(tokens.text("/tokens/token_type"), "Bearer");
    assert_eq!(tokens.json()["tokens"]["expires_in"], 300);
    assert_eq!(tokens.text("/tokens/session"), tokens.text("/session/id"));

    let both = with(json!({"credentials": ["cookie", "tokens"], "resource": "orders"}));
    let both = log_in(&api, both).await.expect(200);
    assert_eq!(both.text("/tokens/scope"), "orders:read");
    assert!(!both.login().cookie.is_empty() && !both.login().access.is_empty());

    let offline = with(json!({
        "credentials": ["tokens"], "resource": "orders", "scope": "orders:read offline_access",
    }));
    let offline = log_in(&api, offline).await.expect(200).json();
    assert!(offline["tokens"].get("session").is_none(), "{offline}");

    for (more, code) in [
        (json!({"credentials": []}), "credentials_empty"),
        (json!({"credentials": ["keys"]}), "body_invalid"),
        (
            json!({"credentials": ["tokens"], "resource": "nothing"}),
            "invalid_target",
        ),
        (
            json!({"credentials": ["tokens"], "scope": "orders:read"}),
            "invalid_scope",
        ),
        (
            json!({"credentials": ["tokens"], "resource": "orders", "scope": "orders:write"}),
            "invalid_scope",
        ),
    ] {
        log_in(&api, with(more)).await.expect_problem(422, code);
    }
}

/// Everything of an answer but what differs from request to request.
fn comparable(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let varying = ["x-request-id", "date"];
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !varying.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .collect();
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    (answer.status, headers, body)
}

#[tokio::test]
async fn an_unknown_account_is_answered_as_a_wrong_password() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let admin = server
        .command()
        .args(["accounts", "add", "--no-password", "--identifier", "carol"])
        .output();
    assert!(admin.is_ok_and(|output| output.status.success()));
    let wrong = api.try_log_in("alice", "wrong").await;
    wrong.expect_problem(401, "bad_credentials");
    let long = "x".repeat(5_000);
    for (identifier, password) in [
        ("nobody", "wrong"),
        ("nobody@example.com", "wrong"),
        ("no body \u{202e}", "wrong"),
        ("carol", "wrong"),
        ("carol", ""),
        ("alice", &long),
    ] {
        let answer = api.try_log_in(identifier, password).await;
        assert_eq!(comparable(&answer), comparable(&wrong), "{identifier}");
    }
    assert_eq!(
        server
            .metric(
                "symbolon_authentications_total",
                &[("kind", "login"), ("reason", "bad_credentials")]
            )
            .await,
        7.0
    );
    assert!(wrong.set_cookies().is_empty());
}

#[tokio::test]
async fn a_disabled_account_is_told_only_to_who_knows_its_password() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let disabled = server
        .command()
        .args(["accounts", "disable", "alice"])
        .output();
    assert!(disabled.is_ok_and(|output| output.status.success()));
    let answer = api.try_log_in("alice", PASSWORD).await;
    answer.expect_problem(403, "account_disabled");
    assert!(answer.set_cookies().is_empty());
    api.try_log_in("alice", "wrong")
        .await
        .expect_problem(401, "bad_credentials");
}

#[tokio::test]
async fn a_planted_cookie_is_never_adopted() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    api.register("mallory").await;
    let log_in = async |cookie: &str| {
        let body = json!({"identifier": "alice", "password": PASSWORD});
        api.post("/api/v1/login")
            .cookie(cookie)
            .json(&body)
            .send()
            .await
    };
    let planted = format!("symbolon={}", "A".repeat(43));
    let fresh = log_in(&planted).await.expect(200).login();
    assert_ne!(fresh.cookie, planted);
    let _ = api.me(&fresh.cookie).await.expect(200);
    api.me(&planted)
        .await
        .expect_problem(401, "session_unknown");

    // A genuine one of somebody else's session: that session ends, its value opens nothing more.
    let mallory = api.log_in("mallory").await;
    let alice = log_in(&mallory.cookie).await.expect(200).login();
    assert_ne!(alice.cookie, mallory.cookie);
    assert_eq!(api.me(&mallory.cookie).await.status, 401);
    api.me_by_token(&mallory.access)
        .await
        .expect_problem(401, "revoked_session");

    // The same account's again: a new value, the old one dead.
    let again = log_in(&alice.cookie).await.expect(200).login();
    assert_ne!(again.cookie, alice.cookie);
    assert_eq!(api.me(&alice.cookie).await.status, 401);
    let _ = api.me(&again.cookie).await.expect(200);

    // A failed log-in changes nothing, and one for tokens alone leaves the browser's session be.
    let body = json!({"identifier": "alice", "password": "wrong"});
    let failed = api
        .post("/api/v1/login")
        .cookie(&again.cookie)
        .json(&body)
        .send()
        .await;
    assert!(failed.expect(401).set_cookies().is_empty());
    let body = json!({"identifier": "alice", "password": PASSWORD, "credentials": ["tokens"]});
    let tokens = api
        .post("/api/v1/login")
        .cookie(&again.cookie)
        .json(&body)
        .send()
        .await;
    let _ = tokens.expect(200);
    let _ = api.me(&again.cookie).await.expect(200);
}

#[tokio::test]
async fn two_session_cookies_are_refused_in_either_order() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let genuine = api.log_in("alice").await.cookie;
    let planted = format!("symbolon={}", "A".repeat(43));
    let body = json!({"identifier": "alice", "password": PASSWORD});
    for (first, second) in [
        (&genuine, &planted),
        (&planted, &genuine),
        (&genuine, &genuine),
    ] {
        let one_header = format!("{first}; {second}");
        api.me(&one_header)
            .await
            .expect_problem(400, "cookie_duplicate");
        let two_headers = api.get("/api/v1/me").cookie(first).cookie(second);
        two_headers
            .send()
            .await
            .expect_problem(400, "cookie_duplicate");
        for path in ["/api/v1/logout", "/api/v1/password"] {
            let call = api.post(path).cookie(&one_header).json(&json!({}));
            call.send().await.expect_problem(400, "cookie_duplicate");
        }
        // Which of the two a new one would replace cannot be known.
        let login = api
            .post("/api/v1/login")
            .cookie(&one_header)
            .json(&body)
            .send()
            .await;
        login.expect_problem(400, "cookie_duplicate");
        assert!(login.set_cookies().is_empty());
    }
    let _ = api.me(&genuine).await.expect(200);
}

#[tokio::test]
async fn of_many_registrations_of_one_name_one_succeeds() {
    let server = server().await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let api = server.api();
        all.spawn(async move {
            let body = json!({"identifier": "alice", "password": PASSWORD});
            api.post("/api/v1/register").json(&body).send().await.status
        });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn an_address_that_nobody_has_verified_is_registered_once_too() {
    let server = server().await;
    let api = server.api();
    api.register("Alice@Example.com").await;
    let body = json!({"identifier": "alice@example.com", "password": "another horse"});
    let second = api.post("/api/v1/register").json(&body).send().await;
    second.expect_problem(409, "identifier_taken");
}
