//! Running verbs: which connection, which transaction, what when it fails.
//!
//! The one thing that must not be broken: nobody hears of a change before its commit was answered
//! and this process's copy of the log has its entries.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Pool, PoolError, TimeoutType};
use futures_util::future::{BoxFuture, join, try_join};
use symbolon_core::{Entropy, entropy::EntropyExt as _, model::Revocation, store::StoreError};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_postgres::error::SqlState;

use super::{
    conn::Conn,
    failure::{Failure, Outcome, describe},
    lone::Lone,
    tail::Tail,
    tx::{LastWrite, Tx},
};

/// How often a verb is tried while others are in its way.
const ATTEMPTS: u32 = 5;
/// Pause before another attempt, in milliseconds, at most; the longer the more there were.
const PAUSE_MS: u64 = 16;
/// How long a verb whose commit was answered waits until this node has read its entries.
const READ_LIMIT: Duration = Duration::from_secs(5);

const FAILED_COMMITS: &str = "symbolon_store_failed_commits_total";

/// What verbs run on.
pub(super) struct Runner {
    pub(super) pool: Pool,
    /// One for each verb that has a connection or waits for one.
    pub(super) places: Arc<Semaphore>,
    pub(super) prepares: bool,
    pub(super) statement_limit: Duration,
    /// How long one waits for a connection.
    pub(super) wait: Duration,
    /// What begins a transaction that writes.
    pub(super) begin: String,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) tail: Arc<Tail>,
    /// Another node has called.
    pub(super) called: Arc<Notify>,
    /// Whether verbs are still taken.
    pub(super) closing: watch::Sender<bool>,
    /// What left its batch.
    pub(super) lone: Lone,
}

/// What a transaction did.
pub(super) struct Done<T> {
    /// The verb's answer.
    pub(super) value: T,
    /// The entries that it appended, with their numbers.
    pub(super) entries: Vec<Revocation>,
}

/// Where an attempt failed.
enum Failed {
    /// Before the commit: nothing is left of it.
    Before(Failure),
    /// The answer to the commit did not come.
    InDoubt(Failure),
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Before(failure)
    }
}

impl Runner {
    /// Until no more verbs are taken.
    pub(super) async fn closed(&self) {
        let mut closing = self.closing.subscribe();
        let _closed = closing.wait_for(|closing| *closing).await;
    }

