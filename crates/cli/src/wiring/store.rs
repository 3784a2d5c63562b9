//! Which store, and with which options.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use symbolon_core::{
    entropy::Entropy,
    store::{LogObserver, Store},
};
pub(crate) use symbolon_store::postgres::SchemaState;
use symbolon_store::{
    postgres::{self, OpenError, PostgresOptions, PostgresStore, PostgresUrl},
    sqlite::{self, SqliteOptions, SqliteStore},
};

use crate::{
    config::{Config, StoreUrl},
    failure::Failure,
    system::SystemEntropy,
};

/// An open store, which is to be closed last.
pub(super) enum OpenStore {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl OpenStore {
    /// Opens the store that the configuration names; one that is a file may be another one.
    pub(super) async fn open(
        config: &Config,
        file: Option<PathBuf>,
        entropy: Arc<dyn Entropy>,
        observer: Arc<dyn LogObserver>,
    ) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::unreachable(format_args!("the store: {error}"))
        };
        match &config.store.url {
            StoreUrl::Sqlite(path) => {
                let path = file.unwrap_or_else(|| config.server.data_dir.join(path));
                SqliteStore::open(SqliteOptions::new(path), entropy, observer)
                    .map(Self::Sqlite)
                    .map_err(|error| unopened(&error))
            }
            StoreUrl::Postgres(url) => {
                let options = postgres_options(config, url);
                PostgresStore::open(options, entropy, observer)
                    .await
                    .map(Self::Postgres)
                    .map_err(|error| match error {
                        OpenError::Unfinished => failed(&error).hint(UNFINISHED),
                        _ => failed(&error),
                    })
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

/// What to do about a database that is damaged.
pub(super) const DAMAGED: &str = "keep a copy of the data directory as it is; `symbolon store check` says \
     more, and `symbolon restore` brings a backup back";

/// What to do about a database that is the target of a copy that was interrupted.
const UNFINISHED: &str = "the same `symbolon store copy` again goes on where it was interrupted";

fn unopened(error: &sqlite::OpenError) -> Failure {
    let failure = Failure::unreachable(format_args!("the store: {error}"));
    match error {
        sqlite::OpenError::Unfinished => failure.hint(UNFINISHED),
        sqlite::OpenError::Damaged(_)
        | sqlite::OpenError::NotSymbolon
        | sqlite::OpenError::NoWriteAheadLog { .. }
        | sqlite::OpenError::Sqlite(_) => failure.hint(DAMAGED),
        _ => failure,
    }
}

/// Everything that is wrong with the database file, in words. `in_use`: a server runs.
pub(crate) fn check_file(path: &Path, in_use: bool) -> Result<Vec<String>, Failure> {
    sqlite::check(path, in_use).map_err(|error| unopened(&error))
}

/// Runs the migrations that are pending, or with `check` none; how the schema stood before.
pub(crate) async fn migrate(config: &Config, check: bool) -> Result<SchemaState, Failure> {
    let StoreUrl::Postgres(url) = &config.store.url else {
        return Err(Failure::usage(
            "the store is SQLite, whose schema every start brings up to date",
        )
        .hint("this command is for store.url = \"postgres://…\""));
    };
    let options = postgres_options(config, url);
    let state = if check {
        postgres::check(&options).await
    } else {
        postgres::migrate(&options, &SystemEntropy).await
    };
    state.map_err(|error| {
        let is_refused = matches!(error, OpenError::TooNew { .. } | OpenError::NotSymbolon);
        let failure = Failure::unreachable(format_args!("the store: {error}"));
        if is_refused {
            failure.hint("run the release that made it, or name another database")
        } else {
            failure
        }
    })
}

/// How the configuration wants PostgreSQL to be worked on.
pub(super) fn postgres_options(config: &Config, url: &PostgresUrl) -> PostgresOptions {
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
