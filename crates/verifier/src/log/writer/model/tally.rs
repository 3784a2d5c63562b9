//! What a search has really put to the test, so that no promise is kept by never being asked.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{issuer::EXP, world::World};

/// More ticks than any search has.
const TICKS: usize = 10;

/// Counts by tick.
#[derive(Debug, Default)]
pub(super) struct Row([AtomicU64; TICKS]);

impl Row {
    pub(super) fn count(&self, tick: i64) {
        if let Some(count) = usize::try_from(tick).ok().and_then(|tick| self.0.get(tick)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Fails unless there is something at each of these ticks.
    #[track_caller]
    pub(super) fn assert_each(&self, what: &str, ticks: std::ops::RangeInclusive<i64>) {
        for tick in ticks {
            let count = self.0[usize::try_from(tick).unwrap()].load(Ordering::Relaxed);
            assert!(count > 0, "no {what} at tick {tick}");
        }
    }

    fn shown(&self) -> String {
        let mut text = String::new();
        for (tick, count) in self.0.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                let _ = write!(text, " {tick}:{count}");
            }
        }
        text
    }
}

/// Counts of one search.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Pairs of a world and an end in it, by the tick of its acknowledgement: the end is due, the
    /// token has not expired by the verifier's clock, and the verifier's copy counts as fresh, so
    /// that nothing but what it knows makes it refuse.
    pub(super) judged: Row,
    /// The same where the copy is stale.
    pub(super) stale: Row,
    /// The same for the issuer's cache, which has no age.
    pub(super) cached: Row,
    /// Answers that made a copy younger, by how old they were.
    pub(super) ages: Row,
    /// Answers without our nonce that did, by the tick: what was proved of the clock before dates
    /// them.
    pub(super) dated: Row,
}

impl Tally {
    /// Called once for each world.
    pub(super) fn visit(&self, world: &World) {
        for (acknowledged, live) in world.judged() {
            let row = if live { &self.judged } else { &self.stale };
            row.count(acknowledged);
        }
        if let Some(acknowledged) = world.cache_judged() {
            self.cached.count(acknowledged);
        }
    }

    /// Called for each step.
    pub(super) fn step(&self, before: &World, after: &World, letter: Option<(i64, bool)>) {
        let Some((made, ours)) = letter else { return };
        let (Some(new), old) = (after.as_of(), before.as_of()) else {
            return;
        };
        if old.is_none_or(|old| new > old) {
            self.ages.count(after.now() - made);
            if !ours && old.is_some() {
                self.dated.count(after.now());
            }
        }
    }

    pub(super) fn print(&self) {
        for (what, row) in [
            ("judged fresh", &self.judged),
            ("judged stale", &self.stale),
            ("judged in the cache", &self.cached),
            ("ages of answers", &self.ages),
            ("dated by an earlier proof", &self.dated),
        ] {
            println!("  {what}:{}", row.shown());
        }
        println!("  tokens expire after {EXP}");
    }
}
