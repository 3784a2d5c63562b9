//! What became of authentications: totals for Prometheus, and by the minute for the console, which
//! so needs no Prometheus.
//!
//! `Outcomes::count` is the only place that counts them, and feeds both, so the two cannot tell
//! different stories. The one thing that must not be broken: counting a success takes no lock and
//! no memory, since a session that is answered from memory is counted too. It costs a comparison
//! and two relaxed additions, one of which is Prometheus's; the moment is the caller's. A refusal
//! looks its reason up under a shared lock. Once a minute whoever counts first moves the minute's
//! numbers into the history, under a lock that is held for some hundred additions.
//!
//! Reasons are codes of this program, never of a request, so there are as many series as it has
//! codes and no more. The history has [`MINUTES`] minutes, each of which takes eight bytes for every
//! series that moved in it: some ten kilobytes on a quiet day, never more than a few megabytes.

mod history;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use foldhash::fast::RandomState;
use symbolon_protocol::{RejectReason, Timestamp};

use self::history::History;
pub use self::history::MINUTES;

/// The reason of what went well.
pub const OK: &str = "ok";

pub(crate) const MINUTE_MS: i64 = 60_000;

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attempt {
    /// A log-in with a password.
    Login,
    /// A check of a session cookie.
    Session,
    /// A check of an access token for the issuer's own API.
    Token,
    /// A use of a refresh token.
    Refresh,
    /// A registration.
    Register,
}

impl Attempt {
    /// Every one, in the order in which they are declared.
    pub const ALL: [Self; 5] = [
        Self::Login,
        Self::Session,
        Self::Token,
        Self::Refresh,
        Self::Register,
    ];

    /// The stable name: the metric's label `kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Session => "session",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Register => "register",
        }
    }
}

/// How often one attempt had one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeSeries {
    /// What was tried.
    pub attempt: Attempt,
    /// What became of it: [`OK`] or the code of the error.
    pub reason: &'static str,
    /// How often, step by step.
    pub counts: Vec<u64>,
}

impl OutcomeSeries {
    /// How often in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Outcomes over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeHistory {
    /// When this process began to count; before, nothing is known.
    pub since: Timestamp,
    /// Where the first step begins, a multiple of the step.
    pub from: Timestamp,
    /// Seconds of a step.
    pub step_secs: u32,
    /// How many steps there are; the last one goes on.
    pub steps: usize,
    /// What happened at all, by attempt and reason.
    pub series: Vec<OutcomeSeries>,
}

/// Refusals that somebody is to be told of at the first one. They begin at zero: Prometheus does not
/// see a counter rise to where it first finds it.
const WATCHED: [(Attempt, RejectReason); 2] = [
    (Attempt::Refresh, RejectReason::RefreshReused),
    (Attempt::Refresh, RejectReason::RefreshAhead),
];

/// One attempt's one outcome.
struct Series {
    attempt: Attempt,
    reason: &'static str,
    total: metrics::Counter,
    /// In the minute at hand.
    now: AtomicU32,
}

impl Series {
    fn new(attempt: Attempt, reason: &'static str) -> Self {
        Self {
            attempt,
            reason,
            total: metrics::counter!(
                "symbolon_authentications_total", "kind" => attempt.as_str(), "reason" => reason
            ),
            now: AtomicU32::new(0),
        }
    }

    fn add(&self) {
        self.total.increment(1);
        self.now.fetch_add(1, Ordering::Relaxed);
    }
}

/// Every series. Its position is a series' number.
#[derive(Default)]
struct Table {
    all: Vec<Arc<Series>>,
    numbers: HashMap<(Attempt, &'static str), usize, RandomState>,
}

impl Table {
    fn find(&self, attempt: Attempt, reason: &'static str) -> Option<Arc<Series>> {
        let number = *self.numbers.get(&(attempt, reason))?;
        self.all.get(number).map(Arc::clone)
    }

    fn find_or_make(&mut self, attempt: Attempt, reason: &'static str) -> Arc<Series> {
        // Somebody may have been faster.
        self.find(attempt, reason).unwrap_or_else(|| {
            let series = Arc::new(Series::new(attempt, reason));
            self.numbers.insert((attempt, reason), self.all.len());
            self.all.push(Arc::clone(&series));
            series
        })
    }
}

/// The counts of one issuer.
pub struct Outcomes {
    since: Timestamp,
    /// Where the minute at hand begins, in milliseconds.
    minute: AtomicI64,
    /// The series [`OK`] of every attempt, in the order of [`Attempt::ALL`].
    good: [Arc<Series>; 5],
    table: RwLock<Table>,
    history: Mutex<History>,
}

impl std::fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outcomes").finish_non_exhaustive()
    }
}

