//! The store contract on PostgreSQL, each clause in a database of its own.
#![expect(clippy::unwrap_used, reason = "a harness that fails fails its test")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use symbolon_core::store::{LogObserver, Store};
use symbolon_store::postgres::{PostgresOptions, PostgresStore, migrate};
use symbolon_testing::{
    PostgresDatabase, SeededEntropy,
    contract::{AuditRow, Harness},
};

/// A store on a database of its own.
struct Postgres {
    store: Arc<PostgresStore>,
    database: PostgresDatabase,
}

impl Postgres {
    async fn open(database: PostgresDatabase, seed: u64, observer: Arc<dyn LogObserver>) -> Self {
        let mut options = options(&database.url());
        // Races put 72 tasks on one account's row, while other tests have the processors.
        options.wait = Duration::from_secs(30);
        options.lock_timeout = Duration::from_secs(30);
        options.statement_timeout = Duration::from_secs(30);
        let entropy = Arc::new(SeededEntropy::new(seed));
        let store = PostgresStore::open(options, entropy, observer).await;
        Self {
            store: store.unwrap(),
            database,
        }
    }
}

fn options(url: &str) -> PostgresOptions {
    PostgresOptions::new(url.parse().unwrap())
}

#[async_trait]
impl Harness for Postgres {
    async fn empty(observer: Arc<dyn LogObserver>) -> Self {
        let database = PostgresDatabase::prepared(async |url| {
            let entropy = SeededEntropy::new(1);
            migrate(&options(&url), &entropy).await.unwrap();
        });
        Self::open(database.await, 1, observer).await
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn after_crash(self, observer: Arc<dyn LogObserver>) -> Self {
        // Of a process that is killed the server sees this much. How it is when the server itself is
        // killed, `postgres_crash.rs` shows.
        self.database.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        Self::open(self.database, 2, observer).await
    }

    async fn audit_trail(&self) -> Vec<AuditRow> {
        let rows = self.database.sql(
            "SELECT json_build_array(actor, action, target_kind || ':' || target_id, reason,
                                     request_id)
             FROM audit_events ORDER BY seq",
        );
        let row = |line: &str| {
            let (actor, action, target, reason, request_id) = serde_json::from_str(line).unwrap();
            AuditRow {
                actor,
                action,
                target,
                reason,
                request_id,
            }
        };
        rows.lines().map(row).collect()
    }
}

symbolon_testing::store_contract!(Postgres);
