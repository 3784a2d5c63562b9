//! Rate limits of attempts: token buckets that a success gives back to.
//!
//! An attempt takes its token *before* the password is checked, so a hundred parallel guesses get
//! no more tries than a hundred in a row; a success gives the token back, so people who know their
//! password are never slowed down by using it often.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use symbolon_protocol::Timestamp;

use crate::settings::Bucket;

/// A clock is taken to have been set back only beyond this, in milliseconds. Attempts side by side
/// look at the clock one after the other and come here in any order; within this, the latest of
/// their times counts for all of them.
const SET_BACK: i64 = 60_000;

/// Attempts per key. Holds at most `capacity` keys; beyond it full buckets go first, then others,
/// roughly the oldest.
#[derive(Debug)]
pub struct Throttle<K> {
    bucket: Bucket,
    capacity: usize,
    cells: Mutex<Cells<K>>,
}

/// A bucket as the time at which it is full again (GCRA): one number a key.
#[derive(Debug)]
struct Cells<K> {
    /// When the latest attempt came.
    latest: Timestamp,
    full_at: HashMap<K, Timestamp>,
    order: VecDeque<K>,
}

/// There was no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled {
    /// Seconds until there is one, at least 1.
    pub retry_after_secs: u32,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    /// An empty throttle: every bucket is full.
    #[must_use]
    pub fn new(bucket: Bucket, capacity: usize) -> Self {
        let cells = Cells {
            latest: Timestamp::from_millis(0),
            full_at: HashMap::new(),
            order: VecDeque::new(),
        };
        Self {
            bucket,
            capacity,
            cells: Mutex::new(cells),
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// When there is none.
    pub fn take(&self, key: &K, now: Timestamp) -> Result<(), Throttled> {
        let refill = i64::from(self.bucket.refill_ms);
        let window = refill.saturating_mul(i64::from(self.bucket.burst.get()));
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let now = cells.latest_of(now);
        let known = cells.full_at.get(key).copied();
        // Emptier than empty: the clock was set back, and what was counted means nothing any more.
        let counted = known.filter(|full_at| full_at.millis_since(now) <= window);
        let full_at = counted.unwrap_or(now).max(now).plus_millis(refill);
        let over = full_at.millis_since(now) - window;
        if over > 0 {
            let secs = u32::try_from((over + 999) / 1000).unwrap_or(u32::MAX);
            return Err(Throttled {
                retry_after_secs: secs,
            });
        }
        cells.full_at.insert(key.clone(), full_at);
        if known.is_none() {
            cells.order.push_back(key.clone());
            cells.trim(self.capacity, now);
        }
        Ok(())
    }

    /// Gives a token back.
    pub fn give_back(&self, key: &K) {
        let refill = i64::from(self.bucket.refill_ms);
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = cells.full_at.get_mut(key) {
            *full_at = full_at.plus_millis(-refill);
        }
    }

    /// Forgets a key: its bucket is full.
    pub fn forget(&self, key: &K) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if cells.full_at.remove(key).is_some() {
            cells.order.retain(|known| known != key);
        }
    }

    /// Forgets the keys whose buckets are full again by themselves.
    pub fn forget_full(&self, now: Timestamp) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let now = cells.latest_of(now);
        let Cells { full_at, order, .. } = &mut *cells;
        full_at.retain(|_, full_at| *full_at > now);
        order.retain(|key| full_at.contains_key(key));
    }
}

impl<K: Hash + Eq + Clone> Cells<K> {
    /// The time that counts for an attempt that looked at the clock at `now`.
    fn latest_of(&mut self, now: Timestamp) -> Timestamp {
        let behind = self.latest.millis_since(now);
        if !(0..=SET_BACK).contains(&behind) {
            self.latest = now;
        }
        self.latest
    }

