//! The member names of one object, and whether one has been there.

use std::{borrow::Cow, collections::BTreeSet};

/// The member names of one object: a list while it is short, a tree when somebody sends thousands.
pub(super) struct Names<'a> {
    /// One bit per (rough) fingerprint; a clear bit means the name is new.
    seen: u64,
    list: Vec<Cow<'a, str>>,
    tree: BTreeSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    const LIST_MAX: usize = 24;

    pub(super) fn new() -> Self {
        Self {
            seen: 0,
            list: Vec::with_capacity(16),
            tree: BTreeSet::new(),
        }
    }

    #[inline]
    pub(super) fn contains(&self, name: &str) -> bool {
        self.seen & fingerprint(name) != 0
            && (self.list.iter().any(|known| known == name) || self.tree.contains(name))
    }

    #[inline]
    pub(super) fn push(&mut self, name: Cow<'a, str>) {
        self.seen |= fingerprint(&name);
        if self.list.len() < Self::LIST_MAX {
            self.list.push(name);
        } else {
            self.tree.insert(name);
        }
    }
}

/// One of 64 bits, from the length and three letters.
#[inline]
fn fingerprint(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let letter = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let letters = [
        letter(0),
        letter(bytes.len() / 2),
        letter(bytes.len().saturating_sub(1)),
    ];
    let word = letters.iter().fold(bytes.len() as u64, |word, byte| {
        word << 8 | u64::from(*byte)
    });
    1 << (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}
