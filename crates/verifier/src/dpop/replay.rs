//! Which proofs were used (RFC 9449 §11.1), in memory that is set aside once.
//!
//! Two generations of fingerprints, each of which takes in what comes for one span, the longest time
//! that a proof can be accepted in. A proof is looked for in both and written to the younger; after
//! a span the older is forgotten as a whole, when all in it is too old to be accepted anyway.
//!
//! The one thing that must not be broken: a fingerprint that was taken in is never called new. It is
//! compared whole, not by a filter's few bits; when a generation is full, nothing more is new; and
//! whatever is no younger than something forgotten is refused, also when the clock was set back.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use symbolon_protocol::RejectReason;

use super::{DpopError, random};

/// Each has its own lock, held for a look-up.
const SHARDS: usize = 16;
const NEVER: i64 = i64::MIN;

/// The memory.
pub(super) struct ReplayMemory {
    shards: Box<[Mutex<Shard>]>,
    span: i64,
    /// Keeps strangers from choosing fingerprints that lie side by side.
    salt: [u8; 32],
}

struct Shard {
    young: Generation,
    old: Generation,
    /// When the younger generation began, NumericDate.
    began: i64,
    /// The youngest `iat` of all that was forgotten.
    forgotten: i64,
}

/// A set of fingerprints, open addressing; 0 is an empty slot.
struct Generation {
    slots: Box<[u128]>,
    used: usize,
    youngest: i64,
}

impl ReplayMemory {
    /// Room for `capacity` proofs within a span (in seconds).
    pub(super) fn new(capacity: usize, span: i64) -> Result<Self, DpopError> {
        // A third stays empty, so that shards may differ and searches stay short.
        let wanted = capacity.div_ceil(SHARDS).saturating_mul(3) / 2;
        let slots = wanted.max(8).next_power_of_two();
        let shards = (0..SHARDS).map(|_| Mutex::new(Shard::new(slots))).collect();
        Ok(Self {
            shards,
            span,
            salt: random()?,
        })
    }

    /// What is remembered of a proof: 128 bits of a salted hash of its key and its `jti`.
    pub(super) fn fingerprint(&self, thumbprint: &str, jti: &str) -> u128 {
        let mut hash = Context::new(&SHA256);
        hash.update(&self.salt);
        // Thumbprints are all of one length, so the two cannot be cut differently.
        hash.update(thumbprint.as_bytes());
        hash.update(jti.as_bytes());
        let digest = hash.finish();
        let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
        u128::from_le_bytes(first)
    }

    /// Takes a proof in, which must be new.
    pub(super) fn spend(
        &self,
        fingerprint: u128,
        issued_at: i64,
        now: i64,
    ) -> Result<(), RejectReason> {
        // The low bits choose the shard, the ones above them the slot.
        let shard = self.shards.get(fingerprint as usize % SHARDS);
        let shard = shard.ok_or(RejectReason::DpopMemoryFull)?;
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.turn(now, self.span);
        shard.take(fingerprint.max(1), issued_at)
    }

    /// Bytes that the slots take; the same at all times.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        let slots = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap();
            shard.young.slots.len() + shard.old.slots.len()
        };
        self.shards.iter().map(slots).sum::<usize>() * size_of::<u128>()
    }
}

impl Shard {
    fn new(slots: usize) -> Self {
        Self {
            young: Generation::new(slots),
            old: Generation::new(slots),
            began: NEVER,
            forgotten: NEVER,
        }
    }

    /// Forgets what is older than a span.
    fn turn(&mut self, now: i64, span: i64) {
        // A clock that was set back must not keep what is full from ever turning.
        if self.began == NEVER || now < self.began {
            self.began = now;
        }
        let passed = now.saturating_sub(self.began);
        if passed < span {
            return;
        }
        std::mem::swap(&mut self.young, &mut self.old);
        self.forgotten = self.forgotten.max(self.young.clear());
        if passed >= span.saturating_mul(2) {
            self.forgotten = self.forgotten.max(self.old.clear());
        }
        self.began = now;
    }

    fn take(&mut self, fingerprint: u128, issued_at: i64) -> Result<(), RejectReason> {
        if issued_at <= self.forgotten {
            return Err(RejectReason::DpopProofStale);
        }
        if self.old.holds(fingerprint) {
            return Err(RejectReason::DpopReplayed);
        }
        self.young.insert(fingerprint, issued_at)
    }
}

impl Generation {
    fn new(slots: usize) -> Self {
        Self {
            slots: vec![0; slots].into(),
            used: 0,
            youngest: NEVER,
        }
    }