    /// Drops full buckets from the old end, a few at a time, and the oldest beyond the capacity.
    fn trim(&mut self, capacity: usize, now: Timestamp) {
        for _ in 0..4 {
            let Some(oldest) = self.order.front() else {
                return;
            };
            let full = self
                .full_at
                .get(oldest)
                .is_none_or(|full_at| *full_at <= now);
            if full || self.order.len() > capacity {
                self.full_at.remove(oldest);
                self.order.pop_front();
            } else if let Some(kept) = self.order.pop_front() {
                self.order.push_back(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn throttle(capacity: usize) -> Throttle<u32> {
        let bucket = Bucket {
            burst: NonZeroU32::new(3).unwrap(),
            refill_ms: 10_000,
        };
        Throttle::new(bucket, capacity)
    }

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn a_burst_passes_then_one_per_refill() {
        let throttle = throttle(10);
        for _ in 0..3 {
            throttle.take(&1, START).unwrap();
        }
        let refused = throttle.take(&1, START).unwrap_err();
        assert_eq!(refused.retry_after_secs, 10);
        throttle.take(&2, START).unwrap();
        assert!(throttle.take(&1, START.plus_millis(9_999)).is_err());
        throttle.take(&1, START.plus_millis(10_000)).unwrap();
        assert!(throttle.take(&1, START.plus_millis(10_000)).is_err());
    }

    #[test]
    fn a_token_given_back_can_be_taken_again_but_never_more_than_the_burst() {
        let throttle = throttle(10);
        throttle.take(&1, START).unwrap();
        throttle.give_back(&1);
        throttle.give_back(&1);
        throttle.give_back(&7);
        let passed = (0..10).filter(|_| throttle.take(&1, START).is_ok()).count();
        assert_eq!(passed, 3);
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let throttle = throttle(10);
        throttle.take(&1, START).unwrap();
        let back = START.plus_secs(-7_200);
        for _ in 0..3 {
            throttle.take(&1, back).unwrap();
        }
        let refused = throttle.take(&1, back).unwrap_err();
        assert_eq!(refused.retry_after_secs, 10);
        throttle.take(&1, back.plus_secs(10)).unwrap();
    }

    #[test]
    fn an_attempt_that_looked_at_the_clock_before_others_does_not_refill_the_bucket() {
        let throttle = throttle(10);
        for _ in 0..3 {
            throttle.take(&1, START.plus_millis(5)).unwrap();
        }
        assert!(throttle.take(&1, START).is_err());
        assert!(throttle.take(&1, START.plus_millis(5)).is_err());
    }

    #[test]
    fn an_attempt_that_looked_at_the_clock_before_others_finds_their_bucket_as_full_as_they_do() {
        let throttle = throttle(10);
        throttle.take(&1, START.plus_millis(5)).unwrap();
        throttle.take(&1, START).unwrap();
        throttle.take(&1, START.plus_millis(3)).unwrap();
        assert!(throttle.take(&1, START).is_err());
    }

    #[test]
    fn a_refused_attempt_costs_nothing() {
        let throttle = throttle(10);
        for _ in 0..100 {
            let _ = throttle.take(&1, START);
        }
        throttle.take(&1, START.plus_millis(10_000)).unwrap();
    }

    #[test]
    fn what_is_forgotten_is_full_and_what_is_full_is_forgotten() {
        let throttle = throttle(10);
        for key in [1, 1, 1, 2, 2] {
            throttle.take(&key, START).unwrap();
        }
        throttle.forget(&1);
        throttle.forget(&7);
        throttle.forget_full(START.plus_millis(19_999));
        let held = || {
            let cells = throttle.cells.lock().unwrap();
            (cells.full_at.len(), cells.order.clone())
        };
        assert_eq!(held(), (1, VecDeque::from([2])));
        throttle.forget_full(START.plus_millis(20_000));
        assert_eq!(held(), (0, VecDeque::new()));
        for _ in 0..3 {
            throttle.take(&1, START.plus_millis(20_000)).unwrap();
        }
        assert!(throttle.take(&1, START.plus_millis(20_000)).is_err());
    }

    #[test]
    fn parallel_attempts_get_the_burst_and_no_more() {
        let throttle = throttle(10);
        let passed = std::thread::scope(|scope| {
            let all: Vec<_> = (0..100)
                .map(|_| scope.spawn(|| usize::from(throttle.take(&1, START).is_ok())))
                .collect();
            all.into_iter()
                .map(|thread| thread.join().unwrap())
                .sum::<usize>()
        });
        assert_eq!(passed, 3);
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = throttle(100);
        for key in 0..10_000 {
            throttle.take(&key, START).unwrap();
        }
        let cells = throttle.cells.lock().unwrap();
        assert!(cells.order.len() <= 100 && cells.full_at.len() <= 100);
    }
}
