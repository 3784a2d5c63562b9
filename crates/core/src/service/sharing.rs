//! What the nodes of one log tell each other of its readers.

use std::time::Duration;

use crate::{
    error::Error,
    issuer::Issuer,
    store::{NodeReport, Told},
};

/// How often nodes tell each other while one of them wants to know.
const SHARED_EVERY: Duration = Duration::from_millis(250);
/// How often a node says that it is there. Three times before it is taken to be gone.
const SAID_EVERY: Duration = Duration::from_secs(5);
/// The same where no node can call another.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// How long a question stands.
const ASKED_FOR: Duration = Duration::from_secs(2);

impl Issuer {
    /// Says to the other nodes that this one is there, tells of its readers if one of them asks, and takes in
    /// theirs if somebody waits for them here. `called`: another node has just asked or told. Answers after which
    /// time it is to be called again, or sooner, when [`crate::readers::Readers::wanted`] or
    /// [`Self::called_by_nodes`].
    ///
    /// # Errors
    /// The store's failures.
    pub async fn share_readers(&self, called: bool) -> Result<Duration, Error> {
        let (unasked, is_awaited) = (self.readers.unasked(), self.readers.are_awaited());
        let report = NodeReport {
            node: self.node.clone(),
            asks_for: is_awaited.then_some(ASKED_FOR),
            tells: None,
            calls: !unasked.is_empty(),
        };
        let peers = self.store.share(report).await?;
        let now = peers.now;
        let is_asked = peers.others.iter().any(|peer| peer.asks);
        self.readers.asked(&unasked, now);
        self.readers.learn(peers);
        if is_asked {
            // Whoever begins to read here from now on is to get what made the other one ask.
            self.store.read_log().await?;
        }
        // A log that was replaced under this node has other numbers: what its readers have applied is of none.
        let is_followed = self.log_age().is_some();
        if is_asked
            && is_followed
            && let Some(readers) = self.readers.tell()
        {
            let report = NodeReport {
                node: self.node.clone(),
                asks_for: None,
                tells: Some(Told {
                    as_of: now,
                    readers,
                }),
                calls: called,
            };
            self.store.share(report).await?;
        }
        Ok(if is_asked || is_awaited {
            SHARED_EVERY
        } else if self.is_log_notified() {
            SAID_EVERY
        } else {
            LOOKED_EVERY
        })
    }

    /// Until another node asks or tells, where that can be known at once.
    pub async fn called_by_nodes(&self) {
        self.store.called().await;
    }
}
