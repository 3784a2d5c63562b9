//! Tokens that were verified before, so that the same bytes are not verified twice.
//!
//! A fixed table of four-way buckets. Readers take no lock: they compare a tag of the seeded hash,
//! load the slot and compare the **whole token**; a hash alone never decides. What a hit means is
//! left to the caller, who must look at expiry, key and revocations every time.
//!
//! The one thing that must not be broken: an entry is returned only for exactly the bytes it was
//! verified from.

use std::{
    hash::BuildHasher as _,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;

/// Slots a hash may lie in.
const WAYS: usize = 4;
/// What an entry is reckoned at beside its token: sets the table's size for a budget.
const TYPICAL_ENTRY: usize = 1024;

/// What the cache needs to know of its entries.
pub(crate) trait Cached {
    /// The whole token.
    fn token(&self) -> &str;
    /// Bytes it takes, the token included.
    fn weight(&self) -> usize;
    /// NumericDate after which it is of no use.
    fn useless_after(&self) -> i64;
    /// Whether it can still be accepted at all, expiry aside.
    fn is_usable(&self) -> bool;
    /// Remembers that it was used.
    fn touch(&self);
    /// Whether it was used since the last call.
    fn take_touched(&self) -> bool;
}

/// One cache line of tags and slots.
#[repr(align(64))]
struct Bucket<T> {
    tags: [AtomicU64; WAYS],
    slots: [ArcSwapOption<T>; WAYS],
}

impl<T> Bucket<T> {
    fn new() -> Self {
        Self {
            tags: [const { AtomicU64::new(0) }; WAYS],
            slots: std::array::from_fn(|_| ArcSwapOption::empty()),
        }
    }

    fn ways(&self) -> impl Iterator<Item = (&AtomicU64, &ArcSwapOption<T>)> {
        self.tags.iter().zip(&self.slots)
    }
}

/// The cache. Its memory is bounded by bytes, not by entries.
pub(crate) struct Cache<T> {
    buckets: Box<[Bucket<T>]>,
    hasher: RandomState,
    bytes: AtomicUsize,
    max_bytes: usize,
    hand: AtomicUsize,
}

impl<T: Cached> Cache<T> {
    /// A cache of at most `max_bytes`; 0 switches it off.
    pub(crate) fn new(max_bytes: usize) -> Self {
        // Twice the slots that typical entries need, so that four ways are rarely all taken.
        let buckets = match max_bytes {
            0 => 0,
            bytes => (bytes / TYPICAL_ENTRY * 2 / WAYS).next_power_of_two(),
        };
        Self {
            buckets: (0..buckets).map(|_| Bucket::new()).collect(),
            hasher: RandomState::default(),
            bytes: AtomicUsize::new(0),
            max_bytes,
            hand: AtomicUsize::new(0),
        }
    }

    /// The entry that was verified from exactly these bytes.
    #[inline]
    pub(crate) fn get(&self, token: &str) -> Option<Arc<T>> {
        let hash = self.hasher.hash_one(token.as_bytes());
        let bucket = self.bucket(hash)?;
        for (tag, slot) in bucket.ways() {
            if tag.load(Ordering::Acquire) != hash {
                continue;
            }
            let found = slot.load();
            if let Some(entry) = found.as_ref()
                && entry.token() == token
            {
                entry.touch();
                return Some(Arc::clone(entry));
            }
        }
        None
    }

    /// Takes in what was fully verified. Makes room first; an entry that is too large for the
    /// whole cache is left out.
    pub(crate) fn insert(&self, entry: Arc<T>, now: i64) {
        let weight = entry.weight();
        if weight > self.max_bytes / 2 {
            return;
        }
        let hash = self.hasher.hash_one(entry.token().as_bytes());
        let Some(bucket) = self.bucket(hash) else {
            return;
        };
        self.make_room(weight, now);
        let Some((tag, slot)) = victim(bucket, hash, now) else {
            return;
        };
        self.bytes.fetch_add(weight, Ordering::Relaxed);
        self.release(slot.swap(Some(entry)));
        tag.store(hash, Ordering::Release);
    }

    /// Bytes in use.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    #[inline]
    fn bucket(&self, hash: u64) -> Option<&Bucket<T>> {
        // The length is 0 or a power of two. The tag is the whole hash, so that sharing low bits
        // with the index costs nothing.
        let mask = self.buckets.len().wrapping_sub(1);
        self.buckets.get(hash as usize & mask)
    }

    /// Second-chance eviction: a hand goes round, takes what is of no use or was not used since
    /// it last came by.
    fn make_room(&self, weight: usize, now: i64) {
        let mut steps = self.buckets.len().saturating_mul(2);
        while steps > 0 && self.bytes.load(Ordering::Relaxed) + weight > self.max_bytes {
            steps -= 1;
            let at = self.hand.fetch_add(1, Ordering::Relaxed);
            let Some(bucket) = self.buckets.get(at & (self.buckets.len().wrapping_sub(1))) else {
                return;
            };
            for slot in &bucket.slots {
                let found = slot.load();
                if let Some(entry) = found.as_ref()
                    && (is_useless(&**entry, now) || !entry.take_touched())
                {
                    self.release(slot.swap(None));
                }
            }
        }
    }

    fn release(&self, entry: Option<Arc<T>>) {
        if let Some(entry) = entry {
            self.bytes.fetch_sub(entry.weight(), Ordering::Relaxed);
        }
    }
}

fn is_useless<T: Cached>(entry: &T, now: i64) -> bool {
    !entry.is_usable() || entry.useless_after() < now
}

/// The slot to write: the same token's, an empty or useless one, else the first to expire.
fn victim<T: Cached>(
    bucket: &Bucket<T>,
    hash: u64,
    now: i64,
) -> Option<(&AtomicU64, &ArcSwapOption<T>)> {
    bucket.ways().min_by_key(|(tag, slot)| {
        let found = slot.load();
        match found.as_ref() {
            Some(_) if tag.load(Ordering::Acquire) == hash => i64::MIN,
            None => i64::MIN + 1,
            Some(entry) if is_useless(&**entry, now) => i64::MIN + 2,
            Some(entry) => entry.useless_after(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    struct Plain {
        token: String,
        until: i64,
        usable: AtomicBool,
        touched: AtomicBool,
    }

    fn plain(number: usize, until: i64) -> Arc<Plain> {
        Arc::new(Plain {
            token: format!("token-{number}"),
            until,
            usable: AtomicBool::new(true),
            touched: AtomicBool::new(false),
        })
    }

    impl Cached for Plain {
        fn token(&self) -> &str {
            &self.token
        }
        fn weight(&self) -> usize {
            1024
        }
        fn useless_after(&self) -> i64 {
            self.until
        }
        fn is_usable(&self) -> bool {
            self.usable.load(Ordering::Relaxed)
        }
        fn touch(&self) {
            self.touched.store(true, Ordering::Relaxed);
        }
        fn take_touched(&self) -> bool {
            self.touched.swap(false, Ordering::Relaxed)
        }
    }

    #[test]
    fn only_the_same_bytes_are_found() {
        let cache = Cache::new(1 << 20);
        cache.insert(plain(1, 10), 0);
        assert!(cache.get("token-1").is_some());
        assert!(cache.get("token-2").is_none());
        assert!(cache.get("token-1 ").is_none());
    }

    #[test]
    fn an_equal_hash_is_not_enough() {
        let cache = Cache::new(1 << 20);
        cache.insert(plain(1, 10), 0);
        // Forge the tag of another token onto every slot: the comparison must still refuse it.
        let hash = cache.hasher.hash_one("token-2".as_bytes());
        for bucket in &cache.buckets {
            for tag in &bucket.tags {
                tag.store(hash, Ordering::Relaxed);
            }
        }
        assert!(cache.get("token-2").is_none());
    }

    #[test]
    fn memory_stays_within_the_budget_and_what_is_used_stays() {
        let cache = Cache::new(64 * 1024);
        cache.insert(plain(0, i64::MAX), 0);
        for number in 1..10_000 {
            assert!(cache.get("token-0").is_some(), "after {number}");
            cache.insert(plain(number, 10), 0);
            assert!(cache.bytes() <= 64 * 1024);
        }
    }

    #[test]
    fn a_token_taken_in_again_replaces_itself() {
        let cache = Cache::new(1 << 20);
        for _ in 0..10 {
            cache.insert(plain(1, 10), 0);
        }
        assert_eq!(cache.bytes(), 1024);
    }

    #[test]
    fn what_is_of_no_use_makes_room_first() {
        let cache = Cache::new(1 << 20);
        let entry = plain(1, 10);
        cache.insert(Arc::clone(&entry), 0);
        entry.usable.store(false, Ordering::Relaxed);
        assert!(is_useless(&*entry, 0));
        assert!(is_useless(&*plain(2, 10), 11));
        assert!(!is_useless(&*plain(2, 10), 10));
    }

    #[test]
    fn without_a_budget_nothing_is_kept() {
        let cache = Cache::new(0);
        cache.insert(plain(1, 10), 0);
        assert!(cache.get("token-1").is_none());
    }

    #[test]
    fn many_threads_at_once_keep_the_account_right() {
        let cache = Cache::new(256 * 1024);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let cache = &cache;
                scope.spawn(move || {
                    for number in 0..5_000 {
                        let number = thread * 100 + number % 500;
                        cache.insert(plain(number, 10), 0);
                        if let Some(found) = cache.get(&format!("token-{number}")) {
                            assert_eq!(found.token, format!("token-{number}"));
                        }
                    }
                });
            }
        });
        let held: usize = cache
            .buckets
            .iter()
            .flat_map(|bucket| &bucket.slots)
            .filter_map(ArcSwapOption::load_full)
            .map(|entry| entry.weight())
            .sum();
        assert_eq!(cache.bytes(), held);
    }
}