    /// A connection; an answer within the pool's time limits, whatever it is.
    pub(super) async fn conn(&self) -> Result<Conn, StoreError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|error| match error {
                tokio::sync::TryAcquireError::NoPermits => StoreError::Saturated,
                tokio::sync::TryAcquireError::Closed => closed(),
            })?;
        let client = self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => StoreError::Saturated,
            PoolError::Closed => closed(),
            PoolError::Backend(error) if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS) => {
                StoreError::Saturated
            }
            PoolError::Backend(error) => StoreError::Unavailable(describe(&error)),
            other => StoreError::Unavailable(other.to_string()),
        })?;
        Ok(Conn::new(
            client,
            place,
            self.prepares,
            self.statement_limit,
        ))
    }

    /// Runs one statement that changes nothing.
    pub(super) async fn look<A, T, F>(&self, args: A, verb: F) -> Result<T, StoreError>
    where
        A: Sync,
        F: for<'a> Fn(&'a Conn, &'a A) -> BoxFuture<'a, Outcome<T>> + Send + Sync,
    {
        let first = verb(&self.conn().await?, &args).await;
        match first {
            Err(failure) if failure.is_passing() => {
                self.forget_lost(&failure);
                verb(&self.conn().await?, &args).await
            }
            other => other,
        }
        .map_err(Failure::into_store_error)
    }

    /// Runs statements that change nothing, all of them on one snapshot.
    pub(super) async fn snapshot<A, T, F>(&self, args: A, verb: F) -> Result<T, StoreError>
    where
        A: Sync,
        T: Send,
        F: for<'a> Fn(&'a Conn, &'a A) -> BoxFuture<'a, Outcome<T>> + Send + Sync,
    {
        let first = self.on_snapshot(&args, &verb).await;
        match first {
            Err(failure) if failure.is_passing() => {
                self.forget_lost(&failure);
                self.on_snapshot(&args, &verb).await
            }
            other => other,
        }
        .map_err(Failure::into_store_error)
    }

    /// After the loss of a connection no other one is used that was open then: the server has closed
    /// it as well, and nobody has looked at it since.
    fn forget_lost(&self, failure: &Failure) {
        if failure.is_lost() {
            self.pool.retain(|_, _| false);
        }
    }

    async fn on_snapshot<A, T, F>(&self, args: &A, verb: &F) -> Outcome<T>
    where
        A: Sync,
        T: Send,
        F: for<'a> Fn(&'a Conn, &'a A) -> BoxFuture<'a, Outcome<T>> + Send + Sync,
    {
        let mut conn = self.conn().await?;
        conn.enter();
        let begin = conn.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        let outcome = behind(begin, verb(&conn, args)).await?;
        conn.roll_back().await;
        outcome
    }

    /// Runs a command in a transaction of its own and waits until it is durable and this process's
    /// copy of the log has its entries. A caller that goes away does not stop it: a log-out happens
    /// even if nobody waits for its answer.
    pub(super) async fn write<A, T, F>(
        self: &Arc<Self>,
        args: A,
        verb: F,
    ) -> Result<Done<T>, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Outcome<T>> + Send + Sync + 'static,
    {
        let runner = Arc::clone(self);
        let task = tokio::spawn(async move { runner.transact(&args, &verb).await });
        task.await.map_err(|_| {
            StoreError::OutcomeUnknown("the command ended without an answer".to_owned())
        })?
    }

    /// The same without a task of its own.
    pub(super) async fn transact<A, T, F>(&self, args: &A, verb: &F) -> Result<Done<T>, StoreError>
    where
        A: Sync,
        T: Send,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Outcome<T>> + Send + Sync,
    {
        let mut attempt = 1;
        loop {
            let conn = self.conn().await?;
            let failed = match self.attempt(conn, args, verb).await {
                Ok(done) => {
                    self.pass_on(&done.entries).await?;
                    return Ok(done);
                }
                Err(failed) => failed,
            };
            match failed {
                Failed::Before(failure) if failure.is_passing() && attempt < ATTEMPTS => {
                    self.forget_lost(&failure);
                    self.pause(attempt).await;
                    attempt += 1;
                }
                Failed::Before(failure) => {
                    let error = failure.into_store_error();
                    if !matches!(error, StoreError::Inconsistent { .. }) {
                        self.count(&error);
                    }
                    return Err(error);
                }
                Failed::InDoubt(failure) => {
                    // Should it have happened, every node is to know soon.
                    self.tail.announce();
                    let why = failure.into_store_error().to_string();
                    let error = StoreError::OutcomeUnknown(why);
                    self.count(&error);
                    return Err(error);
                }
            }
        }
    }

    async fn attempt<A, T, F>(&self, mut conn: Conn, args: &A, verb: &F) -> Result<Done<T>, Failed>
    where
        A: Sync,
        T: Send,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Outcome<T>> + Send + Sync,
    {
        conn.enter();
        let mut tx = Tx::new(conn, Arc::clone(&self.entropy));
        let outcome = behind(tx.batch(&self.begin), verb(&tx, args)).await?;
        let settled = match outcome {
            Ok(value) => tx.settle().await.map(|settled| (value, settled)),
            Err(failure) => Err(failure),
        };
        match settled {
            Ok((value, (entries, last))) => {
                commit(&mut tx, last).await?;
                Ok(Done { value, entries })
            }
            Err(failure) => {
                tx.conn_mut().roll_back().await;
                Err(failure.into())
            }
        }
    }

    /// Tells this process's copy of the log, and the other nodes.
    async fn pass_on(&self, entries: &[Revocation]) -> Result<(), StoreError> {
        let Some(last) = entries.last() else {
            return Ok(());
        };
        let offered = self.tail.offer(entries);
        self.tail.announce();
        let known = offered || self.tail.read_now(self).await.is_ok();
        if known && self.tail.reached(last.entry.seq, READ_LIMIT).await {
            return Ok(());
        }
        // It happened, but here it is not refused yet: nobody may be told that it is.
        Err(StoreError::OutcomeUnknown(
            "it is committed, but this node cannot read the revocation log".to_owned(),
        ))
    }

    async fn pause(&self, attempt: u32) {
        let [random] = self.entropy.bytes::<1>();
        let most = PAUSE_MS.saturating_mul(u64::from(attempt));
        let pause = most.saturating_mul(u64::from(random)) / 256;
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    fn count(&self, error: &StoreError) {
        metrics::counter!(FAILED_COMMITS).increment(1);
        tracing::warn!(%error, "the store could not commit");
    }
}

