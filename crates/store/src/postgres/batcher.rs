//! Requests that come at the same time, taken together: in one transaction they share its round trips and
//! its commit, on one connection the wait for it.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use symbolon_core::store::StoreError;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
};

use super::run::Runner;

/// Requests that are taken together at most.
const MOST: usize = 64;

/// Whom to tell what became of a request.
pub(super) type Answer<A> = oneshot::Sender<Result<A, StoreError>>;
/// A request of a batch.
pub(super) type Waiting<Q, A> = (Q, Answer<A>);

/// Takes requests into batches.
pub(super) struct Batcher<Q, A> {
    queue: mpsc::Sender<Queued<Q, A>>,
    /// How long a request may wait until it is begun.
    wait: Duration,
}

/// A request that is not begun.
struct Queued<Q, A> {
    waiting: Waiting<Q, A>,
    /// Whoever sets it decides: it is begun, or given up.
    claimed: Arc<AtomicBool>,
}

impl<Q: Send + 'static, A: Send + 'static> Batcher<Q, A> {
    /// Starts taking requests; at most `queue` may wait. `work` answers all of a batch, `at_once` of
    /// which are worked on at the same time. The task ends
    /// when the batcher is dropped or the runner is closed, after what waits then.
    pub(super) fn start<F, Fut>(
        runner: Arc<Runner>,
        queue: usize,
        at_once: u32,
        work: F,
    ) -> (Self, JoinHandle<()>)
    where
        F: Fn(Arc<Runner>, Vec<Waiting<Q, A>>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(queue.max(1));
        let wait = runner.wait;
        (
            Self { queue, wait },
            tokio::spawn(take(runner, waiting, at_once, work)),
        )
    }

    /// Does what is asked, with others who ask at the same time. A caller that goes away does not stop
    /// it. What was not begun within the time that one waits for a connection is not done.
    pub(super) async fn ask(&self, request: Q) -> Result<A, StoreError> {
        let (answer, mut answered) = oneshot::channel();
        let claimed = Arc::new(AtomicBool::new(false));
        let queued = Queued {
            waiting: (request, answer),
            claimed: Arc::clone(&claimed),
        };
        self.queue.try_send(queued).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Saturated,
            mpsc::error::TrySendError::Closed(_) => {
                StoreError::Unavailable("the store is closed".to_owned())
            }
        })?;
        let answer = match tokio::time::timeout(self.wait, &mut answered).await {
            Ok(answer) => answer,
            // Nobody has taken it up, and now nobody will.
            Err(_) if !claimed.swap(true, Ordering::AcqRel) => return Err(StoreError::Saturated),
            Err(_) => answered.await,
        };
        answer.map_err(|_| {
            StoreError::OutcomeUnknown("the command ended without an answer".to_owned())
        })?
    }
}

async fn take<Q, A, F, Fut>(
    runner: Arc<Runner>,
    mut waiting: mpsc::Receiver<Queued<Q, A>>,
    turns: u32,
    work: F,
) where
    Q: Send + 'static,
    A: Send + 'static,
    F: Fn(Arc<Runner>, Vec<Waiting<Q, A>>) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let at_once = Arc::new(Semaphore::new(turns as usize));
    loop {
        // What comes while all are at work is in the next one.
        let Ok(turn) = Arc::clone(&at_once).acquire_owned().await else {
            return;
        };
        let mut batch = Vec::new();
        tokio::select! {
            taken = waiting.recv_many(&mut batch, MOST) => if taken == 0 { break },
            () = runner.closed() => waiting.close(),
        }
        let begun = batch
            .into_iter()
            .filter(|queued| !queued.claimed.swap(true, Ordering::AcqRel));
        let batch: Vec<_> = begun.map(|queued| queued.waiting).collect();
        if batch.is_empty() {
            // All were given up, or no more are taken.
            continue;
        }
        let working = work(Arc::clone(&runner), batch);
        tokio::spawn(async move {
            working.await;
            drop(turn);
        });
    }
    // Those that were at work are done when all turns are there.
    drop(at_once.acquire_many(turns).await);
}

/// Notes how many shared a transaction.
pub(super) fn count(shared: usize) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a batch is far smaller than 2^52"
    )]
    metrics::histogram!("symbolon_store_batch_commands").record(shared as f64);
}
