//! What is wrong at the moment, and a bell for whoever waits for a change.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

/// Written by the background tasks, read by `status()`.
#[derive(Debug)]
pub(crate) struct Health {
    keys: ArcSwapOption<String>,
    log: ArcSwapOption<String>,
    metadata: ArcSwapOption<String>,
    changed: watch::Sender<()>,
}

/// Which of them has a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Keys,
    Log,
    Metadata,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self {
            keys: ArcSwapOption::empty(),
            log: ArcSwapOption::empty(),
            metadata: ArcSwapOption::empty(),
            changed: watch::Sender::new(()),
        }
    }

    /// Something failed. Logged once as long as it stays the same.
    pub(crate) fn failed(&self, part: Part, problem: &dyn std::fmt::Display) {
        let problem = problem.to_string();
        let before = self.part(part).swap(Some(Arc::new(problem.clone())));
        if before.is_none_or(|before| *before != problem) {
            tracing::warn!(part = ?part, problem, "the issuer cannot be followed");
        }
        self.ring();
    }

    /// It works (again).
    pub(crate) fn works(&self, part: Part) {
        if self.part(part).load().is_some() {
            self.part(part).store(None);
            tracing::info!(part = ?part, "the issuer can be followed again");
        }
        self.ring();
    }

    /// The present problem, the log's before the keys', and those before the metadata's.
    pub(crate) fn problem(&self) -> Option<String> {
        let parts = [&self.log, &self.keys, &self.metadata];
        let problem = parts.into_iter().find_map(ArcSwapOption::load_full);
        problem.map(|problem| problem.as_str().to_owned())
    }

    /// Rings after every change.
    pub(crate) fn bell(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn ring(&self) {
        self.changed.send_replace(());
    }

    const fn part(&self, part: Part) -> &ArcSwapOption<String> {
        match part {
            Part::Keys => &self.keys,
            Part::Log => &self.log,
            Part::Metadata => &self.metadata,
        }
    }
}
