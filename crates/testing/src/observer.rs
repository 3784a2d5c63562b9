//! An observer of the revocation log that remembers what it was told.

use std::sync::{Mutex, PoisonError};

use symbolon_core::{model::Revocation, store::LogObserver};

/// Remembers every entry in the order in which it was told of them.
#[derive(Debug, Default)]
pub struct RecordingObserver(Mutex<Vec<Revocation>>);

impl RecordingObserver {
    /// Everything so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Revocation> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl LogObserver for RecordingObserver {
    fn committed(&self, revocations: &[Revocation]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(revocations);
    }
}
