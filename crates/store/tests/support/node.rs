//! A store on a database with what its observer saw.

use std::{sync::Arc, time::Duration};

use symbolon_store::postgres::{PostgresOptions, PostgresStore};
use symbolon_testing::{RecordingObserver, SeededEntropy};

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
