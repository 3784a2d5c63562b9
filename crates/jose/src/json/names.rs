//! The member names of one object, and whether one has been there.

use std::{borrow::Cow, collections::BTreeSet};

/// A short list in place for the usual object; a tree for names with escapes, and for whoever
/// sends thousands.
pub(super) struct Names<'a> {
    /// One bit per (rough) fingerprint; a clear bit means the name is new.
    seen: u64,
    list: [&'a str; LIST_LEN],
    listed: usize,
    tree: Option<BTreeSet<Cow<'a, str>>>,
}

const LIST_LEN: usize = 16;

impl<'a> Names<'a> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            seen: 0,
            list: [""; LIST_LEN],
            listed: 0,
            tree: None,
        }
    }

    /// Takes a name in; `false` if it has been there.
    #[inline]
    pub(super) fn insert(&mut self, name: &'a str) -> bool {
        let bit = fingerprint(name);
        if self.seen & bit != 0 && self.contains(name) {
            return false;
        }
        self.seen |= bit;
        match self.list.get_mut(self.listed) {
            Some(place) => {
                *place = name;
                self.listed += 1;
            }
            None => self.plant(Cow::Borrowed(name)),
        }
        true
    }

    /// As [`Names::insert`], for a name that had escapes.
    #[cold]
    pub(super) fn insert_unescaped(&mut self, name: String) -> bool {
        let is_new = !self.contains(&name);
        if is_new {
            self.seen |= fingerprint(&name);
            self.plant(Cow::Owned(name));
        }
        is_new
    }

    #[cold]
    fn plant(&mut self, name: Cow<'a, str>) {
        self.tree.get_or_insert_default().insert(name);
    }

    #[inline(never)]
    fn contains(&self, name: &str) -> bool {
        let mut listed = self.list.iter().take(self.listed);
        listed.any(|known| *known == name)
            || self.tree.as_ref().is_some_and(|tree| tree.contains(name))
    }
}

/// One of 64 bits, from the length and the letters at both ends.
#[inline]
fn fingerprint(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let letter = |byte: Option<&u8>| u64::from(byte.copied().unwrap_or_default());
    let word = (bytes.len() as u64) << 16 | letter(bytes.first()) << 8 | letter(bytes.last());
    1 << (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}
