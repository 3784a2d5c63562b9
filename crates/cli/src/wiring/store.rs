//! Which store, and with which options.

use std::sync::Arc;

use symbolon_core::{
    entropy::Entropy,
    store::{LogObserver, Store},
};
use symbolon_store::{
    postgres::{PostgresOptions, PostgresStore, PostgresUrl},
    sqlite::{SqliteOptions, SqliteStore},
};

use crate::{
    config::{Config, StoreUrl},
    failure::Failure,
};

/// An open store, which is to be closed last.
pub(super) enum OpenStore {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl OpenStore {
    /// Opens the store that the configuration names.
    pub(super) async fn open(
        config: &Config,
        entropy: Arc<dyn Entropy>,
        observer: Arc<dyn LogObserver>,
    ) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::unreachable(format_args!("the store: {error}"))
        };
        match &config.store.url {
            StoreUrl::Sqlite(path) => {
                let path = config.server.data_dir.join(path);
                SqliteStore::open(SqliteOptions::new(path), entropy, observer)
                    .map(Self::Sqlite)
                    .map_err(|error| failed(&error))
            }
            StoreUrl::Postgres(url) => {
                let options = postgres_options(config, url);
                PostgresStore::open(options, entropy, observer)
                    .await
                    .map(Self::Postgres)
                    .map_err(|error| failed(&error))
            }
        }
    }

    /// The store for those who only use it.
    pub(super) fn shared(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::clone(store) as _,
            Self::Postgres(store) => Arc::clone(store) as _,
        }
    }

    /// Writes what is waiting and closes it.
    pub(super) async fn close(self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// How the configuration wants PostgreSQL to be worked on.
pub(crate) fn postgres_options(config: &Config, url: &PostgresUrl) -> PostgresOptions {
    let settings = &config.store;
    let mut options = PostgresOptions::new(url.clone());
    options.connections = settings.connections as usize;
    options.queue = settings.queue as usize;
    options.wait = settings.connection_wait;
    options.connect_timeout = settings.connect_timeout;
    options.statement_timeout = settings.statement_timeout;
    options.lock_timeout = settings.lock_timeout;
    options.transaction_pooler = settings.transaction_pooler;
    options
}