    /// The slots in the order in which a fingerprint is looked for. Their number is a power of two.
    fn path(&self, fingerprint: u128) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        let first = (fingerprint >> 32) as usize;
        (0..=mask).map(move |step| first.wrapping_add(step) & mask)
    }

    fn holds(&self, fingerprint: u128) -> bool {
        self.path(fingerprint)
            .filter_map(|at| self.slots.get(at))
            .take_while(|slot| **slot != 0)
            .any(|slot| *slot == fingerprint)
    }

    fn insert(&mut self, fingerprint: u128, issued_at: i64) -> Result<(), RejectReason> {
        // An eighth stays empty, so that every search ends soon.
        let full = self.used >= self.slots.len() / 8 * 7;
        for at in self.path(fingerprint) {
            match self.slots.get_mut(at) {
                Some(slot) if *slot == fingerprint => return Err(RejectReason::DpopReplayed),
                Some(slot) if *slot == 0 && !full => {
                    *slot = fingerprint;
                    self.used += 1;
                    self.youngest = self.youngest.max(issued_at);
                    return Ok(());
                }
                Some(slot) if *slot == 0 => break,
                _ => {}
            }
        }
        Err(RejectReason::DpopMemoryFull)
    }

    /// Empties it; the youngest `iat` that was in it.
    fn clear(&mut self) -> i64 {
        if self.used > 0 {
            self.slots.fill(0);
            self.used = 0;
        }
        std::mem::replace(&mut self.youngest, NEVER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: i64 = 66;
    const NOW: i64 = 1_800_000_000;

    fn memory(capacity: usize) -> ReplayMemory {
        ReplayMemory::new(capacity, SPAN).unwrap()
    }

    /// Spreads numbers as the hash would (splitmix64, twice).
    fn fingerprint(number: u64) -> u128 {
        let mix = |seed: u64| {
            let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        u128::from(mix(number + 1)) << 64 | u128::from(mix(number + 1_000_000_007))
    }

    #[test]
    fn a_proof_is_new_once_for_as_long_as_it_can_be_accepted() {
        let memory = memory(100);
        for start in [0, 1, SPAN - 1, SPAN, 10 * SPAN + 7] {
            let (proof, at) = (fingerprint(start.unsigned_abs()), NOW + start);
            assert_eq!(memory.spend(proof, at, at), Ok(()));
            for later in [0, 1, SPAN / 2, SPAN - 1] {
                let replayed = memory.spend(proof, at, at + later);
                assert_eq!(replayed, Err(RejectReason::DpopReplayed), "{start} {later}");
            }
        }
    }

    #[test]
    fn what_was_forgotten_is_refused_all_the_same() {
        let memory = memory(100);
        let proof = fingerprint(1);
        memory.spend(proof, NOW, NOW).unwrap();
        // Far ahead, so that everything is forgotten, and back again.
        let ahead = NOW + 1_000 * SPAN;
        memory.spend(fingerprint(1 + (1 << 40)), ahead, ahead).ok();
        for shard in &memory.shards {
            shard.lock().unwrap().turn(ahead, SPAN);
        }
        let replayed = memory.spend(proof, NOW, NOW);
        assert_eq!(replayed, Err(RejectReason::DpopProofStale));
    }

    #[test]
    fn when_it_is_full_nothing_is_new_and_what_was_used_is_still_known() {
        let memory = memory(1_000);
        let accepted: Vec<u64> = (0..100_000)
            .filter(|number| memory.spend(fingerprint(*number), NOW, NOW).is_ok())
            .collect();
        assert!(accepted.len() >= 1_000, "{}", accepted.len());
        assert!(accepted.len() < 100_000);
        for number in accepted {
            let again = memory.spend(fingerprint(number), NOW, NOW);
            assert_eq!(again, Err(RejectReason::DpopReplayed));
        }
        let unseen = memory.spend(fingerprint(1 << 50), NOW, NOW);
        assert_eq!(unseen, Err(RejectReason::DpopMemoryFull));
        // A span later there is room again.
        let later = NOW + 2 * SPAN;
        assert_eq!(memory.spend(fingerprint(1 << 50), later, later), Ok(()));
    }

    #[test]
    fn ten_million_proofs_take_no_more_memory_than_the_first() {
        let memory = memory(65_536);
        let (bytes, before) = (memory.bytes(), resident_kib());
        assert_eq!(bytes, 4 << 20);
        let (mut full, mut at) = (0_u32, NOW);
        for number in 0..10_000_000_u64 {
            // 900 a second.
            at = NOW + i64::try_from(number / 900).unwrap();
            let spent = memory.spend(fingerprint(number), at, at);
            full += u32::from(spent.is_err());
            if number % 1_000 == 0 {
                let again = memory.spend(fingerprint(number), at, at);
                assert_eq!(again, Err(RejectReason::DpopReplayed), "{number}");
            }
        }
        assert_eq!(full, 0, "within its capacity nothing is refused");
        assert!(at > NOW + 160 * SPAN);
        assert_eq!(memory.bytes(), bytes);
        // All 4 MiB were touched, and some of another test's memory.
        let grown = resident_kib().saturating_sub(before);
        assert!(grown < 64 << 10, "grown by {grown} KiB");
    }

    /// This process's resident memory; 0 where the system does not tell.
    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    #[test]
    fn of_many_threads_with_one_proof_one_is_first() {
        let memory = memory(1_000);
        for number in 0..200 {
            let proof = fingerprint(number);
            let first: usize = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8)
                    .map(|_| scope.spawn(|| usize::from(memory.spend(proof, NOW, NOW).is_ok())))
                    .collect();
                threads.into_iter().map(|one| one.join().unwrap()).sum()
            });
            assert_eq!(first, 1);
        }
    }

    #[test]
    fn key_and_id_make_the_fingerprint() {
        let memory = memory(10);
        let one = memory.fingerprint("a", "1");
        assert_eq!(one, memory.fingerprint("a", "1"));
        assert_ne!(one, memory.fingerprint("b", "1"));
        assert_ne!(one, memory.fingerprint("a", "2"));
        assert_ne!(one, self::memory(10).fingerprint("a", "1"), "salted");
    }
}