/// Runs a verb in the transaction that a statement begins. Nobody waits for the answer to that, so that the verb's
/// first statements are sent right behind it; should it be an error, the verb goes no further: it
/// would be in no transaction.
async fn behind<T>(
    begin: impl Future<Output = Outcome<()>> + Send,
    verb: impl Future<Output = Outcome<T>> + Send,
) -> Outcome<Outcome<T>> {
    let ((), outcome) = try_join(begin, async { Ok(verb.await) }).await?;
    Ok(outcome)
}

/// From zero, so that the first failure is seen to be one more.
pub(super) fn describe_metrics() {
    metrics::counter!(FAILED_COMMITS).increment(0);
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

/// Commits. No time limit of the server's may end the wait for a standby: it would answer as if the
/// standby had the commit.
async fn commit(tx: &mut Tx, last: Vec<LastWrite>) -> Result<(), Failed> {
    let (written, (unlimited, committed)) = join(
        tx.write(last),
        join(
            tx.batch("SET LOCAL statement_timeout = 0"),
            tx.batch("COMMIT"),
        ),
    )
    .await;
    match (written.and(unlimited), committed) {
        (Ok(()), Ok(())) => {
            tx.conn_mut().leave();
            Ok(())
        }
        (_, Err(failure)) if failure.is_answer() => Err(Failed::Before(failure)),
        (_, Err(failure)) => Err(Failed::InDoubt(failure)),
        // The transaction had failed: COMMIT took it back.
        (Err(failure), Ok(())) if failure.is_answer() => Err(Failed::Before(failure)),
        // It came too late, or wrote fewer rows than it should have (somebody's trigger): it is committed all the same.
        (Err(failure), Ok(())) => Err(Failed::InDoubt(failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_verb_whose_transaction_does_not_begin_goes_no_further() {
        let refused = || Failure::from(StoreError::Saturated);
        // Known before the verb is looked at, and while it waits for the answer to its first statement.
        for late in [false, true] {
            let begin = async {
                if late {
                    tokio::task::yield_now().await;
                }
                Err(refused())
            };
            let mut went_on = false;
            let verb = async {
                tokio::task::yield_now().await;
                went_on = true;
                Ok(())
            };
            assert!(behind(begin, verb).await.is_err());
            assert!(!went_on);
        }
    }

    #[tokio::test]
    async fn a_verb_does_not_wait_for_its_transaction_to_have_begun() {
        let (verb_ran, wait) = tokio::sync::oneshot::channel();
        let begin = async {
            wait.await.unwrap();
            Ok(())
        };
        let verb = async {
            verb_ran.send(()).unwrap();
            Ok(7)
        };
        assert!(matches!(behind(begin, verb).await, Ok(Ok(7))));
    }
}
