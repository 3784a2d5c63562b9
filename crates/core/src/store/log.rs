//! Reading the revocation log. Appending happens in [`super::ChangeStore::change`] alone.

use std::time::Duration;

use async_trait::async_trait;
use symbolon_protocol::Timestamp;

use super::StoreError;
use crate::model::{AuditContext, LogState, Revocation};

/// Is told what was committed, in order, before the verb that did it answers. Must not block.
pub trait LogObserver: Send + Sync {
    /// These entries are durable. Consecutive calls continue each other without gaps.
    fn committed(&self, revocations: &[Revocation]);
}

/// The log.
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Where the log stands.
    async fn log_state(&self) -> Result<LogState, StoreError>;

    /// At most `limit` entries after `seq`, in order, forgotten ones left out.
    async fn revocations_after(&self, seq: u64, limit: u32) -> Result<Vec<Revocation>, StoreError>;

    /// At most `limit` entries before `before`, newest first, forgotten ones left out.
    async fn revocations_before(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Revocation>, StoreError>;

    /// Deletes entries whose `until` was before `now`, at most `limit`; never the last entry, whose
    /// mark is the head's. Answers how many.
    async fn forget_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;

    /// Notes that tokens of this lifetime are issued from now on and answers the highest lifetime
    /// in force within the last 24 hours, in seconds.
    async fn note_token_lifetime(&self, secs: u32, now: Timestamp) -> Result<u32, StoreError>;

    /// Notes what the clock shows and answers the latest moment that was ever noted, this one
    /// included.
    async fn note_clock(&self, now: Timestamp) -> Result<Timestamp, StoreError>;

    /// Gives the log another epoch, with an audit row in the same transaction, unless its epoch is
    /// no longer `from`: its history is not the one that readers were told. No entry is touched.
    /// Answers the epoch in force.
    async fn begin_epoch(
        &self,
        from: &str,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<String, StoreError>;

    /// Whether the store can be written to: does a durable write of its own.
    async fn check_writable(&self, now: Timestamp) -> Result<(), StoreError>;

    /// How old what the observer was told may be, at most, by a clock that is never set: zero where
    /// every entry is appended by this process; `None` as long as the log was not read.
    fn log_age(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    /// Whether others' entries are known here as soon as they are committed. Otherwise they are looked
    /// for, several times a second.
    fn is_notified(&self) -> bool {
        true
    }

    /// Reads what others have appended, unless that was done a moment ago, and tells the observer.
    /// Takes a fraction of a second, or fails; once for all who ask at the same time.
    async fn catch_up(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Reads what others have appended until now, whenever that was done last, and tells the observer.
    async fn read_log(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
