//! Memory that nodes share beside the store: fast, forgetful, and never believed by itself.
//!
//! What it holds are copies of what the store has, and counts of attempts. It may lose all of it, come
//! back with an older state or be written to by a stranger, at any time: what that costs is latency, or
//! attempts that are counted by each node alone. It knows keys and bytes; what they mean, and that they
//! are sealed, [`crate::shared`] knows.

use async_trait::async_trait;

use crate::{settings::Bucket, throttle::Throttled};

/// It did not answer, or not in time. Never a reason to refuse anything: the store is asked instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shared memory does not answer")]
pub struct Unreachable;

/// Something to be kept for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedEntry {
    /// Under which key.
    pub key: String,
    /// What.
    pub value: Vec<u8>,
    /// For how many milliseconds.
    pub lives_ms: u64,
}

/// The memory. What answers nothing is done beside the request, in bounded time, and may be lost.
#[async_trait]
pub trait SharedMemory: Send + Sync + 'static {
    /// What is kept under the key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Unreachable>;

    /// Keeps these, each in place of what was there.
    fn put(&self, entries: Vec<SharedEntry>);

    /// Forgets what is kept under these keys.
    fn remove(&self, keys: Vec<String>);

    /// Forgets what is kept under these keys, and what is kept under the key that stands there.
    fn remove_named(&self, pointers: Vec<String>);

    /// Takes a token from the bucket of this key, in one step and by one clock for all nodes.
    async fn take(&self, key: &str, bucket: Bucket) -> Result<Result<(), Throttled>, Unreachable>;

    /// Gives a token back to it.
    fn give_back(&self, key: String, bucket: Bucket);
}
