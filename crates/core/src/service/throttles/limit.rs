//! One limit: this node's own buckets, and the ones that all nodes share.
//!
//! An attempt is taken from both. So a shared memory that does not answer leaves the limit that a single
//! node has, with all that this node has counted by then, and one that lost everything grants no more
//! than one burst anew.

use std::{hash::Hash, net::IpAddr};

use symbolon_protocol::{AccountId, GrantId, Timestamp};

use crate::{
    error::Error,
    settings::Bucket,
    shared::Shared,
    throttle::{Throttle, Throttled},
};

/// Keys that each limit holds at most.
const CAPACITY: usize = 100_000;

/// Whatever attempts are counted of.
pub(super) trait Counted: Hash + Eq + Clone + Send + Sync {
    /// What tells it from others of the same limit.
    fn bytes(&self) -> Vec<u8>;
}

impl Counted for IpAddr {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::V4(v4) => v4.octets().to_vec(),
            Self::V6(v6) => v6.octets().to_vec(),
        }
    }
}

impl Counted for AccountId {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

impl Counted for GrantId {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

/// Buckets of one kind.
pub(super) struct Limit<K> {
    /// Its part of the shared keys.
    pub(super) name: &'static str,
    bucket: Bucket,
    local: Throttle<K>,
}

/// An attempt was taken, and must be given back where it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    from_all: bool,
}

impl<K: Counted> Limit<K> {
    pub(super) fn new(name: &'static str, bucket: Bucket) -> Self {
        Self {
            name,
            bucket,
            local: Throttle::new(bucket, CAPACITY),
        }
    }

    pub(super) async fn take(
        &self,
        shared: Option<&Shared>,
        key: &K,
        now: Timestamp,
    ) -> Result<Taken, Error> {
        self.local.take(key, now).map_err(limited)?;
        let Some(shared) = shared else {
            return Ok(Taken { from_all: false });
        };
        match shared.take(self.name, &key.bytes(), self.bucket).await {
            Ok(Ok(())) => Ok(Taken { from_all: true }),
            Ok(Err(throttled)) => {
                // A refused attempt costs nothing.
                self.local.give_back(key);
                Err(limited(throttled))
            }
            Err(_) => Ok(Taken { from_all: false }),
        }
    }

    pub(super) fn give_back(&self, shared: Option<&Shared>, key: &K, taken: Taken) {
        self.local.give_back(key);
        if let Some(shared) = shared.filter(|_| taken.from_all) {
            shared.give_back(self.name, &key.bytes(), self.bucket);
        }
    }

    /// Forgets this node's bucket of the key.
    pub(super) fn forget(&self, key: &K) {
        self.local.forget(key);
    }

    pub(super) fn forget_full(&self, now: Timestamp) {
        self.local.forget_full(now);
    }
}

fn limited(throttled: Throttled) -> Error {
    Error::RateLimited {
        retry_after_secs: throttled.retry_after_secs,
    }
}
