//! Redis in front of PostgreSQL: copies of sessions and counts of attempts that nodes share.
//!
//! The one thing that must not be broken: Redis decides nothing. Whatever it answers, late, wrong or not at
//! all, the worst is that the store is read and that attempts are counted by this node alone. So nothing
//! waits for it longer than its time limit, and once it has failed nobody waits for it until it answers
//! again.
//!
//! A cluster is used while every master of it answers; what it lost a part of is treated like one that is
//! gone, so that limits are counted in one place or in another and never half in each.

mod commands;
mod connection;
mod link;
mod options;

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use futures_util::future::join_all;
use symbolon_core::{
    settings::Bucket,
    store::{SharedEntry, SharedMemory, Unreachable},
    throttle::Throttled,
};
use tokio::{runtime::Handle, sync::Semaphore};

use link::Link;
pub use options::{InvalidUrl, RedisOptions, RedisUrl, TlsFileError};

/// What may go on beside requests at once; beyond it copies are not left and tokens not given back.
const BESIDE: usize = 1_024;

/// Redis, one server or a cluster.
pub struct RedisMemory {
    link: Arc<Link>,
    runtime: Handle,
    beside: Arc<Semaphore>,
}

impl std::fmt::Debug for RedisMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisMemory")
    }
}

impl RedisMemory {
    /// Starts to use it, waiting for it once. That it is not there is no error: it is used from when it
    /// is. To be called on the runtime that it is to be used on.
    ///
    /// # Errors
    /// When the files of the certificates cannot be read or used.
    pub async fn open(options: RedisOptions) -> Result<Arc<Self>, TlsFileError> {
        let link = Link::start(options).await?;
        Ok(Arc::new(Self {
            link,
            runtime: Handle::current(),
            beside: Arc::new(Semaphore::new(BESIDE)),
        }))
    }

    /// Whether it answers, as far as is known.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.link.is_up()
    }

    /// Does something that no request waits for.
    fn beside<F>(&self, work: impl FnOnce(Arc<Link>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if !self.link.is_up() {
            return;
        }
        let Ok(place) = Arc::clone(&self.beside).try_acquire_owned() else {
            metrics::counter!("symbolon_shared_dropped_total").increment(1);
            return;
        };
        let work = work(Arc::clone(&self.link));
        self.runtime.spawn(async move {
            work.await;
            drop(place);
        });
    }
}

#[async_trait]
impl SharedMemory for RedisMemory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Unreachable> {
        self.link.ask(&commands::get(key)).await
    }

    fn put(&self, entries: Vec<SharedEntry>) {
        self.beside(async move |link| {
            let puts = entries.iter().map(|entry| {
                let link = &link;
                async move { link.ask::<()>(&commands::set(entry)).await }
            });
            // What was not put is read in the store.
            let _ = join_all(puts).await;
        });
    }

    fn remove(&self, keys: Vec<String>) {
        if !keys.is_empty() {
            self.beside(async move |link| {
                let _ = link.ask::<()>(&commands::unlink(&keys)).await;
            });
        }
    }

    fn remove_named(&self, pointers: Vec<String>) {
        self.beside(async move |link| {
            let reads = pointers.iter().map(|pointer| {
                let link = &link;
                async move { link.ask::<Option<String>>(&commands::get(pointer)).await }
            });
            let mut keys = Vec::new();
            for (pointer, named) in pointers.iter().zip(join_all(reads).await) {
                // Whoever can write there is not to choose what of others we delete.
                let ours = pointer
                    .rsplit_once(':')
                    .and_then(|(head, _)| head.rsplit_once(':'));
                let named = named.ok().flatten();
                keys.extend(
                    named.filter(|key| ours.is_some_and(|(prefix, _)| key.starts_with(prefix))),
                );
            }
            keys.extend(pointers);
            let _ = link.ask::<()>(&commands::unlink(&keys)).await;
        });
    }

    async fn take(&self, key: &str, bucket: Bucket) -> Result<Result<(), Throttled>, Unreachable> {
        let over: i64 = self.link.ask(&commands::take(key, bucket)).await?;
        if over <= 0 {
            return Ok(Ok(()));
        }
        let retry_after_secs = u32::try_from(over.saturating_add(999) / 1000).unwrap_or(u32::MAX);
        Ok(Err(Throttled { retry_after_secs }))
    }

    fn give_back(&self, key: String, bucket: Bucket) {
        self.beside(async move |link| {
            let _ = link.ask::<()>(&commands::give_back(&key, bucket)).await;
        });
    }
}

impl Drop for RedisMemory {
    fn drop(&mut self) {
        self.link.stop();
    }
}
