//! What one node does for all: who does it, and who does it next.

use std::{process::Command, time::Duration};

use symbolon_testing::{PostgresDatabase, ServerProcess, api::PASSWORD};

use super::{node, until};

async fn holds(server: &ServerProcess) -> bool {
    server.metric("symbolon_jobs_held", &[]).await > 0.0
}

/// Two nodes, the one that does the jobs first.
async fn holder_and_other(database: &PostgresDatabase, lease: &str) -> [ServerProcess; 2] {
    let start = || node(&database.url()).set("store.lease", lease).start();
    let (a, b) = tokio::join!(start(), start());
    until(Duration::from_secs(10), async || {
        holds(&a).await || holds(&b).await
    })
    .await;
    let (a_holds, b_holds) = (holds(&a).await, holds(&b).await);
    assert_ne!(a_holds, b_holds, "one of them");
    if a_holds { [a, b] } else { [b, a] }
}

/// Something that the jobs do: the log has an entry that nobody needs any more.
async fn make_work(database: &PostgresDatabase, server: &ServerProcess) {
    let api = server.api();
    api.register("alice").await;
    for _ in 0..2 {
        let cookie = api.try_log_in("alice", PASSWORD).await.cookie("symbolon");
        let logout = api.post("/api/v1/logout").cookie(&cookie).send();
        let _ = logout.await.expect(200);
    }
    database.sql("UPDATE revocations SET until_secs = 1 WHERE seq = 1");
}

fn is_work_left(database: &PostgresDatabase) -> bool {
    database.sql("SELECT count(*) FROM revocations WHERE seq = 1") != "0"
}

fn signal(server: &ServerProcess, name: &str) {
    let pid = server.pid().to_string();
    let sent = Command::new("kill").args([name, &pid]).status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn another_node_does_the_jobs_within_the_lease_when_the_first_is_killed() {
    let database = PostgresDatabase::new();
    let [mut first, other] = holder_and_other(&database, "3s").await;
    make_work(&database, &other).await;
    first.kill();
    let took = until(Duration::from_secs(10), async || holds(&other).await).await;
    // As long as the lease, and what this machine is late.
    assert!(took < Duration::from_millis(4_500), "{took:?}");
    until(Duration::from_secs(5), async || !is_work_left(&database)).await;
    // It keeps them when the first one comes back.
    first.start().await;
    until(Duration::from_secs(10), async || {
        database.sql("SELECT count(*) FROM nodes") == "3"
    })
    .await;
    assert!(holds(&other).await && !holds(&first).await);
}

#[tokio::test]
async fn another_node_does_the_jobs_at_once_when_the_first_is_stopped() {
    let database = PostgresDatabase::new();
    let [mut first, other] = holder_and_other(&database, "10m").await;
    make_work(&database, &other).await;
    assert!(first.terminate().success());
    let took = until(Duration::from_secs(10), async || holds(&other).await).await;
    assert!(took < Duration::from_secs(3), "{took:?}");
    until(Duration::from_secs(5), async || !is_work_left(&database)).await;
}

#[tokio::test]
async fn a_node_that_was_suspended_leaves_the_jobs_to_the_one_that_has_them() {
    let database = PostgresDatabase::new();
    let [first, other] = holder_and_other(&database, "2s").await;
    signal(&first, "-STOP");
    until(Duration::from_secs(10), async || holds(&other).await).await;
    signal(&first, "-CONT");
    let message = "another node does the scheduled jobs now";
    until(Duration::from_secs(10), async || {
        let lines = first.log_lines();
        lines.iter().any(|line| line["message"] == message)
    })
    .await;
    assert!(holds(&other).await && !holds(&first).await);
    assert_eq!(first.ops().get("/readyz").send().await.status, 200);
}
