//! How a verifier is doing.

use std::time::Duration;

/// A verifier's state at one moment, for readiness checks and diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Status {
    /// Whether the keys are known and the revocation log is complete up to `max_staleness` ago.
    pub live: bool,
    /// How old the local copy of the revocation log is; `None` before it was first complete.
    pub age: Option<Duration>,
    /// How many ids are revoked at present.
    pub entries: usize,
    /// The log's epoch; another one means that the issuer's store was restored.
    pub epoch: Option<String>,
    /// The `kid`s of the keys that verify tokens.
    pub keys: Vec<String>,
    /// What is wrong at present.
    pub problem: Option<String>,
}
