//! Requests that left their batch, and go on in tasks of their own. Whoever closes the store waits for them.

use std::{future::Future, sync::Arc};

use tokio::sync::Semaphore;

/// How many of a batch that came apart are at work at the same time: they are not to take all connections.
const TURNS: usize = 4;
/// More than there can be: all that wait for batches have a place in a queue.
const ALL: u32 = 1 << 20;

/// The tasks.
#[derive(Debug)]
pub(super) struct Lone {
    turns: Arc<Semaphore>,
    /// Each task holds one.
    alive: Arc<Semaphore>,
}

impl Lone {
    pub(super) fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(TURNS)),
            alive: Arc::new(Semaphore::new(ALL as usize)),
        }
    }

    /// Begins at once: for what waits for a lock that somebody else has.
    pub(super) fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        // Without a place it is dropped, which tells who waits.
        if let Ok(alive) = Arc::clone(&self.alive).try_acquire_owned() {
            tokio::spawn(async move {
                work.await;
                drop(alive);
            });
        }
    }

    /// Begins when it is its turn.
    pub(super) fn begin_in_turn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let turns = Arc::clone(&self.turns);
        self.begin(async move {
            let _turn = turns.acquire().await;
            work.await;
        });
    }

    /// Until all are done. No more may come.
    pub(super) async fn ended(&self) {
        drop(self.alive.acquire_many(ALL).await);
    }
}
