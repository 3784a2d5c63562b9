//! Following the revocation log: what other nodes and this one append reaches the observer, in the
//! order of its numbers.
//!
//! One connection listens and reads. A notification only wakes: what is read, and from where, the
//! last number decides. Without notifications the log is polled.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use deadpool_postgres::Pool;
use symbolon_core::{
    model::Revocation,
    store::{LogObserver, StoreError},
};
use symbolon_protocol::Mark;
use tokio::sync::{Notify, watch};
use tokio_postgres::{Client, Row};

use super::{
    conn::Conn,
    connector::{Connector, Wakes},
    failure::{Failure, Outcome, describe, inconsistent},
    log,
    query::params,
    run::Runner,
};

/// The channels of notifications. One database has one log.
const LISTEN: &str = "LISTEN symbolon_log; LISTEN symbolon_nodes";
const NOTIFY: &str = "NOTIFY symbolon_log";
/// Entries that one read brings.
const PAGE: u32 = 1_000;
/// How often the log is read when notifications arrive, and when not.
const POLL_LISTENING: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(200);
/// How long a notification of our own may take before we say that none arrive.
const PROOF: Duration = Duration::from_secs(3);
/// Pause before the connection is made anew, at first and at most.
const RETRY: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// How long somebody waits at most who cannot wait for the follower.
const CATCH_UP: Duration = Duration::from_millis(250);
/// Stands for a read that never was.
const NEVER: u64 = u64::MAX;

/// This process's place in the log.
pub(super) struct Tail {
    observer: Arc<dyn LogObserver>,
    /// The last entry that the observer was told of; locked while it is told.
    told: Mutex<Told>,
    reached: watch::Sender<u64>,
    /// Something is to be read.
    wake: Arc<Notify>,
    /// The other nodes are to be woken.
    announce: Notify,
    /// When the last complete read was sent, in nanoseconds from `made`.
    read_at: AtomicU64,
    made: Instant,
    /// Held by whoever reads for all who cannot wait for the follower.
    catching_up: tokio::sync::Mutex<()>,
    listening: AtomicBool,
    /// The log is not the one that was followed: an older copy of the database was brought back, or a
    /// standby that lacks the newest entries was promoted.
    replaced: AtomicBool,
}

/// The last entry of those that were told.
#[derive(Debug, Clone, Copy)]
struct Told {
    seq: u64,
    /// None before anything was read.
    mark: Option<Mark>,
}

impl Tail {
    /// A tail of which the observer need not be told anything up to `head`.
    pub(super) fn new(head: u64, observer: Arc<dyn LogObserver>) -> Self {
        Self {
            observer,
            told: Mutex::new(Told {
                seq: head,
                mark: None,
            }),
            reached: watch::Sender::new(head),
            wake: Arc::new(Notify::new()),
            announce: Notify::new(),
            read_at: AtomicU64::new(NEVER),
            made: now(),
            catching_up: tokio::sync::Mutex::new(()),
            listening: AtomicBool::new(false),
            replaced: AtomicBool::new(false),
        }
    }

