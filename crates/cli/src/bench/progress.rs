//! How far a benchmark is, on a terminal only.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// What one step is worth on the bar.
const STEP: u64 = 1_000;

/// A bar of so many steps.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: std::cell::Cell<u64>,
}

impl Progress {
    /// Shown when standard error is a terminal.
    pub(crate) fn new(steps: u64) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(steps * STEP)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("  {bar:30} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            begun: std::cell::Cell::new(0),
        }
    }

    /// The next step.
    pub(super) fn step(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
        self.bar.set_position(self.begun.get() * STEP);
        self.begun.set(self.begun.get() + 1);
    }

    /// How much of the step is done.
    pub(super) fn part(&self, done: usize, of: usize) {
        let done = u64::try_from(done * 1_000 / of.max(1)).unwrap_or(0);
        let before = self.begun.get().saturating_sub(1) * STEP;
        self.bar.set_position(before + done.min(STEP));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
