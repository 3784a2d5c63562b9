//! `/api/v1/sessions` and what changes an account's sessions from elsewhere, on the real server.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use symbolon_testing::{Api, Login, ServerProcess, ServerSetup};

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

async fn sessions(api: &Api, cookie: &str) -> Vec<Value> {
    let answer = api.get("/api/v1/sessions").cookie(cookie).send().await;
    let list = answer.expect(200).json()["sessions"].clone();
    list.as_array().cloned().unwrap_or_default()
}

fn ids(sessions: &[Value]) -> Vec<&str> {
    sessions
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect()
}

async fn end(api: &Api, cookie: &str, id: &str) -> symbolon_testing::Answer {
    let path = format!("/api/v1/sessions/{id}");
    api.delete(&path).cookie(cookie).send().await
}

/// Neither credential of the log-in opens anything.
async fn assert_ended(api: &Api, login: &Login) {
    api.me(&login.cookie)
        .await
        .expect_problem(401, "revoked_session");
    api.me_by_token(&login.access)
        .await
        .expect_problem(401, "revoked_session");
    api.refresh(&login.refresh)
        .await
        .expect_problem(401, "refresh_invalid");
}

async fn assert_alive(api: &Api, login: &Login) {
    let _ = api.me(&login.cookie).await.expect(200);
    let _ = api.me_by_token(&login.access).await.expect(200);
}

/// Runs an admin command over `admin.sock`.
fn admin(server: &ServerProcess, arguments: &[&str]) {
    let output = server.command().args(arguments).output();
    assert!(
        output.as_ref().is_ok_and(|output| output.status.success()),
        "{output:?}"
    );
}

#[tokio::test]
async fn the_list_has_the_accounts_own_newest_first() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    api.register("bob").await;
    let first = api
        .log_in_with("alice", &json!({"device": "Anna's\u{7} phone\n"}))
        .await;
    let second = api.log_in("alice").await;
    let bob = api.log_in("bob").await;
    let list = sessions(&api, &first.cookie).await;
    assert_eq!(ids(&list), [&second.session, &first.session]);
    assert_eq!(list[0]["current"], false);
    assert_eq!(list[1]["current"], true);
    assert_eq!(list[1]["device"], "Anna's phone");
    assert_eq!(list[1]["ip"], "127.0.0.0");
    assert_eq!(list[1]["amr"], json!(["pwd"]));
    assert_eq!(ids(&sessions(&api, &bob.cookie).await), [&bob.session]);
    let none = api.get("/api/v1/sessions").send().await;
    none.expect_problem(401, "credential_missing");
}

#[tokio::test]
async fn one_of_ones_own_is_ended_and_no_other() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    api.register("bob").await;
    let here = api.log_in("alice").await;
    let there = api.log_in("alice").await;
    let bob = api.log_in("bob").await;
    // In the cache, which must not keep it alive.
    assert_alive(&api, &there).await;
    let ended = end(&api, &here.cookie, &there.session)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&ended["sessions_ended"], &ended["grants_ended"]),
        (&json!(1), &json!(1))
    );
    assert_ended(&api, &there).await;
    assert_alive(&api, &here).await;
    for id in [
        bob.session.as_str(),
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "nonsense",
    ] {
        end(&api, &here.cookie, id)
            .await
            .expect_problem(404, "not_found");
    }
    assert_alive(&api, &bob).await;
    let again = end(&api, &here.cookie, &there.session).await.expect(200);
    assert_eq!(again.json()["sessions_ended"], 0);
    // The one at hand too.
    let _ = end(&api, &here.cookie, &here.session).await.expect(200);
    assert_ended(&api, &here).await;
}

#[tokio::test]
async fn all_others_are_ended() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    api.register("bob").await;
    let here = api.log_in("alice").await;
    let others = [api.log_in("alice").await, api.log_in("alice").await];
    let offline = json!({
        "credentials": ["tokens"], "resource": "orders", "scope": "offline_access orders:read",
    });
    let offline = api.log_in_with("alice", &offline).await;
    let bob = api.log_in("bob").await;
    let ended = api
        .delete("/api/v1/sessions")
        .cookie(&here.cookie)
        .send()
        .await;
    assert_eq!(ended.expect(200).json()["sessions_ended"], 3);
    for other in &others {
        assert_ended(&api, other).await;
    }
    // An offline grant outlives its session, but not this.
    api.refresh(&offline.refresh)
        .await
        .expect_problem(401, "refresh_invalid");
    assert_alive(&api, &here).await;
    assert_alive(&api, &bob).await;
    assert_eq!(ids(&sessions(&api, &here.cookie).await), [&here.session]);
}

