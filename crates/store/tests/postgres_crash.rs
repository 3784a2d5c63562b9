//! What survives a crash of the database's server itself: each clause on a cluster of its own, which is
//! stopped without a word and started again on what is on its disk.
#![expect(clippy::unwrap_used, reason = "a harness that fails fails its test")]

use std::sync::Arc;

use async_trait::async_trait;
use symbolon_core::store::{LogObserver, Store};
use symbolon_store::postgres::{PostgresOptions, PostgresStore};
use symbolon_testing::{
    PostgresCluster, PostgresDatabase, SeededEntropy,
    contract::{AuditRow, Harness, erasure, grants, log},
};

struct Crashing {
    store: Arc<PostgresStore>,
    database: PostgresDatabase,
    cluster: PostgresCluster,
}

impl Crashing {
    async fn open(
        cluster: PostgresCluster,
        database: PostgresDatabase,
        seed: u64,
        observer: Arc<dyn LogObserver>,
    ) -> Self {
        let options = PostgresOptions::new(database.url().parse().unwrap());
        let entropy = Arc::new(SeededEntropy::new(seed));
        let store = PostgresStore::open(options, entropy, observer).await;
        Self {
            store: store.unwrap(),
            database,
            cluster,
        }
    }
}

#[async_trait]
impl Harness for Crashing {
    async fn empty(observer: Arc<dyn LogObserver>) -> Self {
        // What was answered has to be on the disk.
        let cluster = PostgresCluster::start_with(&["fsync=on", "full_page_writes=on"]);
        let database = cluster.database();
        Self::open(cluster, database, 1, observer).await
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn after_crash(mut self, observer: Arc<dyn LogObserver>) -> Self {
        self.cluster.crash();
        self.cluster.restart();
        Self::open(self.cluster, self.database, 2, observer).await
    }

    async fn audit_trail(&self) -> Vec<AuditRow> {
        Vec::new()
    }
}

macro_rules! clauses {
    ($($group:ident::$clause:ident,)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $clause() {
            $group::$clause::<Crashing>().await;
        }
    )+};
}

clauses! {
    grants::a_crash_loses_no_answer,
    log::numbers_are_not_used_twice,
    log::a_crash_keeps_log_and_epoch,
    erasure::traces_are_known_until_they_are_removed,
}
