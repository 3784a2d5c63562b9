//! How long to wait after a failure: doubling, capped, and spread, so that verifiers do not come
//! back all at once when the issuer does.

use std::time::Duration;

use crate::entropy::Entropy;

const FIRST: Duration = Duration::from_millis(100);
const LAST: Duration = Duration::from_secs(5);
/// Failures in a row that are more than a hiccup.
const LONG: u32 = 3;

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next pause, between half and all of `min(5 s, 0.1 s × 2ⁿ)`.
    pub(crate) fn next(&mut self, entropy: &Entropy) -> Duration {
        let full = FIRST
            .saturating_mul(1_u32 << self.failures.min(10))
            .min(LAST);
        self.failures = self.failures.saturating_add(1);
        let half = full / 2;
        let spread = u64::try_from(half.as_micros()).unwrap_or(0);
        half + Duration::from_micros(entropy.draw() % spread.saturating_add(1))
    }

    /// Whether it has failed so often that somebody should look why.
    pub(crate) const fn is_long(&self) -> bool {
        self.failures >= LONG
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_start_over() {
        let longest = Entropy::new(|| 0);
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..8).map(|_| backoff.next(&longest).as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 2500, 2500]);
        assert!(backoff.is_long());
        backoff.reset();
        assert!(!backoff.is_long());
        assert_eq!(backoff.next(&longest).as_millis(), 50);
    }

    #[test]
    fn pauses_are_spread() {
        let entropy = Entropy::system();
        let pauses: std::collections::BTreeSet<_> = (0..50)
            .map(|_| Backoff { failures: 10 }.next(&entropy))
            .collect();
        assert!(pauses.len() > 40);
        assert!(
            pauses
                .iter()
                .all(|pause| *pause >= LAST / 2 && *pause <= LAST)
        );
    }
}
