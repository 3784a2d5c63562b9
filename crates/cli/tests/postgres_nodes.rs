//! Several servers on one PostgreSQL database and no shared disk: to their users they are one.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "postgres_nodes/clocks.rs"]
mod clocks;
#[path = "postgres_nodes/jobs.rs"]
mod jobs;
#[path = "postgres_nodes/upgrade.rs"]
mod upgrade;
#[path = "postgres_nodes/verifiers.rs"]
mod verifiers;

use std::time::{Duration, Instant};

use serde_json::json;
use symbolon_testing::{
    Api, PostgresCluster, PostgresDatabase, ServerProcess, ServerSetup, api::PASSWORD,
};

const ISSUER: &str = "http://127.0.0.1:10000";
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const JWKS: &str = "/.well-known/jwks.json";

fn node(url: &str) -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .issuer(ISSUER)
        .set("store.url", url)
        .set("master_key", MASTER_KEY)
        .set("keys.jwks_max_age", "10s")
}

/// Two nodes that start at the same moment on a new database.
async fn two_nodes(database: &PostgresDatabase) -> [ServerProcess; 2] {
    let start = || node(&database.url()).start();
    tokio::join!(start(), start()).into()
}

async fn admin(server: &ServerProcess, name: &str) -> String {
    let api = server.api();
    api.register(name).await;
    let made = server
        .command()
        .args(["accounts", "roles", name, "admin"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    api.try_log_in(name, PASSWORD).await.cookie("symbolon")
}

/// Until the condition holds; how long that took.
async fn until(limit: Duration, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let started = now();
    while !holds().await {
        assert!(started.elapsed() < limit, "it did not happen in {limit:?}");
        // Another process tells nobody here when it knows.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    started.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

async fn kids(api: &Api) -> Vec<String> {
    let document = api.get(JWKS).send().await.expect(200).json();
    let keys = document["keys"].as_array().unwrap();
    let kid = |key: &serde_json::Value| key["kid"].as_str().unwrap().to_owned();
    keys.iter().map(kid).collect()
}

#[tokio::test]
async fn a_log_in_on_one_is_good_on_the_other_until_it_ends() {
    let database = PostgresDatabase::new();
    let [a, b] = two_nodes(&database).await;
    let (a, b) = (a.api(), b.api());
    a.register("alice").await;
    assert_eq!(kids(&a).await, kids(&b).await);
    let login = a.log_in("alice").await;
    let _ = b.me_by_token(&login.access).await.expect(200);
    // A refresh on the other, and its successor on the first.
    let second = b.refresh(&login.refresh).await.expect(200);
    let third = a.refresh(&second.text("/refresh_token")).await.expect(200);
    let _ = b
        .me_by_token(&third.text("/access_token"))
        .await
        .expect(200);

    let mut took = Vec::new();
    for _ in 0..40 {
        let cookie = a.try_log_in("alice", PASSWORD).await.cookie("symbolon");
        let _ = b.me(&cookie).await.expect(200);
        let _ = a
            .post("/api/v1/logout")
            .cookie(&cookie)
            .send()
            .await
            .expect(200);
        // It was acknowledged: the first refuses already, the second soon.
        a.me(&cookie).await.expect_problem(401, "revoked_session");
        took.push(
            until(Duration::from_secs(2), async || {
                b.me(&cookie).await.status == 401
            })
            .await,
        );
        b.me(&cookie).await.expect_problem(401, "revoked_session");
    }
    took.sort();
    println!(
        "from one node to the other: p50 {:?}, max {:?}",
        took[20], took[39]
    );
}

#[tokio::test]
async fn a_key_of_one_is_known_to_the_other_before_it_signs() {
    let database = PostgresDatabase::new();
    let [a, b] = two_nodes(&database).await;
    let cookie = admin(&a, "alice").await;
    let (a, b) = (a.api(), b.api());
    let rotate = async |body: serde_json::Value| {
        let call = a
            .post("/api/v1/admin/keys/rotate")
            .cookie(&cookie)
            .json(&body);
        call.send().await.expect(200).json()
    };
    let done = rotate(json!({})).await;
    let next = done["waiting"][0]["kid"].as_str().unwrap().to_owned();
    until(Duration::from_secs(15), async || {
        kids(&b).await.contains(&next)
    })
    .await;
    assert_eq!(kids(&a).await, kids(&b).await);

    // In an emergency nothing waits: the other refuses the old key and signs with the new one.
    let before = a.log_in("alice").await;
    let done = rotate(json!({"emergency": true})).await;
    let (old, new) = (&done["revoked"][0], &done["activated"][0]);
    let (old, new) = (old.as_str().unwrap(), new.as_str().unwrap().to_owned());
    let after = a.log_in("alice").await;
    let _ = b.me_by_token(&after.access).await.expect(200);
    until(Duration::from_secs(2), async || {
        b.me_by_token(&before.access).await.status == 401
    })
    .await;
    b.me_by_token(&before.access)
        .await
        .expect_problem(401, "revoked_key");
    until(Duration::from_secs(2), async || {
        kids(&b).await.contains(&new)
    })
    .await;
    assert!(!kids(&b).await.contains(&old.to_owned()));
    let made_by_b = b.log_in("alice").await;
    let _ = a.me_by_token(&made_by_b.access).await.expect(200);
}

#[tokio::test]
async fn a_refresh_secret_of_one_is_known_to_the_other_when_it_comes() {
    let database = PostgresDatabase::new();
    let [a, b] = two_nodes(&database).await;
    let cookie = admin(&a, "alice").await;
    let (a, b) = (a.api(), b.api());
    let rotate = a.post("/api/v1/admin/keys/rotate").cookie(&cookie);
    let rotate = rotate.json(&json!({"server_secret": true}));
    let _ = rotate.send().await.expect(200);
    let login = a.log_in("alice").await;
    let _ = b.refresh(&login.refresh).await.expect(200);
}

#[tokio::test]
async fn the_other_goes_on_when_one_is_killed() {
    let database = PostgresDatabase::new();
    let [mut a, b] = two_nodes(&database).await;
    a.api().register("alice").await;
    let login = a.api().log_in("alice").await;
    a.kill();
    let b = b.api();
    let second = b.refresh(&login.refresh).await.expect(200);
    let _ = b
        .me_by_token(&second.text("/access_token"))
        .await
        .expect(200);
    a.start().await;
    let _ = a
        .api()
        .refresh(&second.text("/refresh_token"))
        .await
        .expect(200);
}

/// What is known is accepted for a while, then nothing is; and afterwards all is as before, without a
/// restart of ours.
#[tokio::test]
async fn a_database_that_is_gone_is_bridged_for_max_staleness_and_no_longer() {
    let mut cluster = PostgresCluster::start();
    let database = cluster.database();
    let server = node(&database.url()).set("store.max_staleness", "4s");
    let server = server.start().await;
    let api = server.api();
    api.register("alice").await;
    let cookie = api.try_log_in("alice", PASSWORD).await.cookie("symbolon");
    let check = async || {
        let call = api.get("/authz/forward").cookie(&cookie);
        call.send().await.status
    };
    assert_eq!(check().await, 200);
    cluster.crash();
    let stopped = now();
    assert_eq!(check().await, 200);
    let refused = until(Duration::from_secs(30), async || check().await == 503).await;
    assert!(refused > Duration::from_secs(2), "{refused:?}");
    assert!(stopped.elapsed() < Duration::from_secs(15));
    let answer = api.try_log_in("alice", PASSWORD).await;
    assert_eq!(answer.status, 503);
    assert_eq!(server.ops().get("/readyz").send().await.status, 503);
    cluster.restart();
    until(Duration::from_secs(15), async || check().await == 200).await;
    let _ = api.log_in("alice").await;
}

#[tokio::test]
async fn pending_migrations_are_told_and_run() {
    let database = PostgresDatabase::new();
    let server = node(&database.url()).prepare();
    let run = |arguments: &[&str]| {
        let output = server.command().args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    };
    let (code, text) = run(&["--json", "migrate", "--check"]);
    assert_eq!(code, Some(1), "{text}");
    let (code, _) = run(&["migrate"]);
    assert_eq!(code, Some(0));
    let (code, text) = run(&["--json", "migrate", "--check"]);
    assert_eq!(code, Some(0), "{text}");
    let state: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(state["pending"], false);
    database.sql("UPDATE symbolon_meta SET oldest_compatible = 1000, schema_version = 1000");
    let (code, _) = run(&["migrate", "--check"]);
    assert_eq!(code, Some(3));
}

/// Every node needs the same: one that a node made for itself would be its own.
#[tokio::test]
async fn a_master_key_has_to_be_given() {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("store.url", "postgres://user:canary@127.0.0.1:1/none")
        .prepare();
    let output = server.command().args(["config", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("SYMBOLON_MASTER_KEY_FILE"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

/// Whoever has a refresh token uses it without a pause on many connections: its session can be ended all the
/// same, at once, and then the token is good for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_refreshes_keeps_nobody_from_logging_out() {
    let database = PostgresDatabase::new();
    let server = node(&database.url())
        .set("tokens.refresh_grace", "60s")
        .start()
        .await;
    let api = server.api();
    api.register("ada").await;
    let login = api.log_in("ada").await;
    let flood = |token: String| {
        let (counted, count) = tokio::sync::watch::channel(0_u32);
        let counted = std::sync::Arc::new(counted);
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..24 {
            let (api, token, counted) = (server.api(), token.clone(), counted.clone());
            all.spawn(async move {
                loop {
                    let answer = api.refresh(&token).await;
                    counted.send_modify(|count| *count += 1);
                    if answer.status == 401 {
                        return;
                    }
                    assert!(matches!(answer.status, 200 | 429), "{answer:?}");
                }
            });
        }
        (all, count)
    };
    let (mut all, mut count) = flood(login.refresh.clone());
    count.wait_for(|count| *count > 400).await.unwrap();
    let out = api
        .post("/api/v1/logout")
        .cookie(&login.cookie)
        .send()
        .await;
    assert_eq!(out.status, 200, "{out:?}");
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}
