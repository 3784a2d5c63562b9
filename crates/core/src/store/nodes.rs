//! What the processes that share a store need to be several: who does what one does for all, what the
//! store's clock shows, and which verifiers read the log elsewhere.
//!
//! A store of one process has nothing to share: it grants every lease, has no clock of its own and knows
//! of nobody else.

use std::time::Duration;

use async_trait::async_trait;
use symbolon_protocol::{JwksHash, Timestamp};

use super::StoreError;
use crate::readers::ReaderName;

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

/// A reader of the log, as the node that it polls tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldReader {
    /// Which.
    pub name: ReaderName,
    /// The number of the last entry that it has applied.
    pub applied: u64,
    /// Milliseconds since it was first known to have.
    pub applied_ms: i64,
    /// Milliseconds since its last poll; 0 while one is waiting.
    pub silent_ms: i64,
    /// Which keys it holds, if it says so.
    pub jwks: Option<JwksHash>,
    /// Its name and version, if it says so.
    pub software: Option<Box<str>>,
}

/// The readers that poll one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// All that were known at some moment after this one, by the store's clock.
    pub as_of: Timestamp,
    /// The readers.
    pub readers: Vec<ToldReader>,
}

/// What a node says to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeReport {
    /// Which it is, by a name that no other process has.
    pub node: String,
    /// For how long from now on it wants to be told of the others' readers; `None` changes nothing.
    pub asks_for: Option<Duration>,
    /// Its own readers; `None` leaves those that it told of before.
    pub tells: Option<Told>,
    /// Whether the others are to look at once.
    pub calls: bool,
}

/// Another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Whether it wants to be told of readers.
    pub asks: bool,
    /// How many milliseconds ago it told of its own.
    pub told_ms: i64,
    /// What it told.
    pub told: Told,
}

/// The other nodes that were there within the last 45 seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peers {
    /// What the store's clock shows.
    pub now: Timestamp,
    /// All but the one that asks.
    pub others: Vec<Peer>,
}

/// Being one of several nodes.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Takes a lease that is free, or renews the claimant's own. Of all that claim one at the same
    /// time one holds it.
    async fn claim_lease(&self, claim: LeaseClaim) -> Result<Lease, StoreError>;

    /// Gives a lease back, if this node holds it: it is free at once.
    async fn release_lease(&self, duty: Duty, holder: &str) -> Result<(), StoreError>;

    /// Says that this node is there, and whatever else it has to say; answers who else is. Their readers
    /// are told only to a node that asks.
    async fn share(&self, report: NodeReport) -> Result<Peers, StoreError>;

    /// Until another node calls ([`NodeReport::calls`]), if that can be known at once; else for ever.
    async fn called(&self);

    /// What the store's own clock shows. `None`: it has none but this machine's.
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError>;
}
