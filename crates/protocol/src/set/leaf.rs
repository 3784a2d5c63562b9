//! A short sorted run of revoked ids, immutable and packed: 28 bytes an id, without slack.
//!
//! The sort keys lie together in front, so that a look-up of an id that is not there reads two or
//! three cache lines and nothing behind them.

use std::sync::Arc;

use super::meaning::Meaning;

/// 32-bit words of an id in the second part: four of the id, two of its meaning.
const ROW_WORDS: usize = 6;
/// Words of an id in all, its key included.
const WORDS: usize = 1 + ROW_WORDS;
/// Keys that a look-up compares at once, half of them on each side of where the key is expected.
/// Keys are uniform, so among 128 the error's deviation is below 6.
const WINDOW: usize = 32;

/// One revoked id. Ordered by key, then by id, so that what is equal lies together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: u32,
    pub(super) id: u128,
    pub(super) meaning: Meaning,
}

impl Row {
    pub(super) const fn order(&self) -> (u32, u128) {
        (self.key, self.id)
    }

    fn words(self) -> [u32; ROW_WORDS] {
        let [a, b, c, d] = id_words(self.id);
        [a, b, c, d, self.meaning.below, self.meaning.until]
    }

    fn from_words(key: u32, words: &[u32]) -> Option<Self> {
        let &[a, b, c, d, below, until] = words else {
            return None;
        };
        let word = |word: u32, at: u32| u128::from(word) << (32 * at);
        Some(Self {
            key,
            id: word(a, 0) | word(b, 1) | word(c, 2) | word(d, 3),
            meaning: Meaning { below, until },
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "each word is the low part of what is left"
)]
const fn id_words(id: u128) -> [u32; 4] {
    [
        id as u32,
        (id >> 32) as u32,
        (id >> 64) as u32,
        (id >> 96) as u32,
    ]
}

/// The run. One allocation: all keys, then six words for each.
#[derive(Debug, Clone, Default)]
pub(super) struct Leaf(Arc<[u32]>);

impl Leaf {
    /// The rows must be sorted and each id must be there once.
    pub(super) fn from_rows(rows: &[Row]) -> Self {
        let mut words = Vec::with_capacity(rows.len() * WORDS);
        words.extend(rows.iter().map(|row| row.key));
        for row in rows {
            words.extend_from_slice(&row.words());
        }
        Self(words.into())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() / WORDS
    }

    /// Bytes on the heap, with the two counters of the `Arc`.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.0) + 2 * size_of::<usize>()
    }

    fn parts(&self) -> (&[u32], &[u32]) {
        self.0.split_at_checked(self.len()).unwrap_or_default()
    }

    /// The sort keys of all rows, in order.
    pub(super) fn keys(&self) -> &[u32] {
        self.parts().0
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row> {
        let (keys, rows) = self.parts();
        keys.iter()
            .zip(rows.chunks_exact(ROW_WORDS))
            .filter_map(|(key, words)| Row::from_words(*key, words))
    }

    /// Whether anything in it expires before `now`.
    pub(super) fn has_expired(&self, now: u32) -> bool {
        let (_, rows) = self.parts();
        rows.chunks_exact(ROW_WORDS)
            .any(|words| words.last().is_some_and(|until| *until < now))
    }

    /// The run without what expires before `now`.
    pub(super) fn without_expired(&self, now: u32) -> Self {
        let kept = self.rows().filter(|row| row.meaning.until >= now);
        Self::from_rows(&kept.collect::<Vec<_>>())
    }

    /// What is said of an id.
    #[inline]
    pub(super) fn find(&self, key: u32, id: u128) -> Option<Meaning> {
        if self.0.is_empty() {
            return None;
        }
        let (keys, rows) = self.parts();
        let expected = (u64::from(key) * keys.len() as u64) >> 32;
        let start = usize::try_from(expected)
            .unwrap_or(0)
            .saturating_sub(WINDOW / 2)
            .min(keys.len().saturating_sub(WINDOW));
        let behind = keys.get(start..)?;
        match behind.first_chunk::<WINDOW>() {
            Some(window) => {
                let before = start > 0 && window.first().is_some_and(|first| *first >= key);
                let after = behind.len() > WINDOW && window.last().is_some_and(|last| *last <= key);
                if before || after {
                    return find_far(keys, rows, key, id);
                }
                // Without a branch, so that it is done with vector instructions.
                let there = window
                    .iter()
                    .fold(false, |any, known| any | (*known == key));
                if !there {
                    return None;
                }
                let at = window.iter().position(|known| *known == key)?;
                find_from(keys, rows, start + at, key, id)
            }
            None => {
                let at = behind.iter().position(|known| *known == key)?;
                find_from(keys, rows, start + at, key, id)
            }
        }
    }

    /// This run with the rows of another; what is in both keeps the wider meaning.
    pub(super) fn merged(&self, new: &[Row]) -> Vec<Row> {
        let mut merged = Vec::with_capacity(self.len() + new.len());
        let mut new = new.iter().copied().peekable();
        for mut row in self.rows() {
            while let Some(earlier) = new.next_if(|new| new.order() < row.order()) {
                merged.push(earlier);
            }
            if let Some(same) = new.next_if(|new| new.order() == row.order()) {
                row.meaning = row.meaning.widened(same.meaning);
            }
            merged.push(row);
        }
        merged.extend(new);
        merged
    }
}

/// The key is not where it was expected, or not all of its like are.
#[cold]
fn find_far(keys: &[u32], rows: &[u32], key: u32, id: u128) -> Option<Meaning> {
    let start = keys.partition_point(|known| *known < key);
    find_from(keys, rows, start, key, id)
}

/// Compares the whole id with the rows of that key; `start` is the first of them.
fn find_from(keys: &[u32], rows: &[u32], start: usize, key: u32, id: u128) -> Option<Meaning> {
    let wanted = id_words(id);
    keys.get(start..)?
        .iter()
        .zip(rows.get(start * ROW_WORDS..)?.chunks_exact(ROW_WORDS))
        .take_while(|(known, _)| **known == key)
        .find_map(|(_, words)| match words {
            &[a, b, c, d, below, until] if [a, b, c, d] == wanted => Some(Meaning { below, until }),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: u32, id: u128) -> Row {
        Row {
            key,
            id,
            meaning: Meaning { below: 1, until: 2 },
        }
    }

    /// Keys as no hash spreads them: the window then misses, and the look-up must not.
    #[test]
    fn every_row_is_found_wherever_its_key_lies() {
        for len in [0_u32, 1, 2, 31, 32, 33, 64, 300] {
            for spread in [1_u32, 3, 7_000_000] {
                let rows: Vec<_> = (0..len)
                    .map(|at| row(at.wrapping_mul(spread), u128::from(at) << 90 | 5))
                    .collect();
                let leaf = Leaf::from_rows(&rows);
                assert_eq!(leaf.len(), rows.len());
                assert!(leaf.rows().eq(rows.iter().copied()));
                for row in &rows {
                    assert_eq!(leaf.find(row.key, row.id), Some(row.meaning));
                    assert_eq!(leaf.find(row.key, row.id ^ 1), None);
                }
                assert_eq!(leaf.find(u32::MAX, 5), None);
            }
        }
    }

    #[test]
    fn ids_of_one_key_are_told_apart_however_many() {
        let rows: Vec<_> = (0..200).map(|id| row(1 << 31, id)).collect();
        let leaf = Leaf::from_rows(&rows);
        assert!((0..200).all(|id| leaf.find(1 << 31, id).is_some()));
        assert_eq!(leaf.find(1 << 31, 200), None);
    }
}
