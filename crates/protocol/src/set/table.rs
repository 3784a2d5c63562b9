//! Many revoked ids: sorted leaves, shared between snapshots and copied leaf by leaf where
//! something changes.
//!
//! Linear hashing: the leaves are split one after the other as ids come in, and joined again as
//! they go, so no change ever moves everything and nothing is kept in reserve for growth. The
//! upper half of the hash chooses the leaf, the lower half is the key that it is sorted by.

use std::{hash::BuildHasher as _, sync::Arc};

use foldhash::quality::RandomState;

use super::{
    leaf::{Leaf, Row},
    meaning::Meaning,
};

/// Ids a leaf has at most on average.
const LONG: usize = 96;
/// And at least, unless there is one leaf only.
const SHORT: usize = 48;

/// Where an id belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    number: u32,
    pub(super) key: u32,
}

/// The table. `Clone` is a snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    leaves: Arc<Vec<Leaf>>,
    len: usize,
    /// Seeded, so that nobody can choose ids that fall on one place.
    hasher: RandomState,
}

impl Table {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn leaves(&self) -> usize {
        self.leaves.len()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let leaves: usize = self.leaves.iter().map(Leaf::heap_bytes).sum();
        leaves + self.leaves.capacity() * size_of::<Leaf>()
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "its two halves")]
    pub(super) fn place(&self, id: u128) -> Place {
        let hash = self.hasher.hash_one(id);
        Place {
            number: (hash >> 32) as u32,
            key: hash as u32,
        }
    }

    pub(super) fn row(&self, id: u128, meaning: Meaning) -> Row {
        let key = self.place(id).key;
        Row { key, id, meaning }
    }

    #[inline]
    pub(super) fn find(&self, place: Place, id: u128) -> Option<Meaning> {
        let leaf = leaf_of(place.number, self.leaves.len());
        self.leaves.get(leaf)?.find(place.key, id)
    }

    /// Takes rows in, in any order, an id also more than once.
    pub(super) fn merge(&mut self, new: &[Row]) {
        if new.is_empty() {
            return;
        }
        let mut leaves = std::mem::take(&mut self.leaves);
        let changing = Arc::make_mut(&mut leaves);
        let wanted = (self.len + new.len()).div_ceil(LONG);
        self.grow(changing, wanted);
        let mut placed: Vec<_> = new
            .iter()
            .map(|row| (leaf_of(self.place(row.id).number, changing.len()), *row))
            .collect();
        placed.sort_unstable_by_key(|(leaf, row)| (*leaf, row.order()));
        placed.dedup_by(|(leaf, later), (kept_leaf, kept)| {
            let same = leaf == kept_leaf && later.order() == kept.order();
            if same {
                kept.meaning = kept.meaning.widened(later.meaning);
            }
            same
        });
        let mut rows = Vec::new();
        for chunk in placed.chunk_by(|(one, _), (other, _)| one == other) {
            let at = chunk.first().map_or(0, |(leaf, _)| *leaf);
            if let Some(leaf) = changing.get_mut(at) {
                rows.clear();
                rows.extend(chunk.iter().map(|(_, row)| *row));
                let before = leaf.len();
                *leaf = Leaf::from_rows(&leaf.merged(&rows));
                self.len += leaf.len() - before;
            }
        }
        self.leaves = leaves;
    }

    /// Forgets what expired before `now` in some of the leaves.
    pub(super) fn forget_expired(&mut self, now: u32, range: std::ops::Range<usize>) {
        let first = range.start;
        let Some(some) = self.leaves.get(range) else {
            return;
        };
        let changed: Vec<_> = some
            .iter()
            .enumerate()
            .filter(|(_, leaf)| leaf.has_expired(now))
            .map(|(at, leaf)| (first + at, leaf.without_expired(now)))
            .collect();
        if changed.is_empty() {
            return;
        }
        let leaves = Arc::make_mut(&mut self.leaves);
        for (at, new) in changed {
            if let Some(leaf) = leaves.get_mut(at) {
                self.len -= leaf.len() - new.len();
                *leaf = new;
            }
        }
    }

    /// Joins leaves that have become short.
    pub(super) fn shrink(&mut self) {
        let wanted = self.len.div_ceil(SHORT).max(1);
        if self.leaves.len() <= wanted {
            return;
        }
        let leaves = Arc::make_mut(&mut self.leaves);
        while leaves.len() > wanted {
            let Some(last) = leaves.pop() else { break };
            let at = unsplit(leaves.len());
            if let Some(leaf) = leaves.get_mut(at) {
                let rows: Vec<_> = last.rows().collect();
                *leaf = Leaf::from_rows(&leaf.merged(&rows));
            }
        }
        leaves.shrink_to_fit();
    }

    /// Splits leaves until there are as many as wanted.
    fn grow(&self, leaves: &mut Vec<Leaf>, wanted: usize) {
        if leaves.len() >= wanted {
            return;
        }
        leaves.reserve_exact((wanted - leaves.len()).max(leaves.len() / 16));
        if leaves.is_empty() {
            leaves.push(Leaf::default());
        }
        while leaves.len() < wanted {
            let new = leaves.len();
            let Some(old) = leaves.get_mut(unsplit(new)) else {
                break;
            };
            let (go, stay): (Vec<_>, Vec<_>) = old
                .rows()
                .partition(|row| leaf_of(self.place(row.id).number, new + 1) == new);
            *old = Leaf::from_rows(&stay);
            leaves.push(Leaf::from_rows(&go));
        }
    }
}

/// The leaf, of so many, that a number belongs to: its lowest bits, one fewer where that leaf is
/// not there yet.
#[inline]
fn leaf_of(number: u32, leaves: usize) -> usize {
    let mask = leaves.next_power_of_two().wrapping_sub(1);
    let at = number as usize & mask;
    if at < leaves { at } else { at & (mask >> 1) }
}

/// The leaf out of which this one is split.
fn unsplit(leaf: usize) -> usize {
    leaf & !(1 << leaf.checked_ilog2().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One more leaf moves numbers out of one old leaf only.
    #[test]
    fn a_new_leaf_takes_from_the_one_it_is_split_from() {
        for leaves in 1..200 {
            for number in (0..100_000).step_by(37) {
                let (before, after) = (leaf_of(number, leaves), leaf_of(number, leaves + 1));
                assert!(after <= leaves);
                assert!(
                    before == after || (after == leaves && before == unsplit(leaves)),
                    "{number}: {before} of {leaves}, then {after}"
                );
            }
        }
    }
}
