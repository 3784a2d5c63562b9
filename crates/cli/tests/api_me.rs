//! `/api/v1/me` and `/logout` of the real server.

use serde_json::json;
use symbolon_testing::{ServerProcess, ServerSetup};

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

#[tokio::test]
async fn who_one_is_can_be_shown_with_either_credential_or_both() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let by_cookie = api.me(&login.cookie).await.expect(200);
    let by_token = api.me_by_token(&login.access).await.expect(200);
    assert_eq!(by_cookie.json(), by_token.json());
    assert_eq!(by_cookie.text("/session/id"), login.session);
    let both = async |cookie: &str, token: &str| {
        api.get("/api/v1/me")
            .cookie(cookie)
            .bearer(token)
            .send()
            .await
    };
    assert_eq!(
        both(&login.cookie, &login.access).await.expect(200).json(),
        by_cookie.json()
    );
    let other = api.log_in("alice").await;
    both(&login.cookie, &other.access)
        .await
        .expect_problem(400, "credential_conflict");
    let orders = json!({"credentials": ["tokens"], "resource": "orders"});
    let orders = api.log_in_with("alice", &orders).await;

    let (body, _) = login.access.rsplit_once('.').unwrap_or_default();
    let (_, signature) = other.access.rsplit_once('.').unwrap_or_default();
    let forged = format!("{body}.{signature}");

    let none = api.get("/api/v1/me").send().await;
    none.expect_problem(401, "credential_missing");
    assert_eq!(none.header("www-authenticate"), "Bearer");
    for (authorization, status, code) in [
        (
            format!("Bearer {}", orders.access),
            401,
            "audience_mismatch",
        ),
        (format!("Bearer {forged}"), 401, "signature_invalid"),
        ("Bearer nonsense".to_owned(), 401, "token_malformed"),
        ("Bearer".to_owned(), 400, "authorization_malformed"),
        (
            "Bearer two tokens".to_owned(),
            400,
            "authorization_malformed",
        ),
        ("Basic YTpi".to_owned(), 401, "credential_missing"),
    ] {
        let call = api
            .get("/api/v1/me")
            .header("authorization", &authorization);
        let answer = call.send().await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{authorization}"
        );
        answer.check_problem();
    }
    let unknown = format!("symbolon={}", "A".repeat(43));
    api.me(&unknown)
        .await
        .expect_problem(401, "session_unknown");
    api.me("symbolon=short")
        .await
        .expect_problem(401, "cookie_malformed");
}

#[tokio::test]
async fn a_log_out_ends_the_session_and_all_below_it() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let later = api.refresh(&login.refresh).await.expect(200);
    let out = api
        .post("/api/v1/logout")
        .cookie(&login.cookie)
        .send()
        .await
        .expect(200);
    assert_eq!(out.json()["sessions_ended"], 1);
    assert_eq!(
        out.set_cookies(),
        ["symbolon=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]
    );
    assert_eq!(api.me(&login.cookie).await.status, 401);
    // Also the tokens that were refreshed since.
    for token in [login.access, later.text("/access_token")] {
        api.me_by_token(&token)
            .await
            .expect_problem(401, "revoked_session");
    }
    for token in [login.refresh, later.text("/refresh_token")] {
        api.refresh(&token)
            .await
            .expect_problem(401, "refresh_invalid");
    }
    // With the bearer token, as apps do.
    let app = api
        .log_in_with("alice", &json!({"credentials": ["tokens"]}))
        .await;
    let _ = api
        .post("/api/v1/logout")
        .bearer(&app.access)
        .send()
        .await
        .expect(200);
    api.me_by_token(&app.access)
        .await
        .expect_problem(401, "revoked_session");
    api.post("/api/v1/logout")
        .send()
        .await
        .expect_problem(401, "credential_missing");
}
