//! Two servers on one PostgreSQL database with one Redis in front, to which anything may happen: it costs
//! time, and neither a log-out nor a revival.

use std::time::{Duration, Instant};

use serde_json::json;
use symbolon_testing::{
    Api, PostgresCluster, PostgresDatabase, RedisServer, ServerProcess, ServerSetup, api::PASSWORD,
};

const ISSUER: &str = "http://127.0.0.1:10000";
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const COPIES: &str = "symbolon_shared_copies_total";

fn node(store: &str, sessions: &str) -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .issuer(ISSUER)
        .set("store.url", store)
        .set("sessions.url", sessions)
        // The machine that runs the tests may be busy.
        .set("sessions.url_timeout_ms", "3000")
        .set("master_key", MASTER_KEY)
}

/// Two nodes, and what they share.
struct Nodes {
    a: ServerProcess,
    b: ServerProcess,
    redis: RedisServer,
}

impl Nodes {
    async fn start(store: &str, change: impl Fn(ServerSetup) -> ServerSetup) -> Self {
        let redis = RedisServer::start();
        let start = || change(node(store, &redis.url())).start();
        let (a, b) = tokio::join!(start(), start());
        let nodes = Self { a, b, redis };
        nodes.use_redis().await;
        nodes
    }

    /// Until both nodes use Redis.
    async fn use_redis(&self) {
        for node in [&self.a, &self.b] {
            until(async || node.metric("symbolon_shared_up", &[]).await > 0.0).await;
        }
    }

