//! Readers that poll other nodes of the same log.
//!
//! Nodes write down their readers only while one of them asks: a receipt waits, or a key is about to sign. What
//! a node was told is taken in like a poll, as old as it is by the store's clock. A node tells only of readers whose
//! last poll came to itself, so that nothing is told back. The one thing that must not be broken: that all nodes
//! have told is believed only of what they wrote after they were asked.

use symbolon_protocol::{Cursor, Mark, Timestamp};

use super::{Committed, HOLDS_UP_MS, PendingReceipt, Readers, State, Waiter, receipt::Others};
use crate::store::{Peers, ToldReader};

/// Milliseconds between two times that a node tells of its readers, at least.
const TOLD_MS: i64 = 100;

impl Readers {
    /// Whether readers may poll other nodes.
    #[must_use]
    pub const fn are_shared(&self) -> bool {
        self.shared
    }

    /// Until somebody begins to wait for what other nodes tell.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Waits until every other node has told of its readers, and takes them in. With
    /// [`PendingReceipt::completed`], which does not end while a node does not tell.
    pub fn hear(&self) -> PendingReceipt<'_> {
        let everything = Committed {
            head: Cursor {
                seq: 0,
                mark: Mark([0; 16]),
            },
            at: self.ambient.now(),
        };
        self.receipt(everything, Waiter::Admin)
    }

    /// Whether the readers of all nodes were known within the last minute.
    pub(crate) fn has_heard(&self) -> bool {
        let now = self.ambient.now();
        let heard = self.lock().heard;
        !self.shared || heard.is_some_and(|heard| now.millis_since(heard) < HOLDS_UP_MS)
    }

    /// Whether somebody waits for readers of other nodes.
    pub(crate) fn are_awaited(&self) -> bool {
        !self.lock().receipts.is_empty()
    }

    /// Who waits and has not asked yet.
    pub(crate) fn unasked(&self) -> Vec<u64> {
        let state = self.lock();
        let unasked = state
            .receipts
            .iter()
            .filter(|(_, waiting)| waiting.others == Others::Unasked);
        unasked.map(|(number, _)| *number).collect()
    }

    /// They have asked, at this moment of the store's clock.
    pub(crate) fn asked(&self, who: &[u64], at: Timestamp) {
        let mut state = self.lock();
        for number in who {
            if let Some(waiting) = state.receipts.get_mut(number) {
                waiting.others = Others::Asked(at);
            }
        }
    }

    /// The readers whose last poll came here, unless they were told a moment ago.
    pub(crate) fn tell(&self) -> Option<Vec<ToldReader>> {
        let now = self.ambient.now();
        let mut state = self.lock();
        let last = state.told.map(|told| now.millis_since(told));
        if last.is_some_and(|last| (0..TOLD_MS).contains(&last)) {
            return None;
        }
        state.told = Some(now);
        state.forget_silent(now);
        let here = state.all().filter(|(.., reader)| reader.here);
        let told = here.map(|(client, instance, reader)| ToldReader {
            name: super::ReaderName {
                client: client.clone(),
                instance: instance.clone(),
            },
            applied: reader.applied,
            applied_ms: now.millis_since(reader.applied_at).max(0),
            silent_ms: reader.silent_ms(now),
            jwks: reader.jwks,
            software: reader.software.clone(),
        });
        Some(told.collect())
    }

    /// Takes in what other nodes have told.
    pub(crate) fn learn(&self, peers: Peers) {
        let now = self.ambient.now();
        let mut state = self.lock();
        let latest = peers.others.iter().map(|peer| peer.told.as_of).min();
        for peer in peers.others {
            for told in peer.told.readers {
                state.hear(told, peer.told_ms.max(0), now);
            }
        }
        let mut receipts = std::mem::take(&mut state.receipts);
        let mut has_heard = latest.is_none();
        for waiting in receipts.values_mut() {
            let Others::Asked(at) = waiting.others else {
                continue;
            };
            if latest.is_none_or(|latest| latest >= at) {
                has_heard = true;
                waiting.hear(state.all().filter(|(.., reader)| !reader.here));
            }
        }
        state.receipts = receipts;
        if has_heard {
            state.heard = Some(now);
        }
    }
}

impl State {
    /// What another node told `age` milliseconds ago.
    fn hear(&mut self, told: ToldReader, age: i64, now: Timestamp) {
        let at = |ms: i64| now.plus_millis(-age.saturating_add(ms.max(0)));
        let (seen, applied_at) = (at(told.silent_ms), at(told.applied_ms));
        let is_known = self
            .clients
            .get(&told.name.client)
            .is_some_and(|instances| instances.contains_key(&told.name.instance));
        let reader = self.find_or_make(&told.name, now);
        if !is_known || (reader.polls == 0 && reader.seen < seen) {
            reader.seen = seen;
            reader.here = false;
            reader.jwks = told.jwks;
            reader.software = told.software;
            if reader.applied != told.applied {
                reader.applied = told.applied;
                reader.applied_at = applied_at;
            }
        }
        // What it had acknowledged there it has applied, wherever it polls now.
        let number = reader.number;
        for receipt in self.receipts.values_mut() {
            receipt.note(number, told.applied, applied_at);
        }
    }
}
