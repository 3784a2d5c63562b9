//! Following the revocation log: what other nodes and this one append reaches the observer, in the
//! order of its numbers.
//!
//! One connection listens and reads. A notification only wakes: what is read, and from where, the
//! last number decides. Without notifications the log is polled.

mod follower;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use symbolon_core::{
    model::Revocation,
    store::{LogObserver, StoreError},
};
use symbolon_protocol::Mark;
use tokio::{
    sync::{Notify, watch},
    time::timeout_at,
};
use tokio_postgres::{Client, Row};

pub(super) use self::follower::Follower;
use super::{
    conn::Conn,
    failure::{Failure, Outcome, inconsistent},
    log,
    query::params,
    run::Runner,
};

/// Entries that one read brings.
const PAGE: u32 = 1_000;
/// How often the log is read when notifications arrive.
const POLL_LISTENING: Duration = Duration::from_secs(1);
/// How many of the last entries are known by their marks: more than come between the commit of a batch of
/// ours and its answer.
const RECENT: usize = 1_024;
/// How long somebody waits at most who cannot wait for the follower.
const CATCH_UP: Duration = Duration::from_millis(250);
/// Stands for a read that never was.
const NEVER: u64 = u64::MAX;

/// This process's place in the log.
pub(super) struct Tail {
    observer: Arc<dyn LogObserver>,
    /// The last entry that the observer was told of; locked while it is told.
    told: Mutex<Told>,
    /// The last entries of those, by number; locked after `told`.
    recent: Mutex<VecDeque<(u64, Mark)>>,
    reached: watch::Sender<u64>,
    /// Something is to be read.
    wake: Arc<Notify>,
    /// The other nodes are to be woken.
    announce: Notify,
    /// When the last complete read was sent, in nanoseconds of [`uptime`].
    read_at: AtomicU64,
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
            recent: Mutex::default(),
            reached: watch::Sender::new(head),
            wake: Arc::new(Notify::new()),
            announce: Notify::new(),
            read_at: AtomicU64::new(NEVER),
            catching_up: tokio::sync::Mutex::new(()),
            listening: AtomicBool::new(false),
            replaced: AtomicBool::new(false),
        }
    }

    /// Entries that this process has committed. They are told at once if they continue what was told;
    /// otherwise those before them are read first. Answers whether that is all: not if their numbers
    /// were told already, with nothing to say that it was of them, as it was if the follower was quicker.
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
        let told = (last.entry.seq, last.mark);
        self.recent().iter().rev().any(|recent| *recent == told)
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
        (read_at != NEVER).then(|| uptime().saturating_sub(Duration::from_nanos(read_at)))
    }

    /// Reads what is new on a connection of the pool, once for all who ask at the same time.
    pub(super) async fn catch_up(&self, runner: &Runner) -> Result<(), StoreError> {
        let ends = tokio::time::Instant::now() + CATCH_UP;
        let late = |_| Failure::TimedOut.into_store_error();
        let lock = self.catching_up.lock();
        let _reading = timeout_at(ends, lock).await.map_err(late)?;
        if self.age().is_some_and(|age| age < POLL_LISTENING) {
            return Ok(());
        }
        let conn = timeout_at(ends, runner.conn()).await.map_err(late)??;
        match timeout_at(ends, self.read(Reader::Pool(&conn))).await {
            Ok(read) => read.map_err(Failure::into_store_error),
            Err(elapsed) => {
                conn.abandon();
                Err(late(elapsed))
            }
        }
    }

    /// Whether notifications arrive.
    pub(super) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<(u64, Mark)>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, mut told: MutexGuard<'_, Told>, entries: &[Revocation]) {
        let known = entries.partition_point(|one| one.entry.seq <= told.seq);
        let new = entries.get(known..).unwrap_or_default();
        if let Some(last) = new.last() {
            self.observer.committed(new);
            let mut recent = self.recent();
            recent.extend(new.iter().map(|one| (one.entry.seq, one.mark)));
            let beyond = recent.len().saturating_sub(RECENT);
            recent.drain(..beyond);
            drop(recent);
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
            let started = u64::try_from(uptime().as_nanos()).unwrap_or(NEVER - 1);
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

/// How long this machine has run, the time that it slept included: a copy that was made before would look
/// young after it.
fn uptime() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const ID: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const ID: ClockId = ClockId::Monotonic;
    // One that cannot be told makes every copy old.
    Duration::try_from(clock_gettime(ID)).unwrap_or(Duration::MAX)
}
