//! The one place that measures how long something takes.

use std::time::{Duration, Instant};

/// Runs from when it is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "a stopwatch: measuring is what it is for"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// How much later it was started than another.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
