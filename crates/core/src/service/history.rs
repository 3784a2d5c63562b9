//! Whether the log is the one that readers were told, or an older copy of the store was put back by
//! somebody who did not tell us.
//!
//! Two things say so: the position that was noted beside the store, at start, and the cursor of an
//! authenticated reader, while running. The answer to both is another epoch, so that every reader
//! takes the whole log and merges. The one thing that must not be broken: what anybody may make up
//! changes nothing, and readers that the last change of the epoch left with old cursors do not cause
//! the next one.

use std::sync::atomic::Ordering;

use symbolon_protocol::{Cursor, Timestamp};

use super::LogReader;
use crate::{
    error::Error,
    issuer::Issuer,
    model::{AuditAction, AuditContext},
    store::{AuditFilter, Store},
};

/// Milliseconds after another epoch within which cursors that are none of this log are what that
/// change brings along.
const SETTLING_MS: i64 = 10 * 60 * 1000;
/// When the epoch began that the store was made with: long ago.
const LONG_AGO: i64 = i64::MIN / 2;

const FOREIGN_CURSORS: &str = "symbolon_log_foreign_cursors_total";

/// Where the log stands: what is noted beside the store.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LogPosition {
    /// The log's epoch.
    pub epoch: String,
    /// Its last entry.
    pub head: Cursor,
}

/// What a noted position says about the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// It went on from there, as far as can be told.
    Continued,
    /// It is an older copy, or another store: the epoch was changed.
    Replaced,
}

/// When the present epoch began, in milliseconds.
pub(crate) async fn epoch_since(store: &dyn Store) -> Result<i64, Error> {
    // From zero, so that the first one is seen to be one more.
    metrics::counter!(FOREIGN_CURSORS).increment(0);
    let filter = AuditFilter {
        action: Some(AuditAction::EpochChanged),
        target: None,
    };
    let last = store.audit_events(filter, None, 1).await?;
    Ok(last.first().map_or(LONG_AGO, |event| event.at.as_millis()))
}

impl Issuer {
    /// Where the log stands.
    #[must_use]
    pub fn log_position(&self) -> LogPosition {
        LogPosition {
            epoch: (*self.tail.epoch()).to_owned(),
            head: self.tail.head(),
        }
    }

    /// Compares the store with the position that was noted when it was last used, and changes the
    /// epoch if it did not go on from there. To be called before anything is served.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn check_history(&self, noted: &LogPosition) -> Result<History, Error> {
        let now = self.log_position();
        if noted.epoch == now.epoch && !self.is_foreign(noted.head).await? {
            return Ok(History::Continued);
        }
        tracing::error!(
            noted = noted.head.seq,
            found = now.head.seq,
            same_epoch = noted.epoch == now.epoch,
            "this database is not the one that was used here last: an older copy was put back. \
             Verifiers keep what they know; sessions that were ended since the copy are good again \
             here. Stop the server and run `symbolon restore --in-place` to end them"
        );
        self.begin_epoch(AuditContext::system()).await?;
        Ok(History::Replaced)
    }

    /// The epoch was changed while nobody was served, by `symbolon restore`: readers meet it from now
    /// on.
    pub fn announce_epoch(&self) {
        let now = self.ambient.now().as_millis();
        self.epoch_since.fetch_max(now, Ordering::Relaxed);
    }

    /// Looks at a reader's cursor. One that this log never gave, from a client that has proved who it
    /// is, means that the store is an older copy: it is told and counted, and the epoch changes.
    /// Strangers' cursors say nothing.
    pub async fn notice_cursor(&self, reader: LogReader<'_>, after: Option<Cursor>) {
        let (LogReader::Client(client), Some(after)) = (reader, after) else {
            return;
        };
        if !self.tail.is_foreign(after) {
            return;
        }
        let now = self.ambient.now();
        let since = self.epoch_since.load(Ordering::Relaxed);
        let age = now.millis_since(Timestamp::from_millis(since));
        // One of many readers that come at once is enough.
        if (0..SETTLING_MS).contains(&age) || !self.claim_epoch(since, now.as_millis()) {
            return;
        }
        match self.is_foreign(after).await {
            Ok(true) => {}
            // The store is ahead of this process.
            Ok(false) => {
                self.claim_epoch(now.as_millis(), since);
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "a foreign cursor could not be looked into");
                self.claim_epoch(now.as_millis(), since);
                return;
            }
        }
        metrics::counter!(FOREIGN_CURSORS).increment(1);
        tracing::error!(
            %client,
            cursor = after.seq,
            head = self.tail.head().seq,
            "a verifier has read entries that this log never had: an older copy of the database was \
             put back. Verifiers keep what they know; sessions that were ended since the copy are \
             good again here. Stop the server and run `symbolon restore --in-place` to end them"
        );
        if let Err(error) = self.begin_epoch(AuditContext::system()).await {
            tracing::error!(%error, "the epoch could not be changed");
            self.claim_epoch(now.as_millis(), since);
        }
    }

    /// Answers whether nobody else has changed it meanwhile.
    fn claim_epoch(&self, from: i64, to: i64) -> bool {
        let (set, load) = (Ordering::Relaxed, Ordering::Relaxed);
        let claimed = self.epoch_since.compare_exchange(from, to, set, load);
        claimed.is_ok()
    }

    /// Whether a cursor cannot come from the store's log. Its memory is as good as this process's,
    /// and it may be ahead.
    async fn is_foreign(&self, cursor: Cursor) -> Result<bool, Error> {
        let state = self.store.log_state().await?;
        let Some(before) = cursor.seq.checked_sub(1) else {
            return Ok(cursor != state.origin);
        };
        if cursor.seq > state.head.seq {
            return Ok(true);
        }
        let found = self.store.revocations_after(before, 1).await?;
        Ok(found
            .first()
            .is_some_and(|found| found.entry.seq == cursor.seq && found.mark != cursor.mark))
    }

    /// Takes in the epoch that another node has begun: readers come to any of them.
    pub(super) async fn follow_epoch(&self) -> Result<(), Error> {
        let state = self.store.log_state().await?;
        if *state.epoch != *self.tail.epoch() {
            self.tail.begin_epoch(&state.epoch);
            self.announce_epoch();
        }
        Ok(())
    }

    /// Gives the log another epoch.
    pub(super) async fn begin_epoch(&self, audit: AuditContext) -> Result<(), Error> {
        let (from, now) = (self.tail.epoch(), self.ambient.now());
        let epoch = self.store.begin_epoch(&from, audit, now).await?;
        self.tail.begin_epoch(&epoch);
        self.epoch_since
            .fetch_max(now.as_millis(), Ordering::Relaxed);
        Ok(())
    }
}
