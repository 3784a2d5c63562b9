//! Many revoked ids: sorted leaves, shared between snapshots and copied leaf by leaf where
//! something changes.
//!
//! Linear hashing: the leaves are split one after the other as ids come in, and joined again as
//! they go, so no change ever moves everything and nothing is kept in reserve for growth. The
//! upper half of the hash chooses the leaf, the lower half is the key that it is sorted by. A
//! filter says of nearly every id that is not there that it is not.

use std::{hash::BuildHasher as _, sync::Arc};

use foldhash::quality::RandomState;

use super::{
    filter::Filter,
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

/// The leaves, each with its block of the filter: the two change together only.
#[derive(Debug, Clone, Default)]
struct Leaves {
    all: Vec<Leaf>,
    filter: Filter,
}

impl Leaves {
    fn put(&mut self, at: usize, new: Leaf) {
        if let Some(leaf) = self.all.get_mut(at) {
            self.filter.write(at, new.keys());
            *leaf = new;
        }
    }

    fn push(&mut self, new: Leaf) {
        self.filter.write(self.all.len(), new.keys());
        self.all.push(new);
    }

    fn shrink_to_fit(&mut self) {
        self.all.shrink_to_fit();
        self.filter.truncate(self.all.len());
    }
}

/// The table. `Clone` is a snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    leaves: Arc<Leaves>,
    len: usize,
    /// Seeded, so that nobody can choose ids that fall on one place.
    hasher: RandomState,
}

impl Table {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn leaves(&self) -> usize {
        self.leaves.all.len()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let Leaves { all, filter } = &*self.leaves;
        let leaves: usize = all.iter().map(Leaf::heap_bytes).sum();
        leaves + all.capacity() * size_of::<Leaf>() + filter.heap_bytes()
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
        let Leaves { all, filter } = &*self.leaves;
        let leaf = leaf_of(place.number, all.len());
        if !filter.may_have(leaf, place.key) {
            return None;
        }
        all.get(leaf)?.find(place.key, id)
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
            .map(|row| (leaf_of(self.place(row.id).number, changing.all.len()), *row))
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
            if let Some(old) = changing.all.get(at) {
                rows.clear();
                rows.extend(chunk.iter().map(|(_, row)| *row));
                let new = Leaf::from_rows(&old.merged(&rows));
                self.len += new.len() - old.len();
                changing.put(at, new);
            }
        }
        self.leaves = leaves;
    }

    /// Forgets what expired before `now` in some of the leaves.
    pub(super) fn forget_expired(&mut self, now: u32, range: std::ops::Range<usize>) {
        let first = range.start;
        let Some(some) = self.leaves.all.get(range) else {
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
            if let Some(old) = leaves.all.get(at) {
                self.len -= old.len() - new.len();
                leaves.put(at, new);
            }
        }
    }

    /// Joins leaves that have become short.
    pub(super) fn shrink(&mut self) {
        let wanted = self.len.div_ceil(SHORT).max(1);
        if self.leaves.all.len() <= wanted {
            return;
        }
        let leaves = Arc::make_mut(&mut self.leaves);
        while leaves.all.len() > wanted {
            let Some(last) = leaves.all.pop() else { break };
            let at = unsplit(leaves.all.len());
            if let Some(leaf) = leaves.all.get(at) {
                let rows: Vec<_> = last.rows().collect();
                leaves.put(at, Leaf::from_rows(&leaf.merged(&rows)));
            }
        }
        leaves.shrink_to_fit();
    }

    /// Splits leaves until there are as many as wanted.
    fn grow(&self, leaves: &mut Leaves, wanted: usize) {
        let count = leaves.all.len();
        if count >= wanted {
            return;
        }
        leaves.all.reserve_exact((wanted - count).max(count / 16));
        if leaves.all.is_empty() {
            leaves.push(Leaf::default());
        }
        while leaves.all.len() < wanted {
            let new = leaves.all.len();
            let Some(old) = leaves.all.get(unsplit(new)) else {
                break;
            };
            let (go, stay): (Vec<_>, Vec<_>) = old
                .rows()
                .partition(|row| leaf_of(self.place(row.id).number, new + 1) == new);
            leaves.put(unsplit(new), Leaf::from_rows(&stay));
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
