//! Lets something happen at most once in a while, whoever asks.

use std::sync::atomic::{AtomicI64, Ordering};

const NEVER: i64 = i64::MIN;

/// One permission per period.
#[derive(Debug)]
pub(crate) struct Cooldown {
    millis: i64,
    last: AtomicI64,
}

impl Cooldown {
    pub(crate) const fn new(millis: i64) -> Self {
        Self {
            millis,
            last: AtomicI64::new(NEVER),
        }
    }

    /// Whether it may happen now; if so, not again until the period is over.
    pub(crate) fn try_take(&self, uptime: i64) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        let due = last == NEVER || uptime.saturating_sub(last) >= self.millis;
        due && self
            .last
            .compare_exchange(last, uptime, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_per_period() {
        let cooldown = Cooldown::new(10_000);
        assert!(cooldown.try_take(5));
        assert!(!cooldown.try_take(10_004));
        assert!(cooldown.try_take(10_005));
    }
}
