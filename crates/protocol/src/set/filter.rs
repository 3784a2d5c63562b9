//! What is surely not in a leaf, in 16 bits an id: nearly every look-up ends here.
//!
//! A Bloom filter of one word a look-up: the key chooses a word of its leaf's block and four bits
//! in it. Ten million ids have filters of 20 MB beside leaves of 280 MB, so a look-up of what is
//! not revoked waits for one cache line instead of four. The one thing that must not be broken: a
//! block has the bits of every key of its leaf; more bits cost time, a missing one lets a revoked
//! id through.

use std::sync::Arc;

/// Words of a leaf's block: with as many ids as a leaf has at most on average, one look-up in two
/// hundred goes on for nothing.
const BLOCK: usize = 24;
/// Blocks of a piece, the unit of sharing, 192 KiB: so large that the filter lies on few pages of
/// memory, whose addresses the processor keeps at hand.
const PIECE_BLOCKS: usize = 1024;

/// A block for each leaf. `Clone` copies pointers to pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// All of full length but the last.
    pieces: Vec<Arc<[u64]>>,
}

impl Filter {
    /// Whether the leaf may have the key.
    #[inline]
    pub(super) fn may_have(&self, leaf: usize, key: u32) -> bool {
        let word = self
            .pieces
            .get(leaf / PIECE_BLOCKS)
            .and_then(|piece| piece.get(leaf % PIECE_BLOCKS * BLOCK + word_of(key)));
        word.is_some_and(|word| word & bits_of(key) == bits_of(key))
    }

    /// Makes the block of a leaf anew.
    pub(super) fn write(&mut self, leaf: usize, keys: &[u32]) {
        self.make_room(leaf);
        let start = leaf % PIECE_BLOCKS * BLOCK;
        let block = self
            .pieces
            .get_mut(leaf / PIECE_BLOCKS)
            .and_then(|piece| Arc::make_mut(piece).get_mut(start..start + BLOCK));
        let Some(block) = block else { return };
        block.fill(0);
        for key in keys {
            if let Some(word) = block.get_mut(word_of(*key)) {
                *word |= bits_of(*key);
            }
        }
    }

    /// Gives a leaf a block, if it is the one behind those that have one.
    fn make_room(&mut self, leaf: usize) {
        let (at, blocks) = (leaf / PIECE_BLOCKS, leaf % PIECE_BLOCKS + 1);
        match self.pieces.get_mut(at) {
            Some(piece) if piece.len() >= blocks * BLOCK => {}
            Some(piece) => {
                let longer = room_for(blocks) * BLOCK - piece.len();
                *piece = piece.iter().copied().chain(zeros(longer)).collect();
            }
            None => self.pieces.push(zeros(room_for(blocks) * BLOCK).collect()),
        }
    }

    /// Drops what stands behind the blocks of so many leaves.
    pub(super) fn truncate(&mut self, leaves: usize) {
        self.pieces.truncate(leaves.div_ceil(PIECE_BLOCKS));
        self.pieces.shrink_to_fit();
        let last = match leaves % PIECE_BLOCKS {
            0 => PIECE_BLOCKS,
            blocks => blocks,
        };
        if let Some(piece) = self.pieces.last_mut()
            && let Some(kept) = piece.get(..last * BLOCK)
            && kept.len() < piece.len()
        {
            *piece = Arc::from(kept);
        }
    }

    /// Bytes on the heap, with the two counters of each `Arc`.
    pub(super) fn heap_bytes(&self) -> usize {
        let counters = self.pieces.len() * 2 * size_of::<usize>();
        let pieces: usize = self.pieces.iter().map(|piece| size_of_val(&**piece)).sum();
        counters + pieces + self.pieces.capacity() * size_of::<Arc<[u64]>>()
    }
}

/// Blocks that a piece gets: an eighth more, so that growing is not copying all the time.
fn room_for(blocks: usize) -> usize {
    (blocks + blocks / 8).min(PIECE_BLOCKS)
}

fn zeros(count: usize) -> impl ExactSizeIterator<Item = u64> {
    std::iter::repeat_n(0, count)
}

/// Chosen by the key's upper bits, which the bits in it do not depend on.
#[inline]
fn word_of(key: u32) -> usize {
    usize::try_from((u64::from(key) * BLOCK as u64) >> 32).unwrap_or(0)
}

#[inline]
const fn bits_of(key: u32) -> u64 {
    1 << (key & 63) | 1 << (key >> 6 & 63) | 1 << (key >> 12 & 63) | 1 << (key >> 18 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a hash spreads them.
    fn keys(seed: u64, count: u64) -> Vec<u32> {
        (seed * 1_000_000..seed * 1_000_000 + count)
            .map(|at| {
                let mixed = (at ^ (at >> 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                u32::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32)
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn no_key_that_is_there_is_denied_and_few_that_are_not_pass() {
        let mut filter = Filter::default();
        for leaf in 0..200 {
            filter.write(leaf as usize, &keys(leaf, 96));
        }
        let mut passed = 0;
        for leaf in 0..200 {
            let there = keys(leaf, 96);
            assert!(there.iter().all(|key| filter.may_have(leaf as usize, *key)));
            let others = keys(leaf + 1_000, 1_000);
            passed += others
                .iter()
                .filter(|key| filter.may_have(leaf as usize, **key))
                .count();
        }
        assert!(passed < 2_000, "{passed} of 200,000");
    }

    #[test]
    fn a_block_that_is_made_anew_has_nothing_of_the_old_one_and_a_copy_keeps_it() {
        let mut filter = Filter::default();
        (0..1_500).for_each(|leaf| filter.write(leaf, &[7]));
        let before = filter.clone();
        filter.write(20, &[]);
        assert!(before.may_have(20, 7));
        assert!(!filter.may_have(20, 7));
        filter.truncate(1_100);
        assert!(filter.may_have(1_099, 7) && !filter.may_have(1_100, 7));
        assert!((0..1_100).all(|leaf| leaf == 20 || filter.may_have(leaf, 7)));
        filter.truncate(0);
        assert!(!filter.may_have(20, 7));
        assert_eq!(filter.heap_bytes(), 0);
    }
}