    /// A new session whose copy the first node has left; its cookie.
    async fn copied_session(&self, name: &str) -> String {
        let api = self.a.api();
        loop {
            let cookie = api.try_log_in(name, PASSWORD).await.cookie("symbolon");
            let before = self.copies().len();
            assert_eq!(check(&api, &cookie).await, 200);
            // A copy may be lost, which is the point of it: then another.
            for _ in 0..200 {
                if self.copies().len() > before {
                    return cookie;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.use_redis().await;
        }
    }

    fn copies(&self) -> Vec<String> {
        self.redis.keys("symbolon:*:copy:*")
    }
}

async fn check(api: &Api, cookie: &str) -> u16 {
    let call = api.get("/authz/forward").cookie(cookie);
    call.send().await.status
}

/// Until it holds. Another process tells nobody here when it knows.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let late = tokio::time::timeout(Duration::from_secs(30), held).await;
    assert!(late.is_ok(), "it did not happen");
}

async fn looked(node: &ServerProcess, outcome: &str) -> f64 {
    node.metric(COPIES, &[("outcome", outcome)]).await
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

/// The proof that the database is not asked: it is gone.
#[tokio::test]
async fn what_one_has_read_the_other_need_not_read() {
    let mut cluster = PostgresCluster::start();
    let database = cluster.database();
    let nodes = Nodes::start(&database.url(), |setup| setup).await;
    nodes.a.api().register("alice").await;
    let cookie = nodes.copied_session("alice").await;
    cluster.crash();
    let b = nodes.b.api();
    assert_eq!(check(&b, &cookie).await, 200);
    let hits = looked(&nodes.b, "hit").await;
    assert!((hits - 1.0).abs() < 0.1, "{hits}");
    // From then on its own memory answers.
    assert_eq!(check(&b, &cookie).await, 200);
    let hits = looked(&nodes.b, "hit").await;
    assert!((hits - 1.0).abs() < 0.1, "{hits}");
    cluster.restart();
}

/// A replica that lacks the last moment becomes the master: it has the copy of a session that ended.
#[tokio::test]
async fn an_old_copy_of_an_ended_session_revives_nothing() {
    let database = PostgresDatabase::new();
    let mut nodes = Nodes::start(&database.url(), |setup| setup).await;
    nodes.a.api().register("alice").await;
    let cookie = nodes.copied_session("alice").await;
    let (a, b) = (nodes.a.api(), nodes.b.api());
    assert_eq!(check(&b, &cookie).await, 200);
    let behind = RedisServer::start();
    behind.follow(&nodes.redis);
    behind.promote();

    let logout = a.post("/api/v1/logout").cookie(&cookie);
    let _ = logout.send().await.expect(200);
    a.me(&cookie).await.expect_problem(401, "revoked_session");
    until(async || b.me(&cookie).await.status == 401).await;
    // Ending deletes the copy; what is left of it is on the replica.
    until(async || nodes.copies().is_empty()).await;

    nodes.redis.crash();
    nodes.redis.restart();
    nodes.redis.follow(&behind);
    nodes.redis.promote();
    assert_eq!(nodes.copies().len(), 1);
    // Both notice on the way that Redis was away.
    for node in [&nodes.a, &nodes.b] {
        until(async || {
            node.api()
                .me(&cookie)
                .await
                .expect_problem(401, "revoked_session");
            looked(node, "refused").await > 0.0
        })
        .await;
    }
}

/// Forty sessions while Redis is emptied, stopped, started empty and held up: nobody is signed out,
/// nothing is answered with an error, and nobody waits for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_out_whatever_happens_to_redis() {
    let database = PostgresDatabase::new();
    let by_default = |setup: ServerSetup| setup.set("sessions.url_timeout_ms", "250");
    let mut nodes = Nodes::start(&database.url(), by_default).await;
    nodes.a.api().register("alice").await;
    let mut cookies = Vec::new();
    for _ in 0..10 {
        cookies.push(nodes.copied_session("alice").await);
    }
    let (a, b) = (nodes.a.api(), nodes.b.api());
    let mut rest = cookies.iter();
    let everybody_is_in = async |api: &Api, some: &[&String]| {
        for cookie in some {
            assert_eq!(check(api, cookie).await, 200);
        }
    };
    let mut two = || [rest.next().unwrap(), rest.next().unwrap()];

    nodes.redis.cli(&["FLUSHALL"]);
    everybody_is_in(&b, &two()).await;

    nodes.redis.crash();
    everybody_is_in(&b, &two()).await;
    let during = a.try_log_in("alice", PASSWORD).await.expect(200);
    let during = during.cookie("symbolon");
    let (_, _) = tokio::join!(a.me(&during), b.me(&during));
    let logout = b.post("/api/v1/logout").cookie(&during);
    let _ = logout.send().await.expect(200);
    b.me(&during).await.expect_problem(401, "revoked_session");
    until(async || a.me(&during).await.status == 401).await;

    nodes.redis.restart();
    nodes.use_redis().await;
    everybody_is_in(&b, &two()).await;

    nodes.redis.hold();
    let started = now();
    everybody_is_in(&b, &two()).await;
    // One of them waits for the time limit of 250 ms.
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    let _ = a.try_log_in("alice", PASSWORD).await.expect(200);
    nodes.redis.release();
    nodes.use_redis().await;
    everybody_is_in(&b, &two()).await;
    for cookie in &cookies {
        everybody_is_in(&a, &[cookie]).await;
        everybody_is_in(&b, &[cookie]).await;
    }
    let errors = nodes.b.metric(
        "symbolon_http_errors_total",
        &[("code", "store_unavailable")],
    );
    assert!(errors.await < 0.5);
    let log = nodes.b.log();
    assert!(
        log.contains("Redis fails") && log.contains("Redis is in use"),
        "{log}"
    );
}

/// What lies there can be read and made by the nodes alone.
#[tokio::test]
async fn what_a_stranger_writes_is_nothing_and_what_they_read_tells_nothing() {
    let database = PostgresDatabase::new();
    let nodes = Nodes::start(&database.url(), |setup| setup).await;
    nodes.a.api().register("alice@example.com").await;
    nodes.a.api().register("mallory@example.com").await;
    let alices = nodes.copied_session("alice@example.com").await;
    let alices_key = nodes.copies().remove(0);
    let mallorys = nodes.copied_session("mallory@example.com").await;
    let of_mallory = nodes
        .copies()
        .into_iter()
        .find(|key| *key != alices_key)
        .unwrap();
    for key in nodes.redis.keys("*") {
        let (shown, kind) = (nodes.redis.cli(&["DUMP", &key]), key.as_str());
        for known in ["alice", "mallory", "example.com", "127.0.0.1"] {
            assert!(
                !shown.contains(known) && !kind.contains(known),
                "{key}: {shown}"
            );
        }
    }

    // Mallory's own genuine copy in the place of Alice's.
    assert_eq!(
        nodes
            .redis
            .cli(&["COPY", &of_mallory, &alices_key, "REPLACE"]),
        "1"
    );
    let b = nodes.b.api();
    let who = async |cookie: &str| b.me(cookie).await.expect(200).body;
    assert!(who(&alices).await.contains("alice@example.com"));
    nodes.redis.cli(&["SET", &of_mallory, "rubbish"]);
    assert!(who(&mallorys).await.contains("mallory@example.com"));
    assert!((looked(&nodes.b, "garbled").await - 2.0).abs() < 0.1);
    assert!(looked(&nodes.b, "hit").await < 0.5);
}

#[tokio::test]
async fn attempts_are_counted_together_and_alone_without_redis() {
    let database = PostgresDatabase::new();
    let limited = |setup: ServerSetup| {
        let setup = setup.set("limits.login_per_account_burst", "6");
        setup.set("limits.login_per_account_refill", "1h")
    };
    let mut nodes = Nodes::start(&database.url(), limited).await;
    let (a, b) = (nodes.a.api(), nodes.b.api());
    a.register("alice").await;
    a.register("bob").await;
    let guess = async |api: &Api, name: &str| {
        let answer = api.try_log_in(name, "a wrong guess").await;
        if answer.status == 429 {
            answer.expect_problem(429, "rate_limited");
        }
        answer.status
    };
    // Those who know their password do not use the burst up.
    for _ in 0..8 {
        let _ = a.try_log_in("alice", PASSWORD).await.expect(200);
    }
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(guess(&a, "alice").await);
        answers.push(guess(&b, "alice").await);
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 401, 429, 429, 429, 429]);

    // Without Redis each node counts for itself: what it has counted stays counted.
    assert_eq!(guess(&a, "bob").await, 401);
    nodes.redis.crash();
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(guess(&a, "bob").await);
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429]);
    let local = nodes
        .a
        .metric("symbolon_shared_takes_total", &[("outcome", "local")]);
    assert!(local.await > 0.5);
    // And it goes on where it was when Redis comes back with nothing.
    nodes.redis.restart();
    nodes.use_redis().await;
    assert_eq!(guess(&a, "bob").await, 429);
}

