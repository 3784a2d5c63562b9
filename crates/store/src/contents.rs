//! What a store holds, for whoever saves it or brings it back.

use symbolon_core::Timestamp;

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Its schema.
    pub schema_version: u32,
    /// Accounts that are not erased.
    pub accounts: u64,
    /// Sessions that are alive.
    pub sessions: u64,
    /// Grants that are alive.
    pub grants: u64,
    /// The number of the revocation log's last entry.
    pub head: u64,
    /// The log's epoch.
    pub epoch: String,
    /// The latest moment that its server has noted, within a minute.
    pub latest: Timestamp,
}
