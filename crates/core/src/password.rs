//! Passwords: the rules for new ones, and argon2id on a bounded pool of its own threads.
//!
//! The one thing that must not be broken: a log-in costs the same whether the account exists, and
//! hashing never runs on a thread that answers requests.

mod hasher;
mod policy;
mod pool;

pub use hasher::Verdict;
pub use policy::MAX_PASSWORD_BYTES;
pub use pool::{PasswordPool, PoolStats};

pub(crate) use policy::{check_new, normalise};
