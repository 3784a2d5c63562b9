//! A clock that stands still until it is moved.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use symbolon_protocol::Timestamp;
use symbolon_verifier::Clock;

/// The wall clock's start, seconds since 1970.
const START: i64 = 1_800_000_000;

#[derive(Clone, Default)]
pub(crate) struct TestClock {
    passed: Arc<AtomicI64>,
}

impl TestClock {
    pub(crate) fn advance_secs(&self, secs: i64) {
        self.advance_millis(secs * 1000);
    }

    pub(crate) fn advance_millis(&self, millis: i64) {
        self.passed.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves by a millisecond, so that two answers are never of the same moment.
    pub(crate) fn tick(&self) -> i64 {
        self.passed.fetch_add(1, Ordering::SeqCst);
        self.now().as_millis()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(START).plus_millis(self.passed.load(Ordering::SeqCst))
    }

    fn uptime_millis(&self) -> i64 {
        self.passed.load(Ordering::SeqCst)
    }
}
