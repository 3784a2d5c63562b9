//! `/api/v1/admin/keys` of the real server: an orderly rotation waits, an emergency does not.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/old_login.rs"]
mod old_login;

use serde_json::{Value, json};
use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, api::PASSWORD};

use self::old_login::{age_logins, expect_stale};

const KEYS: &str = "/api/v1/admin/keys";

/// A server with an administrator, and the administrator's cookie.
async fn server() -> (ServerProcess, Api, String) {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let api = server.api();
    api.register("alice").await;
    let made = server
        .command()
        .args(["accounts", "roles", "alice", "admin"])
        .output();
    assert!(made.is_ok_and(|output| output.status.success()));
    let cookie = api.try_log_in("alice", PASSWORD).await.cookie("symbolon");
    (server, api, cookie)
}

async fn rotate(api: &Api, cookie: &str, body: &Value) -> Answer {
    let call = api
        .post(&format!("{KEYS}/rotate"))
        .cookie(cookie)
        .json(body);
    call.send().await
}

async fn kids(api: &Api, path: &str) -> Vec<String> {
    let document = api.get(path).send().await.expect(200).json();
    let kids = document["keys"].as_array().into_iter().flatten();
    kids.filter_map(|key| key["kid"].as_str().map(str::to_owned))
        .collect()
}

const JWKS: &str = "/.well-known/jwks.json";

#[tokio::test]
async fn an_orderly_rotation_publishes_the_next_key_and_waits() {
    let (_server, api, cookie) = server().await;
    let before = kids(&api, JWKS).await;
    let login = api.log_in("alice").await;
    let done = rotate(&api, &cookie, &json!({})).await.expect(200).json();
    assert_eq!(
        (&done["activated"], &done["revoked"]),
        (&json!([]), &json!([]))
    );
    let next = done["waiting"][0]["kid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let after = kids(&api, JWKS).await;
    assert_eq!(after.len(), 2);
    assert!(after.contains(&next) && after.contains(&before[0]));
    // Once more makes no third: the next one is there already.
    let again = rotate(&api, &cookie, &json!({})).await.expect(200).json();
    assert_eq!(again["waiting"], done["waiting"]);
    assert_eq!(kids(&api, JWKS).await, after);
    let _ = api.me_by_token(&login.access).await.expect(200);
    let list = api
        .get(KEYS)
        .cookie(&cookie)
        .send()
        .await
        .expect(200)
        .json();
    let states: Vec<_> = list["keys"].as_array().into_iter().flatten().collect();
    let state = |kid: &str| {
        states
            .iter()
            .find(|key| key["kid"] == kid)
            .map(|key| &key["state"])
    };
    assert_eq!(state(&next), Some(&json!("next")));
    assert_eq!(state(&before[0]), Some(&json!("active")));
}

#[tokio::test]
async fn an_emergency_refuses_all_that_the_key_signed_at_once() {
    let (_server, api, cookie) = server().await;
    let before = kids(&api, JWKS).await;
    let etag = api.get(JWKS).send().await.header("etag").to_owned();
    let login = api.log_in("alice").await;
    let _ = api.me_by_token(&login.access).await.expect(200);
    let done = rotate(&api, &cookie, &json!({"emergency": true}))
        .await
        .expect(200)
        .json();
    assert_eq!(done["revoked"], json!(before));
    let after = kids(&api, JWKS).await;
    assert_eq!(json!(after), done["activated"]);
    let conditional = api.get(JWKS).header("if-none-match", &etag).send().await;
    let _ = conditional.expect(200);
    let refused = api.me_by_token(&login.access).await;
    assert!(
        ["key_unknown", "revoked_key"].contains(&refused.code().as_str()),
        "{refused:?}"
    );
    assert_eq!(refused.status, 401);
    // The session was not compromised: it gives tokens of the new key.
    let _ = api.me(&login.cookie).await.expect(200);
    let next = api
        .refresh(&login.refresh)
        .await
        .expect(200)
        .text("/access_token");
    let _ = api.me_by_token(&next).await.expect(200);
}

#[tokio::test]
async fn the_logs_own_key_can_be_revoked_by_name() {
    let (_server, api, cookie) = server().await;
    let before = kids(&api, "/revocations/jwks.json").await;
    let body = json!({"emergency": true, "kid": before[0]});
    let done = rotate(&api, &cookie, &body).await.expect(200).json();
    assert_eq!(done["revoked"], json!(before));
    let after = kids(&api, "/revocations/jwks.json").await;
    assert_eq!(json!(after), done["activated"]);
    assert_ne!(after, before);
    // Gone keys are not revoked twice, and unknown ones never.
    for kid in [before[0].as_str(), "nothing"] {
        let body = json!({"emergency": true, "kid": kid});
        rotate(&api, &cookie, &body)
            .await
            .expect_problem(404, "not_found");
    }
    let body = json!({"kid": after[0]});
    rotate(&api, &cookie, &body)
        .await
        .expect_problem(422, "kid_without_emergency");
}

#[tokio::test]
async fn an_unchanged_key_set_is_not_sent_again() {
    let (_server, api, _) = server().await;
    for path in [JWKS, "/revocations/jwks.json"] {
        let first = api.get(path).send().await.expect(200);
        assert_eq!(first.header("content-type"), "application/jwk-set+json");
        assert_eq!(first.header("cache-control"), "public, max-age=300");
        let known = first.header("etag");
        let second = api.get(path).header("if-none-match", known).send().await;
        assert_eq!((second.status, second.body.as_str()), (304, ""));
    }
}

/// A stolen session of an administrator does not throw everybody out.
#[tokio::test]
async fn an_emergency_takes_a_log_in_of_a_moment_ago() {
    let (mut server, _, cookie) = server().await;
    age_logins(&mut server).await;
    let api = server.api();
    let before = kids(&api, JWKS).await;
    let emergency = json!({"emergency": true});
    expect_stale(&rotate(&api, &cookie, &emergency).await);
    let page = "/admin/keys/emergency";
    let question = api.get(page).cookie(&cookie).send().await.expect(200);
    assert!(question.body.contains("type=\"password\""));
    let submit = async |fields: &[(&str, &str)]| {
        let call = api.post(page).cookie(&cookie).form(fields);
        call.send().await
    };
    for fields in [&[][..], &[("password", "not the password")]] {
        let again = submit(fields).await.expect(401);
        assert!(again.body.contains("id=\"current\""), "{again:?}");
    }
    assert_eq!(kids(&api, JWKS).await, before);
    // What can be waited for is done for any log-in.
    let _ = rotate(&api, &cookie, &json!({})).await.expect(200);
    let _ = submit(&[("password", PASSWORD)]).await.expect(303);
    let after = kids(&api, JWKS).await;
    assert!(!before.iter().any(|kid| after.contains(kid)));
    let fresh = api.try_log_in("alice", PASSWORD).await.cookie("symbolon");
    let _ = rotate(&api, &fresh, &emergency).await.expect(200);
    let question = api.get(page).cookie(&fresh).send().await.expect(200);
    assert!(!question.body.contains("type=\"password\""));
}
