//! Passwords: the rules for new ones, argon2id on a bounded pool of its own threads, and the hashes
//! of other systems until their owners log in.
//!
//! The one thing that must not be broken: a log-in costs the same whether the account exists, and
//! hashing never runs on a thread that answers requests.

pub(crate) mod breaches;
mod foreign;
mod hasher;
mod policy;
mod pool;
mod spellings;
mod stored;
mod strength;

pub use breaches::Breaches;
pub use hasher::Verdict;
pub use policy::MAX_PASSWORD_BYTES;
pub use pool::{PasswordPool, PoolStats};
pub use strength::Strength;

pub(crate) use policy::{check_new, normalise};
pub(crate) use spellings::import;
