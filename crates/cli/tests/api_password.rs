//! `POST /api/v1/password` of the real server.

use serde_json::json;
use symbolon_testing::{Answer, Api, Login, ServerProcess, ServerSetup, api::PASSWORD};

const NEW: &str = "another horse entirely";

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

async fn change(api: &Api, login: &Login, current: &str, new: &str) -> Answer {
    let body = json!({"current": current, "new": new});
    let call = api
        .post("/api/v1/password")
        .cookie(&login.cookie)
        .json(&body);
    call.send().await
}

#[tokio::test]
async fn the_session_at_hand_goes_on_with_a_new_cookie_and_all_others_end() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let here = api.log_in("alice").await;
    let there = api.log_in("alice").await;
    let _ = api.me(&here.cookie).await.expect(200);
    let done = change(&api, &here, PASSWORD, NEW).await.expect(200);
    assert_eq!(done.json()["sessions_ended"], 1);
    let cookie = done.cookie("symbolon");
    assert!(cookie.len() > 40 && cookie != here.cookie);
    let me = api.me(&cookie).await.expect(200);
    assert_eq!(me.text("/session/id"), here.session);
    api.me(&here.cookie)
        .await
        .expect_problem(401, "session_unknown");
    api.me(&there.cookie)
        .await
        .expect_problem(401, "revoked_session");
    api.me_by_token(&there.access)
        .await
        .expect_problem(401, "revoked_session");
    api.refresh(&there.refresh)
        .await
        .expect_problem(401, "refresh_invalid");
    // The access token from before the change is narrowed away; its family goes on.
    assert_eq!(api.me_by_token(&here.access).await.status, 401);
    let next = api.refresh(&here.refresh).await.expect(200);
    let _ = api
        .me_by_token(&next.text("/access_token"))
        .await
        .expect(200);

    api.try_log_in("alice", PASSWORD)
        .await
        .expect_problem(401, "bad_credentials");
    let _ = api.try_log_in("alice", NEW).await.expect(200);
}

#[tokio::test]
async fn it_takes_the_current_one_and_a_good_new_one() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let here = api.log_in("alice").await;
    for (current, new, status, code) in [
        ("wrong", NEW, 401, "bad_credentials"),
        (PASSWORD, "short", 422, "password_too_short"),
        (PASSWORD, &"x".repeat(2_000), 422, "password_too_long"),
    ] {
        let answer = change(&api, &here, current, new).await;
        answer.expect_problem(status, code);
        assert!(answer.set_cookies().is_empty());
    }
    let body = json!({"current": PASSWORD, "new": NEW});
    let nobody = api.post("/api/v1/password").json(&body).send().await;
    nobody.expect_problem(401, "credential_missing");
    let _ = api.me(&here.cookie).await.expect(200);
    let _ = api.me_by_token(&here.access).await.expect(200);
    let _ = api.try_log_in("alice", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_app_without_a_cookie_can_change_it() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let app = api
        .log_in_with("alice", &json!({"credentials": ["tokens"]}))
        .await;
    let body = json!({"current": PASSWORD, "new": NEW});
    let call = api.post("/api/v1/password").bearer(&app.access).json(&body);
    let done = call.send().await.expect(200);
    assert!(done.set_cookies().is_empty());
    let next = api.refresh(&app.refresh).await.expect(200);
    let me = api
        .me_by_token(&next.text("/access_token"))
        .await
        .expect(200);
    assert_eq!(me.text("/session/id"), app.session);
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins_and_its_password_counts() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let (one, two) = (api.log_in("alice").await, api.log_in("alice").await);
    let new = ["the first new one", "the second new one"];
    let (first, second) = tokio::join!(
        change(&api, &one, PASSWORD, new[0]),
        change(&api, &two, PASSWORD, new[1])
    );
    let won: Vec<_> = [&first, &second]
        .iter()
        .map(|answer| answer.status == 200)
        .collect();
    assert_eq!(
        won.iter().filter(|won| **won).count(),
        1,
        "{first:?} {second:?}"
    );
    for (password, won) in new.into_iter().zip(won) {
        let status = api.try_log_in("alice", password).await.status;
        assert_eq!(status == 200, won, "{password}");
    }
}
