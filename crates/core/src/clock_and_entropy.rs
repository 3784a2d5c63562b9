//! The two things that every service takes from outside.

use std::sync::Arc;

use symbolon_protocol::Timestamp;

use crate::{entropy::Entropy, time::Clock};

/// A clock and a source of randomness. Cheap to clone.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Ambient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ambient")
    }
}

impl Ambient {
    /// From the two.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The randomness.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    pub(crate) fn shared_entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.entropy)
    }
}
