//! The way to the database is slow, then it stalls: connections are taken and nobody answers.

use std::time::Duration;

use symbolon_testing::{PostgresDatabase, PostgresProxy, postgres_proxy::Flow};

use crate::{
    crowd::Crowd,
    stage::{is_whole, lasting, node, two},
};

/// The store's own limits: for a statement, and for a connection to be made.
const LIMIT: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_and_then_not_at_all() {
    let database = PostgresDatabase::new();
    let proxy = PostgresProxy::start(&database.url()).await;
    let url = proxy.through(&database.url());
    let setup = node(&url).set("store.max_staleness", "2s");
    let servers = two(&setup).await;
    let scenes = [
        ("500 ms each way", Flow::Late(Duration::from_millis(500)), 2),
        ("stalled", Flow::Stalled, 4),
        ("50 ms each way", Flow::Late(Duration::from_millis(50)), 2),
        ("2 s each way", Flow::Late(Duration::from_secs(2)), 4),
        ("4 kB a second", Flow::Slow(4_096), 2),
    ];
    let scenes = &scenes[..if is_whole() { scenes.len() } else { 2 }];
    for &(name, flow, secs) in scenes {
        let mut crowd = Crowd::gather(&servers).await;
        crowd.acts(lasting(Duration::from_millis(500))).await;
        proxy.set(flow);
        crowd.acts(lasting(Duration::from_secs(secs))).await;
        proxy.set(Flow::Free);
        let recovered = crowd.recovers().await;
        crowd.acts(lasting(Duration::from_millis(500))).await;
        let history = crowd.disperses(&database).await;
        assert!(history.slowest_refusal() < 2 * LIMIT, "{history:?}");
        history.print(name, recovered);
    }
}
