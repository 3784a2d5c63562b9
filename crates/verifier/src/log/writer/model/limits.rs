//! How far the model goes, and what it lets happen.

use super::{
    MAX_STALENESS,
    issuer::{EXP, End},
};

/// How far to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Ticks that the verifier's wall clock is ahead.
    pub(super) skews: &'static [i64],
    /// Ticks.
    pub(super) horizon: i64,
    /// What may be ended or changed, once each.
    pub(super) ends: &'static [End],
    /// Whether the network keeps every answer and gives it whenever it likes, or hands answers on
    /// at once or not at all.
    pub(super) keeps: bool,
    /// Whether the verifier sends a nonce or none whenever it likes, or as it does.
    pub(super) any_nonce: bool,
    pub(super) pages: bool,
    pub(super) restarts: bool,
    pub(super) replacements: bool,
    pub(super) cache: bool,
    /// What must be seen to happen.
    pub(super) shows: &'static [&'static str],
}

impl Limits {
    pub(super) const NONE: Self = Self {
        skews: &[0],
        horizon: 0,
        ends: &[End::Session],
        keeps: false,
        any_nonce: false,
        pages: false,
        restarts: false,
        replacements: false,
        cache: false,
        shows: &[],
    };

    /// The last tick in which an end can be acknowledged and still be due before the token expires
    /// by the verifier's clock.
    pub(super) fn last_judged(&self) -> i64 {
        let slowest = self.skews.iter().min().copied().unwrap_or(0);
        self.horizon.min(EXP - slowest) - MAX_STALENESS - 1
    }
}
