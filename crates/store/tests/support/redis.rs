//! A memory in a real Redis, and waiting for what it does beside requests.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use symbolon_core::{
    settings::Bucket,
    store::{SharedEntry, SharedMemory as _},
};
use symbolon_store::redis::{RedisMemory, RedisOptions};

/// A node's memory, which is in use.
pub(crate) async fn memory(url: &str) -> Arc<RedisMemory> {
    let memory = lazy_memory(url).await;
    until(async || memory.is_reachable()).await;
    memory
}

/// A node's memory, in use or not.
pub(crate) async fn lazy_memory(url: &str) -> Arc<RedisMemory> {
    // The machine that runs the tests may be busy.
    limited_memory(url, Duration::from_secs(2)).await
}

pub(crate) async fn limited_memory(url: &str, time_limit: Duration) -> Arc<RedisMemory> {
    let mut options = RedisOptions::new(url.parse().unwrap());
    options.time_limit = time_limit;
    RedisMemory::open(options).await.unwrap()
}

/// Until it holds. What goes on beside requests tells nobody when it is done.
pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let late = tokio::time::timeout(Duration::from_secs(30), held).await;
    assert!(late.is_ok(), "it did not happen");
}

pub(crate) fn entry(key: &str, value: &str) -> SharedEntry {
    SharedEntry {
        key: key.to_owned(),
        value: value.as_bytes().to_vec(),
        lives_ms: 60_000,
    }
}

/// Puts it and waits until it is there.
pub(crate) async fn put(memory: &RedisMemory, key: &str, value: &str) {
    memory.put(vec![entry(key, value)]);
    let value = Ok(Some(value.as_bytes().to_vec()));
    until(async || memory.get(key).await == value).await;
}

/// Three at once, then one in an hour.
pub(crate) fn bucket() -> Bucket {
    Bucket {
        burst: NonZeroU32::new(3).unwrap(),
        refill_ms: 3_600_000,
    }
}
