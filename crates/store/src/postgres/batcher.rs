//! Requests that come at the same time, taken together: in one transaction they share its round trips and
//! its commit, on one connection the wait for it.

use std::{
    future::Future,
    pin::pin,
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
    queue: mpsc::Sender<Waiting<Q, A>>,
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
        (
            Self { queue },
            tokio::spawn(take(runner, waiting, at_once, work)),
        )
    }

    /// Does what is asked, with others who ask at the same time. A caller that goes away does not stop
    /// it.
    pub(super) async fn ask(&self, request: Q) -> Result<A, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send((request, answer))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Saturated,
                mpsc::error::TrySendError::Closed(_) => {
                    StoreError::Unavailable("the store is closed".to_owned())
                }
            })?;
        answered.await.map_err(|_| unanswered())?
    }

    /// The same for what changes nothing: given up when it has not been begun after this time.
    pub(super) async fn ask_within(
        &self,
        request: Q,
        begun: &AtomicBool,
        most: Duration,
    ) -> Result<A, StoreError> {
        let mut asked = pin!(self.ask(request));
        if let Ok(answer) = tokio::time::timeout(most, &mut asked).await {
            return answer;
        }
        if begun.load(Ordering::Acquire) {
            return asked.await;
        }
        Err(StoreError::Saturated)
    }
}

fn unanswered() -> StoreError {
    StoreError::OutcomeUnknown("the command ended without an answer".to_owned())
}

async fn take<Q, A, F, Fut>(
    runner: Arc<Runner>,
    mut waiting: mpsc::Receiver<Waiting<Q, A>>,
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
