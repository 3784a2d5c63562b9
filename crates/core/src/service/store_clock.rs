//! Whether this node's clock shows what the store's shows.
//!
//! Nodes decide by their own clocks when a session is over and until when a revocation is remembered. One whose
//! clock is wrong decides otherwise than the others, so it does not count as ready.

use std::sync::atomic::Ordering;

use crate::{error::Error, issuer::Issuer};

/// By how many milliseconds a node's clock may differ from the store's.
pub const MAX_CLOCK_SKEW_MS: i64 = 2_000;

impl Issuer {
    /// By how many milliseconds this node's clock was ahead of the store's when it was last compared, half of
    /// the time that the question took aside; negative when it was behind.
    #[must_use]
    pub fn clock_skew_ms(&self) -> i64 {
        self.clock_skew.load(Ordering::Relaxed)
    }

    /// Compares the clocks. Fails if they differ by more than [`MAX_CLOCK_SKEW_MS`] however long the question
    /// and its answer were under way.
    pub(super) async fn compare_clocks(&self) -> Result<(), Error> {
        let asked = self.ambient.now();
        let Some(shown) = self.store.clock().await? else {
            return Ok(());
        };
        let answered = self.ambient.now();
        // The store looked at its clock at some moment between the two.
        let (most, least) = (answered.millis_since(shown), asked.millis_since(shown));
        let skew = least.saturating_add(most) / 2;
        let before = self.clock_skew.swap(skew, Ordering::Relaxed);
        if least <= MAX_CLOCK_SKEW_MS && most >= -MAX_CLOCK_SKEW_MS {
            return Ok(());
        }
        if before.abs() <= MAX_CLOCK_SKEW_MS {
            tracing::error!(
                ahead_ms = skew,
                "this node's clock is not the database's: set one of them right"
            );
        }
        Err(Error::ClockSkewed { ahead_ms: skew })
    }
}
