//! The store of several nodes: one PostgreSQL database that all of them work on.
//!
//! Each verb is one transaction that locks the rows of its parents (account, then session, then
//! grant) and looks at them again before it writes. What it appends to the revocation log gets its
//! numbers under an advisory lock that is taken last and held until the commit, so that the log is
//! prefix-closed for whoever reads it. Each node follows the log on a connection of its own.
//!
//! The one thing that must not be broken: nobody hears of a change before its commit was answered
//! and this node's observer has its entries.

mod accounts;
mod audit;
mod batcher;
mod bulk;
mod change;
mod conn;
mod connector;
mod contents;
mod failure;
mod grants;
mod hosts;
mod keys;
mod locks;
mod log;
mod lone;
mod nodes;
mod open;
mod options;
mod query;
mod rows;
mod run;
mod schema;
mod sessions;
mod tail;
mod tls;
mod traces;
mod tx;

use std::sync::{Arc, Mutex, PoisonError};

pub use bulk::PostgresBulk;
pub use contents::contents;
use futures_util::future::BoxFuture;
pub use open::OpenError;
pub use options::{InvalidUrl, PostgresOptions, PostgresUrl};
pub use schema::{Migration, SchemaState, check, migrate, migrate_with};
use symbolon_core::{
    Entropy,
    store::{ChangeOutcome, ChangeRequest, LogObserver, Rotation, SessionView, StoreError},
};
pub use tls::TlsError;
use tokio::{sync::watch, task::JoinHandle};

use self::{
    batcher::Batcher, connector::Connector, failure::Outcome, grants::Use, run::Runner,
    sessions::Shown, tx::Tx,
};

/// A store in a PostgreSQL database. Dropping it stops what follows the log; [`close`] also waits for
/// verbs that run.
///
/// [`close`]: Self::close
pub struct PostgresStore {
    runner: Arc<Runner>,
    changes: Batcher<ChangeRequest, ChangeOutcome>,
    rotations: Batcher<Use, Rotation>,
    uses: Batcher<Shown, Option<SessionView>>,
    connector: Connector,
    /// Verbs that have or wait for a connection at most.
    places: u32,
    stop: watch::Sender<bool>,
    /// What takes changes, rotations and uses of sessions, and what follows the log.
    tasks: Mutex<Option<Tasks>>,
}

struct Tasks {
    changes: JoinHandle<()>,
    rotations: JoinHandle<()>,
    uses: JoinHandle<()>,
    follower: JoinHandle<()>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("pool", &self.runner.pool.status())
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects to the database, brings its schema up to date, and begins to follow its log.
    ///
    /// # Errors
    /// When it cannot be reached or is not one that this release can work on.
    pub async fn open(
        options: PostgresOptions,
        entropy: Arc<dyn Entropy>,
        observer: Arc<dyn LogObserver>,
    ) -> Result<Arc<Self>, OpenError> {
        open::open(options, entropy, observer).await.map(Arc::new)
    }

    /// Waits for verbs that run and closes every connection. Verbs that come later are answered with
    /// [`StoreError::Unavailable`].
    pub async fn close(&self) {
        let tasks = self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(tasks) = tasks else {
            return;
        };
        self.runner.closing.send_replace(true);
        let batches = tasks.changes.await.and(tasks.rotations.await);
        let batches = batches.and(tasks.uses.await);
        self.runner.lone.ended().await;
        drop(self.runner.places.acquire_many(self.places).await);
        self.runner.places.close();
        self.runner.pool.close();
        // Last: whoever has committed waits until the log was read.
        self.stop.send_replace(true);
        if batches.is_err() || tasks.follower.await.is_err() {
            tracing::error!("a task of the store had panicked");
        }
    }

    /// Runs a command; see [`Runner::write`].
    async fn write<A, T, F>(&self, args: A, verb: F) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Outcome<T>> + Send + Sync + 'static,
    {
        self.runner.write(args, verb).await.map(|done| done.value)
    }
}
