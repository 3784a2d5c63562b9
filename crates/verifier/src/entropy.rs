//! Randomness, as a parameter. It spreads retries, names this instance and makes nonces; no secret
//! is made of it.

use std::{
    fmt,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Draws 64 random bits.
#[derive(Clone)]
pub(crate) struct Entropy(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Entropy {
    pub(crate) fn new(draw: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// SipHash of a counter under keys that the standard library takes from the system.
    pub(crate) fn system() -> Self {
        let state = RandomState::new();
        let counter = AtomicU64::new(0);
        Self::new(move || {
            let mut hasher = state.build_hasher();
            hasher.write_u64(counter.fetch_add(1, Ordering::Relaxed));
            hasher.finish()
        })
    }

    pub(crate) fn draw(&self) -> u64 {
        (self.0)()
    }

    /// 128 bits in hexadecimal.
    pub(crate) fn name(&self) -> String {
        format!("{:016x}{:016x}", self.draw(), self.draw())
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sources_and_two_draws_differ() {
        let (one, two) = (Entropy::system(), Entropy::system());
        assert_ne!(one.name(), two.name());
        assert_ne!(one.draw(), one.draw());
        assert_eq!(one.name().len(), 32);
    }
}
