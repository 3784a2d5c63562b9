//! What the domain needs of a store: atomic verbs, never read-then-write.
//!
//! Rules for every backend, checked by the contract suite:
//! - "Not found" is a value; a failing store is a [`StoreError`]. The two are never confused.
//! - A verb that adds or renews a node locks its parents' rows (account → session → grant, always
//!   in that order) and checks their state again in the same transaction.
//! - A verb that answered `Ok` is durable.
//! - Revocations become visible in the order of `seq` without gaps, and the [`LogObserver`] has
//!   seen them before the verb answers.

mod accounts;
mod audit;
mod changes;
mod error;
mod grants;
mod keys;
mod log;
mod nodes;
mod reach;
mod sessions;

pub use accounts::{
    AccountStore, ClaimAdmin, CreateAccount, Imported, ImportedAccount, LoginAccount, NewAccount,
    SetupCode,
};
pub use audit::{AuditFilter, AuditStore};
pub use changes::{
    Applied, Change, ChangeOutcome, ChangeRequest, ChangeStore, EndedCount, Horizon, RenewedCookie,
};
pub use error::StoreError;
pub use grants::{GrantStore, LiveGrant, Presented, RotateGrant, Rotation};
pub use keys::{InitialKeys, KeyStore, PromoteKey};
pub use log::{LogObserver, LogStore};
pub use nodes::{Duty, Lease, LeaseClaim, NodeReport, NodeStore, Peer, Peers, Told, ToldReader};
pub use reach::{Reach, ReachOf};
pub use sessions::{CreateSession, NewGrant, NewSession, SessionStore, SessionView};

/// Everything that one issuer keeps.
pub trait Store:
    AccountStore
    + SessionStore
    + GrantStore
    + ChangeStore
    + KeyStore
    + LogStore
    + NodeStore
    + AuditStore
    + 'static
{
}

impl<S> Store for S where
    S: AccountStore
        + SessionStore
        + GrantStore
        + ChangeStore
        + KeyStore
        + LogStore
        + NodeStore
        + AuditStore
        + 'static
{
}
