//! Grants: the refresh-token counter.

use async_trait::async_trait;
use symbolon_protocol::{GrantId, Timestamp};

use super::{EndedCount, Horizon, StoreError};
use crate::model::{Account, AuditContext, Grant, Session, TruncatedIp};

/// One use of a refresh token whose MAC has been verified.
#[derive(Debug, Clone)]
pub struct RotateGrant {
    /// `gid`.
    pub grant: GrantId,
    /// The generation that was presented.
    pub generation: u64,
    /// Milliseconds from a rotation within which the token it spent may come again.
    pub grace_ms: i64,
    /// Which server secret makes the successor.
    pub secret_id: u32,
    /// Whether reuse ends the grant's session too.
    pub reuse_ends_session: bool,
    /// From where, if that is known; noted with the use of the session.
    pub from: Option<TruncatedIp>,
}

/// What a refresh token's generation is to its grant's counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The current one: the counter is to move.
    Current,
    /// The one before, within the window that counts from the rotation that spent it and includes its
    /// last millisecond.
    InGrace,
    /// Older, or after the window.
    Spent,
    /// One that the store has not issued yet.
    Ahead,
}

impl RotateGrant {
    /// What it is to the grant's counter at `now`: the refresh rule, the same for every store.
    #[must_use]
    pub fn presented(&self, grant: &Grant, now: Timestamp) -> Presented {
        if self.generation > grant.generation {
            return Presented::Ahead;
        }
        if self.generation == grant.generation {
            return Presented::Current;
        }
        let is_previous = self.generation.checked_add(1) == Some(grant.generation);
        match grant.rotated_at {
            Some(at) if is_previous && now <= at.plus_millis(self.grace_ms) => Presented::InGrace,
            _ => Presented::Spent,
        }
    }
}

/// A grant with its living parents, read in the transaction that renewed it.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveGrant {
    /// The grant, after the step.
    pub grant: Grant,
    /// Its session, unless it is offline.
    pub session: Option<Session>,
    /// Its account.
    pub account: Account,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Rotation {
    /// The counter moved by one; the session was touched.
    Rotated(Box<LiveGrant>),
    /// The token before the current one, within its grace window: nothing was written, the
    /// successor is the same as before.
    Replayed(Box<LiveGrant>),
    /// A spent token after its window: the grant was ended (and its session, if so configured),
    /// with its revocation and audit row.
    Reused(EndedCount),
    /// A generation that was never issued here: the store is older than the token.
    Ahead,
    /// The grant, its session or its account is no longer alive.
    Ended,
    /// No such grant.
    Unknown,
}

/// Grants.
#[async_trait]
pub trait GrantStore: Send + Sync {
    /// The grant with this id, in whatever state it is. For checking a MAC; decides nothing.
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError>;

    /// Uses a refresh token: compare-and-swap of the generation under the locks of account,
    /// session and grant.
    async fn rotate(
        &self,
        rotate: RotateGrant,
        horizon: Horizon,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Rotation, StoreError>;
}
