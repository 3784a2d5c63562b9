//! Two nodes on one PostgreSQL, without Redis and with one in front: how long after a session's end was
//! acknowledged by one the other refuses it, and how long from before the request.
//!
//! `cargo bench -p symbolon --bench nodes [ends]`. Prints figures; judges nothing. Nodes, database, Redis and
//! client share the machine; the database has `fsync` on, in `TMPDIR`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark: it measures time, prints, and ends when something fails"
)]

use std::time::{Duration, Instant};

use symbolon_testing::{PostgresCluster, RedisServer, ServerSetup, api::PASSWORD};

const ENDS: usize = 500;
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[tokio::main]
async fn main() {
    let wanted = std::env::args().find_map(|word| word.parse().ok());
    let ends = wanted.unwrap_or(ENDS);
    let cluster = PostgresCluster::start_with(&["fsync=on", "full_page_writes=on"]);
    let database = cluster.database();
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .issuer("http://127.0.0.1:10000")
        .set("store.url", &database.url())
        .set("master_key", MASTER_KEY);
    println!("{ends} ends on one node, refused by the other");
    measure("PostgreSQL", setup.clone(), "alice", ends).await;
    let redis = RedisServer::start();
    let setup = setup.set("sessions.url", &redis.url());
    measure("PostgreSQL and Redis", setup, "bob", ends).await;
}

/// Two nodes, on one of which the sessions of a new account end.
async fn measure(what: &str, setup: ServerSetup, name: &str, ends: usize) {
    let (a, b) = tokio::join!(setup.clone().start(), setup.start());
    let (a, b) = (a.api(), b.api());
    a.register(name).await;
    let (mut after, mut whole) = (Vec::new(), Vec::new());
    for number in 0..ends + 20 {
        let cookie = a.try_log_in(name, PASSWORD).await.cookie("symbolon");
        let check = async || b.get("/authz/forward").cookie(&cookie).send().await.status;
        // It is known there, from memory.
        assert_eq!((check().await, check().await), (200, 200));
        let start = Instant::now();
        let end = a.post("/api/v1/logout").cookie(&cookie).send().await;
        assert_eq!(end.status, 200);
        let acknowledged = Instant::now();
        while check().await != 401 {
            assert!(
                acknowledged.elapsed() < Duration::from_secs(10),
                "it is not refused"
            );
        }
        // The first ones warm up.
        if number >= 20 {
            after.push(acknowledged.elapsed());
            whole.push(start.elapsed());
        }
    }
    println!("{what}");
    report("after the answer", after);
    report("from before the request", whole);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 1000];
    println!(
        "  {what:<24} p50 {:>8.2?}   p99 {:>8.2?}   max {:>8.2?}",
        at(500),
        at(990),
        at(1000)
    );
}