    /// Entries that this process has committed. They are told at once if they continue what was told;
    /// otherwise those before them are read first. Answers whether that is all: not if their numbers
    /// were told already, with nothing to say that it was of them.
    #[must_use]
    pub(super) fn offer(&self, entries: &[Revocation]) -> bool {
        let told = self.told();
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return true;
        };
        if first.entry.seq == told.seq.saturating_add(1) {
            self.tell(told, entries);
            return true;
        }
        if last.entry.seq > told.seq {
            self.wake.notify_one();
            return true;
        }
        last.entry.seq == told.seq && told.mark == Some(last.mark)
    }

    /// Reads what is new on a connection of the pool, at once.
    pub(super) async fn read_now(&self, runner: &Runner) -> Result<(), StoreError> {
        let conn = runner.conn().await?;
        let read = self.read(Reader::Pool(&conn)).await;
        read.map_err(Failure::into_store_error)
    }

    /// Wakes the other nodes, soon, once for all who ask meanwhile, and reads what is new.
    pub(super) fn announce(&self) {
        self.announce.notify_one();
    }

    /// Waits until the observer has been told of an entry; whether that happened in time.
    pub(super) async fn reached(&self, seq: u64, limit: Duration) -> bool {
        let mut reached = self.reached.subscribe();
        let there = reached.wait_for(|reached| *reached >= seq);
        let there = matches!(tokio::time::timeout(limit, there).await, Ok(Ok(_)));
        there && !self.replaced.load(Ordering::Acquire)
    }

    /// How old this process's copy of the log may be; none if it was never read.
    pub(super) fn age(&self) -> Option<Duration> {
        if self.replaced.load(Ordering::Acquire) {
            return None;
        }
        let read_at = self.read_at.load(Ordering::Acquire);
        let now = self.made.elapsed();
        (read_at != NEVER).then(|| now.saturating_sub(Duration::from_nanos(read_at)))
    }

    /// Reads what is new on a connection of the pool, once for all who ask at the same time.
    pub(super) async fn catch_up(&self, runner: &Runner) -> Result<(), StoreError> {
        let read = async {
            let _reading = self.catching_up.lock().await;
            if self.age().is_some_and(|age| age < POLL_LISTENING) {
                return Ok(());
            }
            self.read_now(runner).await
        };
        let read = tokio::time::timeout(CATCH_UP, read).await;
        read.unwrap_or_else(|_| Err(Failure::TimedOut.into_store_error()))
    }

    /// Whether notifications arrive.
    pub(super) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, mut told: MutexGuard<'_, Told>, entries: &[Revocation]) {
        let known = entries.partition_point(|one| one.entry.seq <= told.seq);
        let new = entries.get(known..).unwrap_or_default();
        if let Some(last) = new.last() {
            self.observer.committed(new);
            *told = Told {
                seq: last.entry.seq,
                mark: Some(last.mark),
            };
            self.reached.send_replace(told.seq);
        }
    }

    /// The mark of the entry that the tail began with.
    fn note_mark(&self, seq: u64, entries: &[Revocation]) {
        let mut told = self.told();
        if told.seq == seq
            && told.mark.is_none()
            && let Some(first) = entries.first().filter(|first| first.entry.seq == seq)
        {
            told.mark = Some(first.mark);
        }
    }

    /// Nothing is accepted from this process's copy any more: it may lack what the log has under
    /// numbers that were told, and has what the log lacks.
    fn is_replaced(&self) {
        if !self.replaced.swap(true, Ordering::AcqRel) {
            tracing::error!(
                "the database's revocation log is not the one that this node has followed: an older \
                 copy was brought back, or a standby was promoted that lacked its newest entries. \
                 Nothing is answered from memory any more; restart this node"
            );
        }
    }

    /// Reads everything that is new, page by page.
    async fn read(&self, reader: Reader<'_>) -> Outcome<()> {
        loop {
            let started = u64::try_from(self.made.elapsed().as_nanos()).unwrap_or(NEVER - 1);
            let after = *self.told();
            // From the last one that was told, which is there as long as it is the last.
            let entries = log::entries(&reader.page(after.seq.saturating_sub(1)).await?)?;
            if !after.goes_on_in(&entries) {
                self.is_replaced();
            }
            if self.replaced.load(Ordering::Acquire) {
                return Err(inconsistent("revocations", "mark", after.seq).into());
            }
            self.note_mark(after.seq, &entries);
            self.tell(self.told(), &entries);
            if entries.len() < PAGE as usize {
                // A read that began earlier than another says nothing that the other did not.
                let previous = self.read_at.load(Ordering::Acquire);
                if previous == NEVER || previous < started {
                    self.read_at.store(started, Ordering::Release);
                }
                return Ok(());
            }
        }
    }
}

impl Told {
    /// Whether a log that was read from this entry on is the one that it was told of. The last entry of
    /// a log is never forgotten, and others only after it has a newer one.
    fn goes_on_in(self, entries: &[Revocation]) -> bool {
        match entries.first() {
            None => self.seq == 0,
            Some(first) if first.entry.seq == self.seq => {
                self.mark.is_none_or(|mark| mark == first.mark)
            }
            Some(first) => first.entry.seq > self.seq,
        }
    }
}

/// What the log is read on.
#[derive(Clone, Copy)]
enum Reader<'c> {
    /// The follower's own connection, with a time limit.
    Own(&'c Client, Duration),
    /// One of the pool.
    Pool(&'c Conn),
}

impl Reader<'_> {
    /// Entries after a number.
    async fn page(self, after: u64) -> Outcome<Vec<Row>> {
        let (position, page) = (log::position(after), i64::from(PAGE));
        let params = params![position, page];
        match self {
            Self::Pool(conn) => conn.query(log::AFTER, params).await,
            Self::Own(client, limit) => {
                let rows = client.query_typed(log::AFTER, params);
                let rows = tokio::time::timeout(limit, rows).await;
                Ok(rows.map_err(|_| Failure::TimedOut)??)
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how old a copy is, is measured from the outside, whatever the clock shows"
)]
fn now() -> Instant {
    Instant::now()
}

/// Follows the log until `stop` is told or dropped.
pub(super) struct Follower {
    pub(super) tail: Arc<Tail>,
    pub(super) connector: Connector,
    /// Sends the notification with which the follower proves that notifications arrive: one that the
    /// listening connection sent itself would prove nothing.
    pub(super) pool: Pool,
    pub(super) statement_limit: Duration,
    pub(super) listens: bool,
    /// Another node has called.
    pub(super) called: Arc<Notify>,
}

impl Follower {
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
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
        let (client, _pump) = self.connector.listen(wakes).await?;
        if self.listens {
            client.batch_execute(LISTEN).await?;
        }
        self.read(&client).await?;
        if self.listens {
            self.ask_for_proof();
        }
        Ok(self.keep_up(&client, &notified).await)
    }

    async fn keep_up(&self, client: &Client, notified: &Notify) -> Failure {
        let connected = now();
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
            if !has_warned && !self.tail.is_listening() && connected.elapsed() > PROOF {
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
        let sent = tokio::time::timeout(self.statement_limit, client.batch_execute(NOTIFY)).await;
        Ok(sent.map_err(|_| Failure::TimedOut)??)
    }

    fn ask_for_proof(&self) {
        let pool = self.pool.clone();
        tokio::spawn(async move {
            // Without it nothing is proved, which is told in time.
            let Ok(client) = pool.get().await else { return };
            if let Err(error) = client.batch_execute(NOTIFY).await {
                tracing::debug!(error = describe(&error), "no notification was sent");
            }
        });
    }

    fn is_listening(&self, listening: bool) {
        self.tail.listening.store(listening, Ordering::Relaxed);
    }
}
