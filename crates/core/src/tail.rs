//! This process's copy of the revocation log: what is in force, and what readers are told.
//!
//! The one thing that must not be broken: the set is widened before the verb that ended something
//! answers, so from the acknowledgement on nothing of it is accepted here.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use symbolon_protocol::{Cursor, Entry, Mark, RevocationSet, Timestamp};
use tokio::sync::watch;

use crate::{
    error::Error,
    model::{LogState, Revocation},
    store::{LogObserver, Store},
};

/// Entries that one answer carries at most: about 200 bytes each, so below 1 MiB.
const PAGE_ENTRIES: usize = 4_000;
/// Entries that one read of the store brings at start.
const LOAD_ENTRIES: u32 = 10_000;

/// One answer to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The log's epoch.
    pub epoch: String,
    /// Whether it starts from the beginning, the reader's cursor being absent or unknown.
    pub snapshot: bool,
    /// In order.
    pub entries: Vec<Entry>,
    /// Where the next answer continues.
    pub next: Cursor,
    /// Where the log ends.
    pub head: Cursor,
}

#[derive(Debug)]
struct State {
    epoch: String,
    origin: Cursor,
    entries: VecDeque<Revocation>,
}

impl State {
    fn head(&self) -> Cursor {
        self.entries.back().map_or(self.origin, Revocation::cursor)
    }

    /// The index of the first entry after the cursor, if the cursor is one of ours.
    fn position(&self, after: Cursor) -> Option<usize> {
        if after == self.origin {
            return Some(0);
        }
        let index = self
            .entries
            .binary_search_by_key(&after.seq, |known| known.entry.seq)
            .ok()?;
        (self.entries.get(index)?.mark == after.mark).then_some(index + 1)
    }
}

/// The tail.
#[derive(Debug)]
pub struct LogTail {
    state: Mutex<State>,
    set: ArcSwap<RevocationSet>,
    head: watch::Sender<Cursor>,
}

impl Default for LogTail {
    fn default() -> Self {
        let origin = Cursor {
            seq: 0,
            mark: Mark([0; 16]),
        };
        Self {
            state: Mutex::new(State {
                epoch: String::new(),
                origin,
                entries: VecDeque::new(),
            }),
            set: ArcSwap::from_pointee(RevocationSet::new()),
            head: watch::Sender::new(origin),
        }
    }
}

impl LogTail {
    /// Takes in what the store has. Before this nothing may be accepted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(&self, store: &dyn Store) -> Result<(), Error> {
        let LogState { epoch, origin, .. } = store.log_state().await?;
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.epoch = epoch;
            state.origin = origin;
        }
        let mut after = 0;
        loop {
            let page = store.revocations_after(after, LOAD_ENTRIES).await?;
            let Some(last) = page.last() else { break };
            after = last.entry.seq;
            self.committed(&page);
        }
        let head = self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .head();
        self.head.send_replace(head);
        Ok(())
    }

    /// What is in force, as a snapshot that takes no lock.
    #[must_use]
    pub fn set(&self) -> arc_swap::Guard<Arc<RevocationSet>> {
        self.set.load()
    }

    /// Where the log ends.
    #[must_use]
    pub fn head(&self) -> Cursor {
        *self.head.borrow()
    }

    /// The log's end as a value to wait on.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Cursor> {
        self.head.subscribe()
    }

    /// The cursor, if it is a position of this log. One that is not is as good as none.
    #[must_use]
    pub fn known(&self, after: Option<Cursor>) -> Option<Cursor> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        after.filter(|after| state.position(*after).is_some())
    }

    /// What a reader at `after` does not have. Expired entries are left out.
    #[must_use]
    pub fn page(&self, after: Option<Cursor>, now: Timestamp) -> Page {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = after.and_then(|after| state.position(after).map(|index| (index, after)));
        let (index, from) = known.unwrap_or((0, state.origin));
        let head = state.head();
        let mut next = from;
        let mut entries = Vec::new();
        for known in state.entries.iter().skip(index) {
            if entries.len() == PAGE_ENTRIES {
                break;
            }
            next = known.cursor();
            if known.entry.until.is_none_or(|until| until >= now.as_secs()) {
                entries.push(known.entry);
            }
        }
        Page {
            epoch: state.epoch.clone(),
            snapshot: known.is_none(),
            entries,
            next,
            head,
        }
    }

    /// Forgets what has expired, the last entry aside: its mark is the head's.
    pub fn forget_expired(&self, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let head = state.head().seq;
        state.entries.retain(|known| {
            known.entry.seq == head || known.entry.until.is_none_or(|until| until >= now.as_secs())
        });
        state.entries.shrink_to(PAGE_ENTRIES);
        let mut set = RevocationSet::clone(&self.set.load());
        set.forget_expired(now.as_secs());
        self.set.store(Arc::new(set));
    }
}

