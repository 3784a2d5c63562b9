//! What one node does for all that share the store, by the clock.
//!
//! Who does it, a lease says. It is claimed again before every step, so that a node that was stopped for a while, or
//! that cannot reach the store in time, leaves off as soon as it is another's turn. What it had begun does no
//! harm: every step is one transaction that decides by what it finds then.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use symbolon_protocol::Timestamp;

use crate::{
    error::Error,
    issuer::Issuer,
    store::{Duty, Lease, LeaseClaim},
};

/// Rows that one batch deletes. SQLite's one writer does nothing else meanwhile: of 500 it took 0.2 s on
/// a machine that was busy, of 100 a sixth of that.
const BATCH: u32 = 100;
/// Batches that one call does at most of each kind: 200,000 rows a minute, more than 1,000 sessions
/// a second can leave behind. Each is a transaction of its own, between those of requests.
const BATCHES: u32 = 2_000;
/// How long dead sessions and grants are kept, in seconds, beyond the longest token.
const KEEP_DEAD_SECS: i64 = 24 * 3600;
/// Stands for a moment up to which it is this node's turn, when it is not.
const NEVER: i64 = i64::MIN / 2;

/// Until when it is this node's turn, in milliseconds, as far as it was last told.
#[derive(Debug)]
pub(crate) struct Turn(AtomicI64);

impl Turn {
    pub(crate) const fn none() -> Self {
        Self(AtomicI64::new(NEVER))
    }
}

impl Issuer {
    /// Whether this node does what one does for all, now and for the next `lease_secs`; otherwise how long
    /// another one does, unless it goes on then.
    ///
    /// A node whose clock is not the store's leaves them to others: by its clock, what is in force would be
    /// deleted as if it were long over.
    ///
    /// # Errors
    /// [`Error::ClockSkewed`]; the store's failures: it is nobody's turn then.
    pub async fn claim_jobs(&self) -> Result<Lease, Error> {
        if let Err(error) = self.compare_clocks().await {
            self.release_jobs().await?;
            return Err(error);
        }
        self.renew_jobs().await
    }

    async fn renew_jobs(&self) -> Result<Lease, Error> {
        let now = self.ambient.now();
        let ttl = Duration::from_secs(u64::from(self.settings.lease_secs));
        let lease = self.store.claim_lease(self.lease(Duty::Jobs, ttl)).await?;
        let until = match lease {
            // From before the question: here it is over a little earlier than for the others.
            Lease::Held => now
                .plus_secs(i64::from(self.settings.lease_secs))
                .as_millis(),
            Lease::Elsewhere { .. } => NEVER,
        };
        let before = self.jobs.0.swap(until, Ordering::Relaxed);
        if self.store.is_shared() && (before == NEVER) != (until == NEVER) {
            let node = &self.node;
            if until == NEVER {
                tracing::warn!(node, "another node does the scheduled jobs now");
            } else {
                tracing::info!(node, "this node does the scheduled jobs now");
            }
        }
        Ok(lease)
    }

    /// Leaves the jobs to another node at once, if they are this one's.
    ///
    /// # Errors
    /// The store's failures: the others then wait until the lease is over.
    pub async fn release_jobs(&self) -> Result<(), Error> {
        if self.jobs.0.swap(NEVER, Ordering::Relaxed) == NEVER {
            return Ok(());
        }
        Ok(self.store.release_lease(Duty::Jobs, &self.node).await?)
    }

    /// Whether this node does what one does for all, as far as it knows.
    #[must_use]
    pub fn has_jobs(&self) -> bool {
        self.ambient.now() < Timestamp::from_millis(self.jobs.0.load(Ordering::Relaxed))
    }

    pub(super) fn lease(&self, duty: Duty, ttl: Duration) -> LeaseClaim {
        LeaseClaim {
            duty,
            holder: self.node.clone(),
            ttl,
        }
    }

    async fn is_our_turn(&self) -> Result<bool, Error> {
        Ok(self.renew_jobs().await? == Lease::Held)
    }

    /// Rotates keys that are due, forgets revocations and deletes rows that can no longer matter, and whatever
    /// is left of erased accounts, as long as it is this node's turn. To be called every minute or so; does
    /// nothing when it is another's.
    ///
    /// # Errors
    /// The store's failures; the next call goes on.
    pub async fn run_jobs(&self) -> Result<(), Error> {
        // Each step whatever became of the others; the first failure is told.
        let results = [
            self.maintain_keys().await,
            self.forget_revocations().await,
            self.purge().await,
            self.remove_due_traces().await,
        ];
        results.into_iter().collect()
    }

    async fn maintain_keys(&self) -> Result<(), Error> {
        if !self.is_our_turn().await? {
            return Ok(());
        }
        self.keys.maintain(self.horizon(), &self.readers).await
    }

    async fn forget_revocations(&self) -> Result<(), Error> {
        for _ in 0..BATCHES {
            if !self.is_our_turn().await? {
                break;
            }
            let now = self.ambient.now();
            if self.store.forget_revocations(now, BATCH).await? < BATCH {
                break;
            }
        }
        Ok(())
    }

    async fn purge(&self) -> Result<(), Error> {
        for _ in 0..BATCHES {
            if !self.is_our_turn().await? {
                break;
            }
            let kept = KEEP_DEAD_SECS + self.horizon().lifetime_secs;
            let before = self.ambient.now().plus_secs(-kept);
            if self.store.purge_expired(before, BATCH).await? < BATCH {
                break;
            }
        }
        Ok(())
    }

    async fn remove_due_traces(&self) -> Result<(), Error> {
        if !self.is_our_turn().await? {
            return Ok(());
        }
        self.remove_traces().await
    }
}
