//! The database is killed and started again.

use std::time::Duration;

use symbolon_testing::PostgresCluster;

use crate::{
    crowd::Crowd,
    stage::{lasting, node, two},
};

const STALE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_and_started_again() {
    let mut cluster = PostgresCluster::start();
    let database = cluster.database();
    let setup = node(&database.url()).set("store.max_staleness", "2s");
    let servers = two(&setup).await;
    let mut crowd = Crowd::gather(&servers).await;
    crowd.acts(lasting(Duration::from_secs(1))).await;
    let stopping = tokio::task::spawn_blocking(move || {
        cluster.crash();
        cluster
    });
    cluster = stopping.await.unwrap();
    // Known sessions are good for a while, then nothing is.
    crowd.acts(STALE + lasting(Duration::from_secs(2))).await;
    let starting = tokio::task::spawn_blocking(move || {
        cluster.restart();
        cluster
    });
    cluster = starting.await.unwrap();
    let recovered = crowd.recovers().await;
    crowd.acts(lasting(Duration::from_secs(1))).await;
    let history = crowd.disperses(&database).await;
    assert!(history.refused("503-store_unavailable") > 0, "{history:?}");
    assert!(history.longest() > STALE, "{history:?}");
    history.print("killed, started again", recovered);
    drop((servers, database, cluster));
}
