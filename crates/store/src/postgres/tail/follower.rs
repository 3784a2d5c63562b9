//! The connection that follows the log: it listens, reads, and tells the other nodes.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use deadpool_postgres::{Object, Pool};
use tokio::sync::{Notify, watch};
use tokio_postgres::Client;

use super::{POLL_LISTENING, Reader, Tail, uptime};
use crate::postgres::{
    connector::{Connector, Wakes},
    failure::{Failure, Outcome, describe},
};

/// The channels of notifications. One database has one log.
const LISTEN: &str = "LISTEN symbolon_log; LISTEN symbolon_nodes";
const NOTIFY: &str = "NOTIFY symbolon_log";
/// How often the log is read when no notifications arrive.
const POLL: Duration = Duration::from_millis(200);
/// How long a notification of our own may take before we say that none arrive.
const PROOF: Duration = Duration::from_secs(3);
/// Pause before the connection is made anew, at first and at most.
const RETRY: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// Follows the log until `stop` is told or dropped.
pub(in crate::postgres) struct Follower {
    pub(in crate::postgres) tail: Arc<Tail>,
    pub(in crate::postgres) connector: Connector,
    /// Sends the notification with which the follower proves that notifications arrive: one that the
    /// listening connection sent itself would prove nothing.
    pub(in crate::postgres) pool: Pool,
    pub(in crate::postgres) statement_limit: Duration,
    pub(in crate::postgres) listens: bool,
    /// Another node has called.
    pub(in crate::postgres) called: Arc<Notify>,
}

impl Follower {
    pub(in crate::postgres) async fn run(self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.follow_for_ever() => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }

    async fn follow_for_ever(&self) {
        let [first, longest] = RETRY;
        let mut pause = first;
        loop {
            match self.follow().await {
                // It worked for a while.
                Ok(failure) => {
                    tracing::warn!(
                        error = %failure.into_store_error(),
                        "the connection that follows the revocation log is made anew"
                    );
                    pause = first;
                }
                Err(failure) => {
                    tracing::warn!(
                        error = %failure.into_store_error(),
                        "the revocation log cannot be followed"
                    );
                    pause = (pause * 2).min(longest);
                }
            }
            self.is_listening(false);
            tokio::time::sleep(pause).await;
        }
    }

    /// Connects and follows. `Ok` with what ended it, if the log was read at least once.
    async fn follow(&self) -> Outcome<Failure> {
        let notified = Arc::new(Notify::new());
        let wakes = Wakes {
            log: Arc::clone(&notified),
            nodes: Arc::clone(&self.called),
        };
        let (client, _pump) = self.within(self.connector.listen(wakes)).await?;
        if self.listens {
            self.within(client.batch_execute(LISTEN)).await?;
        }
        self.read(&client).await?;
        if self.listens {
            self.ask_for_proof();
        }
        Ok(self.keep_up(&client, &notified).await)
    }

    async fn keep_up(&self, client: &Client, notified: &Notify) -> Failure {
        let connected = uptime();
        let mut has_warned = !self.listens;
        loop {
            // A read that took long says how the log was long ago.
            let poll = match self.tail.age() {
                Some(age) if age <= POLL_LISTENING && self.tail.is_listening() => POLL_LISTENING,
                Some(age) if age <= POLL_LISTENING => POLL,
                _ => Duration::ZERO,
            };
            let step = tokio::select! {
                () = self.tail.wake.notified() => Ok(()),
                () = self.tail.announce.notified() => self.send(client).await,
                () = notified.notified() => {
                    self.is_listening(true);
                    Ok(())
                }
                () = tokio::time::sleep(poll) => Ok(()),
            };
            if !has_warned
                && !self.tail.is_listening()
                && uptime().saturating_sub(connected) > PROOF
            {
                has_warned = true;
                tracing::warn!(
                    "no notifications arrive from the database (is there a pooler in transaction \
                     mode between us?): the revocation log is polled"
                );
            }
            let step = match step {
                Ok(()) => self.read(client).await,
                failed => failed,
            };
            if let Err(failure) = step {
                return failure;
            }
        }
    }

    async fn read(&self, client: &Client) -> Outcome<()> {
        let reader = Reader::Own(client, self.statement_limit);
        self.tail.read(reader).await
    }

    async fn send(&self, client: &Client) -> Outcome<()> {
        self.within(client.batch_execute(NOTIFY)).await
    }

    /// A host that is gone without a word answers nothing, and nothing else would end the wait for it.
    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>> + Send,
    ) -> Outcome<T> {
        let done = tokio::time::timeout(self.statement_limit, work).await;
        Ok(done.map_err(|_| Failure::TimedOut)??)
    }

    fn ask_for_proof(&self) {
        let (pool, limit) = (self.pool.clone(), self.statement_limit);
        tokio::spawn(async move {
            // Without it nothing is proved, which is told in time.
            let Ok(client) = pool.get().await else { return };
            match tokio::time::timeout(limit, client.batch_execute(NOTIFY)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::debug!(error = describe(&error), "no notification was sent");
                }
                // Its answer is still to come.
                Err(_) => drop(Object::take(client)),
            }
        });
    }

    fn is_listening(&self, listening: bool) {
        self.tail.listening.store(listening, Ordering::Relaxed);
    }
}
