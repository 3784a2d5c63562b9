//! The one place of the benchmarks that reads the monotonic clock.

use std::time::{Duration, Instant};

/// Runs from when it is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "a stopwatch: measuring is what it is for"
    )]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// How much later it was started than another.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