/// A change that is not in the log reaches the other node by the copy that is deleted.
#[tokio::test]
async fn a_changed_profile_is_read_again() {
    let database = PostgresDatabase::new();
    let nodes = Nodes::start(&database.url(), |setup| setup).await;
    nodes.a.api().register("alice").await;
    let cookie = nodes.copied_session("alice").await;
    let change = nodes.a.api().put("/api/v1/me/profile").cookie(&cookie);
    let change = change.json(&json!({"locale": "de"}));
    let _ = change.send().await.expect(200);
    until(async || nodes.copies().is_empty()).await;
    let page = nodes.b.api().get("/account").cookie(&cookie).send().await;
    let page = page.expect(200).body;
    assert!(page.contains("lang=\"de\""), "{page}");
}

#[test]
fn redis_is_for_postgresql_and_its_password_is_not_shown() {
    let run = |setup: ServerSetup, words: &[&str]| {
        let output = setup.prepare().command().args(words).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let url = "redis://user:canary@127.0.0.1:1";
    let sqlite = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon")).set("sessions.url", url);
    let (code, said) = run(sqlite, &["config", "check"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("Redis is for several nodes"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    let (code, said) = run(
        node("postgres://u@127.0.0.1:1/none", url),
        &["config", "print"],
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("redis:[redacted]") || said.contains("[redacted]"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
}