#[tokio::test]
async fn one_session_too_many_ends_the_oldest() {
    let server = setup().set("sessions.max_per_account", "3").start().await;
    let api = server.api();
    api.register("alice").await;
    let mut logins = Vec::new();
    for _ in 0..5 {
        logins.push(api.log_in("alice").await);
    }
    for (position, login) in logins.iter().enumerate() {
        if position < 2 {
            assert_ended(&api, login).await;
        } else {
            assert_alive(&api, login).await;
        }
    }
    assert_eq!(sessions(&api, &logins[4].cookie).await.len(), 3);
}

#[tokio::test]
async fn parallel_log_ins_respect_the_cap() {
    let server = setup().set("sessions.max_per_account", "3").start().await;
    let api = server.api();
    api.register("alice").await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let api = api.clone();
        all.spawn(async move { api.log_in("alice").await });
    }
    let logins = all.join_all().await;
    let mut alive = 0;
    for login in &logins {
        alive += usize::from(api.me(&login.cookie).await.status == 200);
    }
    assert_eq!(alive, 3);
}

#[tokio::test]
async fn a_refresh_token_is_spent_once_and_its_reuse_ends_the_grant() {
    let server = setup().set("tokens.refresh_grace", "0s").start().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let next = api.refresh(&login.refresh).await.expect(200);
    assert_ne!(next.text("/refresh_token"), login.refresh);
    let _ = api
        .me_by_token(&next.text("/access_token"))
        .await
        .expect(200);
    api.refresh(&login.refresh)
        .await
        .expect_problem(401, "refresh_reused");
    api.refresh(&next.text("/refresh_token"))
        .await
        .expect_problem(401, "refresh_invalid");
    for token in [&login.access, &next.text("/access_token")] {
        api.me_by_token(token)
            .await
            .expect_problem(401, "revoked_grant");
    }
    // The browser's session goes on: its cookie was not stolen.
    let _ = api.me(&login.cookie).await.expect(200);
    for token in [
        "",
        "nonsense",
        "srt1.1.x.1.y",
        &format!("{}x", login.refresh),
    ] {
        let answer = api.refresh(token).await;
        answer.expect_problem(401, "refresh_invalid");
        assert!(answer.set_cookies().is_empty());
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_refresh_is_given_again() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let mut tabs = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (api, token) = (api.clone(), login.refresh.clone());
        tabs.spawn(async move { api.refresh(&token).await.expect(200).text("/refresh_token") });
    }
    let mut successors = tabs.join_all().await;
    successors.sort();
    successors.dedup();
    assert_eq!(successors.len(), 1, "one step, however many asked");
    let _ = api.refresh(&successors[0]).await.expect(200);
}

#[tokio::test]
async fn changed_roles_are_asked_for_by_a_refresh() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let listed = api
        .get("/api/v1/admin/accounts")
        .bearer(&login.access)
        .send()
        .await;
    listed.expect_problem(403, "role_missing");
    admin(&server, &["accounts", "roles", "alice", "admin", "editor"]);
    api.me_by_token(&login.access)
        .await
        .expect_problem(401, "revoked_grant");
    let next = api
        .refresh(&login.refresh)
        .await
        .expect(200)
        .text("/access_token");
    let me = api.me_by_token(&next).await.expect(200).json();
    assert_eq!(me["account"]["roles"], json!(["admin", "editor"]));
    let by_cookie = api.me(&login.cookie).await.expect(200).json();
    assert_eq!(by_cookie["account"]["roles"], json!(["admin", "editor"]));
    let _ = api
        .get("/api/v1/admin/accounts")
        .bearer(&next)
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn disabling_ends_everything_and_enabling_revives_nothing() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    assert_alive(&api, &login).await;
    admin(&server, &["accounts", "disable", "alice"]);
    assert_ended(&api, &login).await;
    admin(&server, &["accounts", "enable", "alice"]);
    assert_ended(&api, &login).await;
    assert_alive(&api, &api.log_in("alice").await).await;
}
