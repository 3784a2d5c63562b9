//! What is said of one revoked id.

use crate::revocation::Entry;

/// `until` of entries that never expire.
pub(super) const NEVER: u32 = u32::MAX;

/// 8 bytes a revoked id: NumericDates fit 32 bits until 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Versions lower than this are revoked; `u32::MAX`: all.
    pub(super) below: u32,
    /// NumericDate of the last second in which it counts.
    pub(super) until: u32,
}

impl Meaning {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            below: entry.below.unwrap_or(u32::MAX),
            until: entry.until.map_or(NEVER, seconds),
        }
    }

    /// The wider of both, and for the longer time.
    pub(super) fn widened(self, other: Self) -> Self {
        Self {
            below: self.below.max(other.below),
            until: self.until.max(other.until),
        }
    }

    pub(super) const fn is_end(self) -> bool {
        self.below == u32::MAX
    }

    pub(super) const fn names(self, version: u32) -> bool {
        self.is_end() || version < self.below
    }
}

/// A NumericDate as it is kept.
pub(super) fn seconds(numeric_date: i64) -> u32 {
    u32::try_from(numeric_date.max(0)).unwrap_or(NEVER)
}
