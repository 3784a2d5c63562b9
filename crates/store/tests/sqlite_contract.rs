//! The store contract on SQLite.
#![expect(clippy::unwrap_used, reason = "a harness that fails fails its test")]

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use symbolon_core::store::{LogObserver, Store};
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{
    SeededEntropy,
    contract::{AuditRow, Harness},
};
use tempfile::TempDir;

/// A store in a directory of its own.
struct Sqlite {
    dir: TempDir,
    store: Arc<SqliteStore>,
}

const FILE: &str = "symbolon.db";

impl Sqlite {
    fn open(dir: TempDir, seed: u64, observer: Arc<dyn LogObserver>) -> Self {
        let options = SqliteOptions::new(dir.path().join(FILE));
        let store = SqliteStore::open(options, Arc::new(SeededEntropy::new(seed)), observer);
        Self {
            store: store.unwrap(),
            dir,
        }
    }
}

#[async_trait]
impl Harness for Sqlite {
    async fn empty(observer: Arc<dyn LogObserver>) -> Self {
        Self::open(tempfile::tempdir().unwrap(), 1, observer)
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn after_crash(self, observer: Arc<dyn LogObserver>) -> Self {
        // The files as they are; the shared-memory index is lost with the process.
        let dir = tempfile::tempdir().unwrap();
        for file in [FILE, &format!("{FILE}-wal")] {
            copy(self.dir.path(), dir.path(), file);
        }
        Self::open(dir, 2, observer)
    }

    async fn audit_trail(&self) -> Vec<AuditRow> {
        let conn = rusqlite::Connection::open(self.dir.path().join(FILE)).unwrap();
        let mut rows = conn
            .prepare(
                "SELECT actor, action, target_kind || ':' || target_id, reason, request_id
                 FROM audit_events ORDER BY seq",
            )
            .unwrap();
        let rows = rows.query_map([], |row| {
            Ok(AuditRow {
                actor: row.get(0)?,
                action: row.get(1)?,
                target: row.get(2)?,
                reason: row.get(3)?,
                request_id: row.get(4)?,
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}

fn copy(from: &Path, to: &Path, file: &str) {
    std::fs::copy(from.join(file), to.join(file)).unwrap();
}

symbolon_testing::store_contract!(Sqlite);
