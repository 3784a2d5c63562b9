//! The network's memory: every genuine answer that was given, or could have been, to anybody.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use super::issuer::Letter;

/// Answers in the order in which they could first be had. A clone is a pointer, and what stands
/// for them in a state's fingerprint is one number.
#[derive(Debug, Clone, Default)]
pub(super) struct Archive {
    letters: Arc<Vec<Letter>>,
    digest: u64,
}

impl Archive {
    pub(super) fn keep(&mut self, letter: Letter) {
        if self.letters.contains(&letter) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        (self.digest, &letter).hash(&mut hasher);
        self.digest = hasher.finish();
        Arc::make_mut(&mut self.letters).push(letter);
    }

    pub(super) fn letters(&self) -> &[Letter] {
        &self.letters
    }
}

impl PartialEq for Archive {
    fn eq(&self, other: &Self) -> bool {
        self.letters == other.letters
    }
}

impl Eq for Archive {}

impl Hash for Archive {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}