impl Outcomes {
    pub(crate) fn new(now: Timestamp) -> Self {
        let mut table = Table::default();
        let good = Attempt::ALL.map(|attempt| table.find_or_make(attempt, OK));
        for (attempt, reason) in WATCHED {
            table.find_or_make(attempt, reason.code());
        }
        Self {
            since: now,
            minute: AtomicI64::new(minute_of(now)),
            good,
            table: RwLock::new(table),
            history: Mutex::default(),
        }
    }

    /// Counts one outcome at `now`. `reason` is [`OK`] or a code.
    pub(crate) fn count(&self, attempt: Attempt, reason: &'static str, now: Timestamp) {
        if !self.is_current(now) {
            self.turn(now);
        }
        match self.good.get(attempt as usize) {
            Some(good) if reason == OK => good.add(),
            _ => self.series(attempt, reason).add(),
        }
    }

    /// Whether what happens now belongs to the minute at hand. Who looked at the clock just before
    /// it turned does; a clock that was set back begins another minute.
    fn is_current(&self, now: Timestamp) -> bool {
        let age = now.as_millis() - self.minute.load(Ordering::Relaxed);
        (-MINUTE_MS..MINUTE_MS).contains(&age)
    }

    fn series(&self, attempt: Attempt, reason: &'static str) -> Arc<Series> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = table.find(attempt, reason) {
            return series;
        }
        drop(table);
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.find_or_make(attempt, reason)
    }

    /// Closes the minute at hand. What is counted meanwhile falls into one of the two minutes and
    /// is never lost.
    #[cold]
    fn turn(&self, now: Timestamp) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have been faster.
        if self.is_current(now) {
            return;
        }
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let counts = table
            .all
            .iter()
            .map(|one| one.now.swap(0, Ordering::Relaxed));
        history.push(self.minute.load(Ordering::Relaxed), counts);
        self.minute.store(minute_of(now), Ordering::Relaxed);
    }

    /// What happened from `from` on, in steps of so many minutes. At most [`MINUTES`] back.
    pub(crate) fn read(&self, from: Timestamp, step: u32, now: Timestamp) -> OutcomeHistory {
        let step_ms = i64::from(step.max(1)) * MINUTE_MS;
        let oldest = minute_of(now) - (i64::from(MINUTES) - 1) * MINUTE_MS;
        let from = from.as_millis().clamp(oldest, minute_of(now));
        let from = from.div_euclid(step_ms) * step_ms;
        let steps = (minute_of(now) - from) / step_ms + 1;
        let steps = usize::try_from(steps).unwrap_or_default();
        let step_of = |minute: i64| usize::try_from((minute - from).div_euclid(step_ms)).ok();

        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let mut sums = vec![vec![0_u64; steps]; table.all.len()];
        let mut add = |number: usize, minute: i64, count: u32| {
            let at = step_of(minute).and_then(|at| sums.get_mut(number)?.get_mut(at));
            if let Some(sum) = at {
                *sum += u64::from(count);
            }
        };
        history.each(&mut add);
        let minute = self.minute.load(Ordering::Relaxed);
        for (number, series) in table.all.iter().enumerate() {
            add(number, minute, series.now.load(Ordering::Relaxed));
        }
        drop(history);

        let all = table
            .all
            .iter()
            .zip(sums)
            .map(|(series, counts)| OutcomeSeries {
                attempt: series.attempt,
                reason: series.reason,
                counts,
            });
        let mut series: Vec<_> = all.filter(|series| series.total() > 0).collect();
        series.sort_unstable_by_key(|series| (series.attempt, series.reason));
        OutcomeHistory {
            since: self.since,
            from: Timestamp::from_millis(from),
            step_secs: step.max(1) * 60,
            steps,
            series,
        }
    }
}

/// Where the minute begins.
fn minute_of(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(MINUTE_MS) * MINUTE_MS
}

#[cfg(test)]
mod tests;
