//! What the processes that share a store need to be several: who does what one does for all, and
//! what the store's clock shows.
//!
//! A store of one process has nothing to share: it grants every lease and has no clock of its own.

use std::time::Duration;

use async_trait::async_trait;
use symbolon_protocol::Timestamp;

use super::StoreError;

/// What one node does for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// What is due by the clock: rotating keys, forgetting revocations, deleting what is long dead.
    Jobs,
    /// Removing the traces of erased accounts.
    Traces,
}

impl Duty {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Traces => "traces",
        }
    }
}

/// Who wants to do something for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseClaim {
    /// What.
    pub duty: Duty,
    /// The node, by a name that no other process has.
    pub holder: String,
    /// How long others leave it to this node, from now on by the store's clock.
    pub ttl: Duration,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// The claimant's, for as long as it said.
    Held,
    /// Another node's.
    Elsewhere {
        /// After which time it is free, unless that node claims it again.
        left: Duration,
    },
}

/// Being one of several nodes.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Takes a lease that is free, or renews the claimant's own. Of all that claim one at the same
    /// time one holds it.
    async fn claim_lease(&self, claim: LeaseClaim) -> Result<Lease, StoreError>;

    /// Gives a lease back, if this node holds it: it is free at once.
    async fn release_lease(&self, duty: Duty, holder: &str) -> Result<(), StoreError>;

    /// What the store's own clock shows. `None`: it has none but this machine's.
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError>;
}