impl LogObserver for LogTail {
    fn committed(&self, revocations: &[Revocation]) {
        let head = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut set = RevocationSet::clone(&self.set.load());
            for revocation in revocations {
                if revocation.entry.seq > state.head().seq {
                    set.insert(&revocation.entry);
                    state.entries.push_back(*revocation);
                }
            }
            self.set.store(Arc::new(set));
            state.head()
        };
        self.head.send_replace(head);
    }
}

#[cfg(test)]
mod tests {
    use symbolon_protocol::{EndReason, Kind, RevocationId};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(100);

    fn revocation(seq: u64, until: i64) -> Revocation {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&seq.to_le_bytes());
        Revocation {
            entry: Entry {
                seq,
                kind: Kind::Session,
                id: RevocationId(id),
                below: None,
                reason: EndReason::Logout,
                revoked_at: 0,
                until: Some(until),
            },
            mark: Mark(id),
        }
    }

    fn seqs(page: &Page) -> Vec<u64> {
        page.entries.iter().map(|entry| entry.seq).collect()
    }

    #[test]
    fn a_reader_gets_what_it_does_not_have() {
        let tail = LogTail::default();
        tail.committed(&[revocation(1, 200), revocation(2, 200)]);
        let first = tail.page(None, NOW);
        assert!(first.snapshot && first.next == first.head);
        assert_eq!(seqs(&first), [1, 2]);
        let nothing = tail.page(Some(first.next), NOW);
        assert!(!nothing.snapshot && nothing.entries.is_empty() && nothing.next == first.next);
        tail.committed(&[revocation(3, 200)]);
        assert_eq!(seqs(&tail.page(Some(first.next), NOW)), [3]);
        assert_eq!(
            seqs(&tail.page(Some(revocation(1, 0).cursor()), NOW)),
            [2, 3]
        );
    }

    #[test]
    fn an_unknown_mark_means_snapshot() {
        let tail = LogTail::default();
        tail.committed(&[revocation(1, 200), revocation(2, 200)]);
        for cursor in [
            Cursor {
                seq: 1,
                mark: Mark([9; 16]),
            },
            Cursor {
                seq: 9,
                mark: Mark([9; 16]),
            },
            Cursor {
                seq: 0,
                mark: Mark([9; 16]),
            },
        ] {
            let page = tail.page(Some(cursor), NOW);
            assert!(page.snapshot, "{cursor:?}");
            assert_eq!(seqs(&page), [1, 2]);
        }
    }

    #[test]
    fn long_logs_come_in_pages() {
        let tail = LogTail::default();
        let all: Vec<_> = (1..=9_000).map(|seq| revocation(seq, 200)).collect();
        tail.committed(&all);
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = tail.page(after, NOW);
            assert_eq!(page.snapshot, after.is_none());
            seen.extend(seqs(&page));
            after = Some(page.next);
            if page.next == page.head {
                break;
            }
        }
        assert_eq!(seen, (1..=9_000).collect::<Vec<_>>());
        assert_eq!(tail.set().len(), 9_000);
    }

    #[test]
    fn what_has_expired_is_forgotten_but_the_head_stays_known() {
        let tail = LogTail::default();
        tail.committed(&[revocation(1, 99), revocation(2, 200), revocation(3, 99)]);
        assert_eq!(seqs(&tail.page(None, NOW)), [2]);
        let head = tail.head();
        tail.forget_expired(NOW);
        assert_eq!(tail.set().len(), 1);
        let page = tail.page(Some(head), NOW);
        assert!(!page.snapshot && page.entries.is_empty());
        assert!(tail.page(Some(revocation(1, 0).cursor()), NOW).snapshot);
    }

    #[test]
    fn what_is_told_twice_counts_once() {
        let tail = LogTail::default();
        tail.committed(&[revocation(1, 200)]);
        tail.committed(&[revocation(1, 200), revocation(2, 200)]);
        assert_eq!(seqs(&tail.page(None, NOW)), [1, 2]);
        assert_eq!(tail.head().seq, 2);
    }
}
