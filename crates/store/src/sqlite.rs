//! The embedded store: one SQLite file, one writer thread, a few readers.
//!
//! All writing happens on one thread, which takes as many commands as are waiting into one
//! transaction (group commit) and answers none of them before that transaction is on the disk.
//! Each command has a savepoint of its own, so one that fails takes nothing else with it. Reading
//! happens on other threads, each over its own connection and snapshot.
//!
//! The one thing that must not be broken: nobody hears of a change, neither the caller nor the
//! log's observer, before `COMMIT` has returned.

mod accounts;
mod audit;
mod bulk;
mod change;
mod connection;
mod damage;
mod failure;
mod grants;
mod keys;
mod log;
mod nodes;
mod open;
mod query;
mod readers;
mod rows;
mod schema;
mod sessions;
mod snapshot;
mod traces;
mod tx;
mod writer;

use std::{path::PathBuf, sync::Arc, time::Duration};

pub use bulk::SqliteBulk;
pub use damage::check;
pub use open::OpenError;
use rusqlite::Connection;
pub use snapshot::{CopyError, CopySource, Interrupter};
use symbolon_core::store::StoreError;

use self::{
    damage::Met, failure::Outcome, readers::Readers, sessions::Looks, tx::Tx, writer::Writer,
};

/// Where the database is and how it is worked on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// The database file; made with mode 0600 if it is not there.
    pub path: PathBuf,
    /// How many threads read.
    pub readers: usize,
    /// How many commands may wait for the writer, and how many reads for the readers, where cookies that are shown
    /// at once are one for each 64. Beyond it
    /// the answer is [`StoreError::Saturated`].
    pub queue: usize,
    /// How many commands share a transaction at most.
    pub max_batch: usize,
    /// How long to wait for a lock that somebody outside holds (a backup, a shell).
    pub busy_timeout: Duration,
}

impl SqliteOptions {
    /// The defaults for a database at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 2,
            queue: 4096,
            max_batch: 256,
            busy_timeout: Duration::from_secs(2),
        }
    }
}

/// A store in one SQLite file. Dropping it finishes what is queued in the background; [`close`]
/// waits for that.
///
/// [`close`]: Self::close
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    looks: Looks,
    /// What was found damaged since it was opened.
    damage: Arc<Met>,
}

impl SqliteStore {
    /// Opens the database, makes it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be used or is not a database that this release can work on.
    pub fn open(
        options: SqliteOptions,
        entropy: Arc<dyn symbolon_core::Entropy>,
        observer: Arc<dyn symbolon_core::store::LogObserver>,
    ) -> Result<Arc<Self>, OpenError> {
        open::open(options, entropy, observer).map(Arc::new)
    }

    /// Finishes everything that is queued, moves the write-ahead log into the database file and
    /// closes it. Verbs that come later are answered with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        // The last connection to close tidies up, and only one that writes can.
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Runs a command on the writer thread.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Outcome<T> + Send + 'static,
    {
        self.damage.noting(self.writer.run(work).await)
    }

    /// Runs a query on a reader thread, all of it on one snapshot.
    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    {
        self.damage.noting(self.readers.run(work).await)
    }
}
