//! The database takes no writes, as a primary that was demoted does not: known sessions and reads go
//! on, nothing is acknowledged that is not kept.

use std::time::Duration;

use symbolon_testing::PostgresDatabase;

use crate::{
    crowd::Crowd,
    stage::{lasting, node, two},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_for_a_while() {
    let database = PostgresDatabase::new();
    let servers = two(&node(&database.url())).await;
    let mut crowd = Crowd::gather(&servers).await;
    crowd.acts(lasting(Duration::from_secs(1))).await;
    set_read_only(&database, "on");
    crowd.acts(lasting(Duration::from_secs(2))).await;
    set_read_only(&database, "off");
    let recovered = crowd.recovers().await;
    crowd.acts(lasting(Duration::from_secs(1))).await;
    let history = crowd.disperses(&database).await;
    assert!(history.refused("503-store_unavailable") > 0, "{history:?}");
    history.print("read-only", recovered);
}

/// For connections that are made from now on; there are no others.
fn set_read_only(database: &PostgresDatabase, on: &str) {
    let name = database.name();
    database.sql_beside(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = {on}"
    ));
    database.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
}
