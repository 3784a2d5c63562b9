//! The member names of one object, and whether one has been there.

use std::{borrow::Cow, collections::BTreeSet};

/// A short list in place for the usual object; a tree for names with escapes, and for whoever
/// sends thousands.
pub(super) struct Names<'a> {
    /// One bit per (rough) fingerprint; a clear bit means the name is new.
    seen: u64,
    list: [&'a str; LIST_LEN],
    listed: usize,
    tree: BTreeSet<Cow<'a, str>>,
}

const LIST_LEN: usize = 16;

impl<'a> Names<'a> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            seen: 0,
            list: [""; LIST_LEN],
            listed: 0,
            tree: BTreeSet::new(),
        }
    }

    #[inline]
    pub(super) fn contains(&self, name: &str) -> bool {
        self.seen & fingerprint(name) != 0
            && (self
                .list
                .iter()
                .take(self.listed)
                .any(|known| *known == name)
                || self.tree.contains(name))
    }

    #[inline]
    pub(super) fn push(&mut self, name: Cow<'a, str>) {
        self.seen |= fingerprint(&name);
        match (name, self.list.get_mut(self.listed)) {
            (Cow::Borrowed(name), Some(place)) => {
                *place = name;
                self.listed += 1;
            }
            (name, _) => {
                self.tree.insert(name);
            }
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
