//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use symbolon_core::{Clock, Timestamp};

/// Starts at 2026-01-01T00:00:00Z.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// When every test begins.
    pub const START: Timestamp = Timestamp::from_secs(1_767_225_600);

    /// A clock at [`Self::START`].
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI64::new(Self::START.as_millis()))
    }

    /// Moves the hand to a moment, backwards too.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Moves the hand by seconds, answers what it shows then.
    pub fn advance_secs(&self, secs: i64) -> Timestamp {
        self.advance_millis(secs.saturating_mul(1000))
    }

    /// Moves the hand by milliseconds, answers what it shows then.
    pub fn advance_millis(&self, millis: i64) -> Timestamp {
        let before = self.0.fetch_add(millis, Ordering::SeqCst);
        Timestamp::from_millis(before.saturating_add(millis))
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
