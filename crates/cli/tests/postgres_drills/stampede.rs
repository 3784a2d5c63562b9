//! All copies of the log are too old at once, and everybody asks: the nodes fall back to the database
//! with bounded connections, and do not collapse.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use symbolon_testing::{Api, PostgresDatabase, PostgresProxy, api::PASSWORD, postgres_proxy::Flow};
use tokio::task::JoinSet;

use crate::{
    dice,
    stage::{lasting, node, now, two, until},
};

const CLIENTS: u64 = 100;
/// Of each node, the one that follows the log aside.
const CONNECTIONS: u64 = 4;
/// What one request may take while nothing can be known: what the node waits for its log, and what a
/// machine that is full of clients adds.
const QUICK: Duration = Duration::from_secs(3);

/// What the clients have seen since it was last taken.
#[derive(Default)]
struct Seen {
    good: AtomicU64,
    refused: AtomicU64,
    slowest_refusal_ms: AtomicU64,
}

impl Seen {
    /// Good and refused since the last time.
    fn take(&self) -> (u64, u64) {
        (
            self.good.swap(0, Ordering::Relaxed),
            self.refused.swap(0, Ordering::Relaxed),
        )
    }
}

/// Whether the answer was good.
async fn check(node: &Api, cookie: &str, seen: &Seen) -> bool {
    let asked = now();
    let call = node.get("/authz/forward").cookie(cookie);
    let Ok(answer) = call.try_send().await else {
        return false;
    };
    if answer.status == 200 {
        seen.good.fetch_add(1, Ordering::Relaxed);
        return true;
    }
    assert_eq!(answer.status, 503, "{answer:?}");
    seen.refused.fetch_add(1, Ordering::Relaxed);
    let took = u64::try_from(asked.elapsed().as_millis()).unwrap();
    seen.slowest_refusal_ms.fetch_max(took, Ordering::Relaxed);
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_copies_are_stale_at_once() {
    let database = PostgresDatabase::new();
    let proxy = PostgresProxy::start(&database.url()).await;
    let setup = node(&proxy.through(&database.url()))
        .set("store.max_staleness", "2s")
        .set("store.connections", &CONNECTIONS.to_string());
    let servers = two(&setup).await;
    let nodes: Vec<_> = servers
        .iter()
        .map(symbolon_testing::ServerProcess::api)
        .collect();
    nodes[0].register("alice").await;
    let (seen, stop) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let clients = dice::from_env("SYMBOLON_TEST_CLIENTS", || CLIENTS);
    let mut cookies = Vec::new();
    for _ in 0..clients {
        // One session for each client, so that nobody's answer is another one's.
        let login = nodes[0].try_log_in("alice", PASSWORD).await;
        cookies.push(login.cookie("symbolon"));
    }
    let each: Arc<Vec<AtomicU64>> = Arc::new(cookies.iter().map(|_| AtomicU64::new(0)).collect());
    let mut asking = JoinSet::new();
    for (number, cookie) in cookies.into_iter().enumerate() {
        let node = nodes[number % nodes.len()].clone();
        let (seen, stop, each) = (Arc::clone(&seen), Arc::clone(&stop), Arc::clone(&each));
        asking.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                if check(&node, &cookie, &seen).await {
                    each[number].fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    let turn = lasting(Duration::from_secs(1));
    let rate = async |time: Duration| {
        seen.take();
        let started = now();
        tokio::time::sleep(time).await;
        let (good, refused) = seen.take();
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap();
        (good * 1000 / millis, refused * 1000 / millis)
    };
    let before = rate(turn).await;
    let connections = proxy.connections();

    // Nothing gets through, until every copy is too old and everybody is refused.
    proxy.set(Flow::Stalled);
    until("every copy is too old", async || {
        seen.take();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let (good, refused) = seen.take();
        good == 0 && refused > 0
    })
    .await;
    let stale = rate(turn).await;
    assert_eq!(stale.0, 0);

    // It gets through slowly: each node asks for all who ask it.
    proxy.set(Flow::Late(Duration::from_millis(20)));
    let recovered = until("somebody is answered again", async || {
        tokio::time::sleep(Duration::from_millis(5)).await;
        seen.take().0 > 0
    })
    .await;
    let open = database.sql(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'symbolon'",
    );
    let during = rate(turn).await;
    proxy.set(Flow::Free);
    let after = rate(turn).await;
    let served: Vec<_> = each.iter().map(|of| of.load(Ordering::Relaxed)).collect();
    until(
        "every client is answered well again and again",
        async || {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let now = each.iter().map(|of| of.load(Ordering::Relaxed));
            now.zip(&served).all(|(now, then)| now >= then + 5)
        },
    )
    .await;
    assert_eq!(seen.take().1, 0);
    let made = proxy.connections() - connections;
    stop.store(true, Ordering::Relaxed);
    while let Some(client) = asking.join_next().await {
        client.unwrap();
    }
    let slowest = seen.slowest_refusal_ms.load(Ordering::Relaxed);
    println!(
        "drilled: {clients} clients of 2 nodes: good/s-before {}, refused/s-stale {}, good/s-slow {}, \
         refused/s-slow {}, good/s-after {}, slowest-refusal-ms {slowest}, recovery-ms {}, connections {open}, \
         connections-made {made}",
        before.0,
        stale.1,
        during.0,
        during.1,
        after.0,
        recovered.as_millis(),
    );
    // Some of the old ones may still wait for their end.
    let bound = 2 * 2 * (CONNECTIONS + 1);
    assert!(open.parse::<u64>().unwrap() <= bound, "{open} connections");
    assert!(
        Duration::from_millis(slowest) < QUICK,
        "{slowest} ms for a refusal"
    );
    // How many a second depends on what else the machine does; a collapse would leave next to none.
    // So a short run asserts that everybody is served, and a whole one how fast.
    assert_eq!(after.1, 0);
    if turn > Duration::from_secs(1) {
        assert!(after.0 * 2 > before.0, "{before:?} {after:?}");
    }
}
