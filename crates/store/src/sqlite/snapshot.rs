//! A database as a file for itself: copied while others write to it, and looked at before it is
//! trusted.
//!
//! The copy is made by `VACUUM INTO` and not by SQLite's backup API, which copies page by page: what
//! was deleted would come along in free pages and in the gaps of others. The copy is written row by
//! row from one snapshot, so it has none of that, and it does not begin anew when somebody writes.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, InterruptHandle, params};
use symbolon_core::Timestamp;

use super::{OpenError, connection, schema};
use crate::Contents;

/// How long to wait for a lock. Reading takes one for the moment of opening at most.
const BUSY: Duration = Duration::from_secs(5);

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The source is none that this release can work on.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// SQLite takes no path that is not UTF-8.
    #[error("{} is not UTF-8", .0.display())]
    Path(PathBuf),
    /// It could not be written to the end.
    #[error("cannot write the copy: {0}")]
    Sqlite(rusqlite::Error),
    /// It could not be made durable.
    #[error("cannot write the copy: {0}")]
    File(#[from] io::Error),
}

/// A database that is to be copied; nothing of it is changed.
#[derive(Debug)]
pub struct CopySource {
    conn: Connection,
}

impl CopySource {
    /// Opens it for reading. Its server may run, or may have been killed.
    ///
    /// # Errors
    /// If it cannot be read or is none that this release can work on.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let conn = connection::open_for_copying(path, BUSY)?;
        schema::check(&conn)?;
        schema::refuse_unfinished(&conn)?;
        Ok(Self { conn })
    }

    /// Bytes that the copy will have, roughly.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn size(&self) -> Result<u64, OpenError> {
        let bytes: i64 = self.conn.query_row(
            "SELECT (p.page_count - f.freelist_count) * s.page_size
             FROM pragma_page_count() AS p, pragma_freelist_count() AS f, pragma_page_size() AS s",
            [],
            |row| row.get(0),
        )?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    /// What stops [`write_to`](Self::write_to) from another thread.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.conn.get_interrupt_handle())
    }

    /// Writes all of it, as it is at this moment, into an empty file, durably. The write-ahead log of
    /// a running server grows until this is done, and is read no longer.
    ///
    /// # Errors
    /// If it cannot be read, or the copy not be written.
    pub fn write_to(self, target: &Path) -> Result<(), CopyError> {
        let path = target
            .to_str()
            .ok_or_else(|| CopyError::Path(target.to_path_buf()))?;
        self.conn
            .execute("VACUUM INTO ?1", params![path])
            .map_err(CopyError::Sqlite)?;
        drop(self.conn);
        Ok(File::open(target)?.sync_all()?)
    }
}

/// Stops a copy that is being written, which then fails.
pub struct Interrupter(InterruptHandle);

impl std::fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupter")
    }
}

impl Interrupter {
    /// Does so.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

impl Contents {
    /// Reads a database file that nobody writes to, every page of it.
    ///
    /// # Errors
    /// If it is damaged, or none that this release can work on.
    pub fn read(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        let conn = connection::open_for_reading(path, BUSY)?;
        let version = schema::check(&conn)?;
        let found: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Err(OpenError::Damaged(found));
        }
        let number = |sql: &str| {
            let found = conn.query_row(sql, [now.as_millis()], |row| row.get::<_, i64>(0));
            found.map(|number| u64::try_from(number).unwrap_or(0))
        };
        let (epoch, latest) = conn.query_row("SELECT epoch, latest FROM meta", [], |row| {
            Ok((row.get(0)?, Timestamp::from_millis(row.get(1)?)))
        })?;
        Ok(Self {
            schema_version: version,
            accounts: number("SELECT count(*) FROM accounts WHERE ?1 AND state <> 'erased'")?,
            sessions: number("SELECT count(*) FROM sessions WHERE dead_from > ?1")?,
            grants: number(
                "SELECT count(*) FROM grants WHERE ended_at IS NULL AND dead_from > ?1",
            )?,
            head: number("SELECT coalesce(max(seq), 0) FROM revocations WHERE ?1")?,
            epoch,
            latest,
        })
    }
}
