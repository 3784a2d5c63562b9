//! What a crowd was told, in numbers.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use symbolon_testing::Answer;

use crate::stage::now;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ask {
    Check,
    LogIn,
    Refresh,
    End,
}

/// What all of a crowd were told.
#[derive(Debug, Default)]
pub(crate) struct History {
    acknowledged: BTreeMap<Ask, u64>,
    /// By status and code; what was never answered by the latter.
    refused: BTreeMap<String, u64>,
    /// The last write that was acknowledged, and the longest time between two.
    last_write: Option<Instant>,
    longest: Duration,
    last_check: Option<Instant>,
    longest_check: Duration,
    /// The longest that somebody waited for a refusal.
    slowest_refusal: Duration,
    /// Writes without an answer that turned out to have happened.
    pub(crate) happened: u64,
}

impl History {
    /// Notes an answer, or that there was none; whether it is a good one.
    pub(crate) fn note(&mut self, ask: Ask, asked: Instant, answer: Option<&Answer>) -> bool {
        let at = now();
        if let Some(answer) = answer
            && answer.status == 200
        {
            *self.acknowledged.entry(ask).or_default() += 1;
            let (last, longest) = match ask {
                Ask::Check => (&mut self.last_check, &mut self.longest_check),
                _ => (&mut self.last_write, &mut self.longest),
            };
            let gap = last.map_or(Duration::ZERO, |last| at.saturating_duration_since(last));
            *longest = gap.max(*longest);
            *last = Some(at);
            return true;
        }
        let code = answer.map_or_else(
            || "unanswered".to_owned(),
            |answer| format!("{}-{}", answer.status, answer.code()),
        );
        *self.refused.entry(code).or_default() += 1;
        self.slowest_refusal = self.slowest_refusal.max(at - asked);
        false
    }

    /// How many writes were acknowledged.
    pub(crate) fn writes(&self) -> u64 {
        let writes = self
            .acknowledged
            .iter()
            .filter(|(ask, _)| **ask != Ask::Check);
        writes.map(|(_, count)| count).sum()
    }

    /// How many checks were answered with yes.
    pub(crate) fn checks(&self) -> u64 {
        self.acknowledged.get(&Ask::Check).copied().unwrap_or(0)
    }

    /// How many were refused with this status and code.
    pub(crate) fn refused(&self, code: &str) -> u64 {
        self.refused.get(code).copied().unwrap_or(0)
    }

    /// How long nobody's write was acknowledged, at most.
    pub(crate) const fn longest(&self) -> Duration {
        self.longest
    }

    /// How long somebody waited for a refusal.
    pub(crate) const fn slowest_refusal(&self) -> Duration {
        self.slowest_refusal
    }

    /// The line of the drill's table. Nothing was lost: else the look at it had failed.
    #[expect(clippy::print_stdout, reason = "a drill reads it")]
    pub(crate) fn print(&self, scene: &str, recovered: Duration) {
        let refused: String = self
            .refused
            .iter()
            .map(|(code, count)| format!(", {code} {count}"))
            .collect();
        println!(
            "drilled: {scene}: writes {}, lost 0, spent-twice 0, checks {}{refused}, in-doubt-happened \
             {}, no-write-ms {}, no-check-ms {}, slowest-refusal-ms {}, recovery-ms {}",
            self.writes(),
            self.checks(),
            self.happened,
            self.longest.as_millis(),
            self.longest_check.as_millis(),
            self.slowest_refusal.as_millis(),
            recovered.as_millis(),
        );
    }
}
