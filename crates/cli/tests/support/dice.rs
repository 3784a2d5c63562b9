//! Chance that repeats: everything random in a test follows from a seed that it prints.

#![expect(
    clippy::print_stdout,
    reason = "a seed is for whoever reads the output"
)]

use std::hash::{BuildHasher as _, RandomState};

use symbolon_core::entropy::EntropyExt as _;
use symbolon_testing::SeededEntropy;

/// A seeded die.
pub(crate) struct Dice(SeededEntropy);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        u64::from_le_bytes(self.0.bytes()) % bound
    }

    /// An index into something of that length.
    pub(crate) fn index(&self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }
}

/// The number in an environment variable, or the one that is made when it is not set.
pub(crate) fn from_env(variable: &str, otherwise: impl FnOnce() -> u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(otherwise)
}

/// The seed in `SYMBOLON_TEST_SEED`, or a new one; printed, so that a run can be had again.
pub(crate) fn seed() -> u64 {
    // The standard library seeds its hash maps from the system.
    let seed = from_env("SYMBOLON_TEST_SEED", || RandomState::new().hash_one(0));
    println!("SYMBOLON_TEST_SEED={seed}");
    seed
}
