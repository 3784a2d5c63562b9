//! Stores on one database, and a connection of the test's own beside them.
use std::{sync::Arc, time::Duration};

use symbolon_core::{
    entropy::EntropyExt as _,
    store::{Change, ChangeOutcome, ChangeRequest, ChangeStore as _},
};
use symbolon_protocol::EndReason;
use symbolon_store::postgres::{PostgresOptions, PostgresStore};
use symbolon_testing::{Fixtures, PostgresDatabase, RecordingObserver, SeededEntropy};
use tokio_postgres::{Client, NoTls};

/// A store with what its observer saw.
pub(crate) struct Node {
    pub(crate) store: Arc<PostgresStore>,
    pub(crate) observer: Arc<RecordingObserver>,
}

impl Node {
    /// Opens a store; `change` sets its options.
    pub(crate) async fn open(
        url: &str,
        seed: u64,
        change: impl FnOnce(&mut PostgresOptions),
    ) -> Self {
        let mut options = PostgresOptions::new(url.parse().unwrap());
        change(&mut options);
        let observer = Arc::new(RecordingObserver::default());
        let entropy = Arc::new(SeededEntropy::new(seed));
        let store = PostgresStore::open(options, entropy, observer.clone()).await;
        Self {
            store: store.unwrap(),
            observer,
        }
    }

    /// One with the defaults.
    pub(crate) async fn new(database: &PostgresDatabase, seed: u64) -> Self {
        Self::open(&database.url(), seed, |_| {}).await
    }

    /// Revokes a token, which locks nothing but the log.
    pub(crate) async fn revoke(&self, make: &Fixtures) -> u64 {
        let outcome = self.store.change(revocation(make)).await.unwrap();
        let ChangeOutcome::Applied(applied) = outcome else {
            panic!("{outcome:?}")
        };
        applied.revocations[0].entry.seq
    }

    /// Until the observer was told of this entry.
    pub(crate) async fn sees(&self, seq: u64) {
        let seen = async {
            while self.observer.seen().last().map(|one| one.entry.seq) < Some(seq) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let late = tokio::time::timeout(Duration::from_secs(10), seen).await;
        assert!(late.is_ok(), "{seq} was not seen");
    }
}

/// The revocation of some token.
pub(crate) fn revocation(make: &Fixtures) -> ChangeRequest {
    let token = make.entropy().token_id(make.now());
    let until = make.now().as_secs() + 300;
    make.change(
        Change::RevokeToken { token, until },
        EndReason::ClientRevoked,
    )
}

/// A connection of the test's own.
pub(crate) async fn connection(database: &PostgresDatabase) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}
