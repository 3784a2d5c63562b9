//! This process's copy of the revocation log: what is in force, and what readers are told.
//!
//! The one thing that must not be broken: the set is widened before the verb that ended something
//! answers, so from the acknowledgement on nothing of it is accepted here.

mod entries;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use symbolon_protocol::{Cursor, Entry, Mark, RevocationSet, Timestamp};
use tokio::sync::watch;

use self::entries::{Entries, Selection};
use crate::{
    error::Error,
    model::{LogState, Revocation},
    store::{LogObserver, Store},
};

/// Entries that one read of the store brings at start.
const LOAD_ENTRIES: u32 = 10_000;

/// One answer to a reader.
#[derive(Debug)]
pub struct Page {
    /// The log's epoch.
    pub epoch: Arc<str>,
    /// Whether it starts from the beginning, the reader's cursor being absent or unknown.
    pub snapshot: bool,
    /// Where the next answer continues.
    pub next: Cursor,
    /// Where the log ends.
    pub head: Cursor,
    selection: Selection,
    now: Timestamp,
}

impl Page {
    /// How many entries the reader does not have, expired ones included. Takes no lock.
    #[must_use]
    pub fn size(&self) -> usize {
        self.selection.len()
    }

    /// What the reader does not have, in order. Expired entries are left out. Takes no lock.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.selection.entries(self.now)
    }
}

#[derive(Debug)]
struct State {
    epoch: Arc<str>,
    entries: Entries,
    /// While the log is loaded: what was committed meanwhile, perhaps by others. It comes after what
    /// is loaded.
    waiting: Option<Vec<Revocation>>,
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
                epoch: "".into(),
                entries: Entries::new(origin),
                waiting: None,
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
        *self.lock() = State {
            epoch: epoch.into(),
            entries: Entries::new(origin),
            waiting: Some(Vec::new()),
        };
        let mut after = 0;
        loop {
            let page = store.revocations_after(after, LOAD_ENTRIES).await?;
            let Some(last) = page.last() else { break };
            after = last.entry.seq;
            self.take_in(&mut self.lock(), &page);
        }
        let head = {
            let mut state = self.lock();
            let waiting = state.waiting.take().unwrap_or_default();
            self.take_in(&mut state, &waiting);
            state.entries.head()
        };
        self.head.send_replace(head);
        Ok(())
    }

    /// Widens the set by what is new.
    fn take_in(&self, state: &mut State, revocations: &[Revocation]) {
        let last = state.entries.head().seq;
        let new = || revocations.iter().filter(|new| new.entry.seq > last);
        let mut set = RevocationSet::clone(&self.set.load());
        set.extend(new().map(|revocation| &revocation.entry));
        new().for_each(|revocation| state.entries.push(revocation));
        self.set.store(Arc::new(set));
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
        let state = self.lock();
        after.filter(|after| state.entries.position(*after).is_some())
    }

    /// The log's epoch.
    #[must_use]
    pub fn epoch(&self) -> Arc<str> {
        Arc::clone(&self.lock().epoch)
    }

    /// The epoch is another one from now on. Entries and cursors stay what they are.
    pub(crate) fn begin_epoch(&self, epoch: &str) {
        self.lock().epoch = epoch.into();
        // Whoever notes where the log stands is to note this too.
        self.head.send_modify(|_| ());
    }

    /// Whether a cursor cannot come from this log, as far as it is remembered here. That a cursor
    /// is not [known](Self::known) says less: its entry may be forgotten.
    #[must_use]
    pub fn is_foreign(&self, cursor: Cursor) -> bool {
        self.lock().entries.is_foreign(cursor)
    }

    /// What a reader at `after` does not have. Holds the lock for a few pointers only.
    #[must_use]
    pub fn page(&self, after: Option<Cursor>, now: Timestamp) -> Page {
        let state = self.lock();
        let known = after.filter(|after| state.entries.position(*after).is_some());
        let from = known.unwrap_or_else(|| state.entries.origin());
        let selection = match state.entries.position(from) {
            Some(position) => state.entries.select(position, from),
            None => Selection::nothing(from),
        };
        Page {
            epoch: Arc::clone(&state.epoch),
            snapshot: known.is_none(),
            next: selection.next,
            head: state.entries.head(),
            selection,
            now,
        }
    }

    /// Forgets what has expired, a slice at a time, so that nobody who ends something waits for
    /// long.
    pub fn forget_expired(&self, now: Timestamp) {
        let mut after = Some(0);
        while let Some(seq) = after {
            after = self.lock().entries.forget_expired_after(seq, now);
        }
        for slice in 0..RevocationSet::SLICES {
            let _state = self.lock();
            let mut set = RevocationSet::clone(&self.set.load());
            set.forget_expired_slice(now.as_secs(), slice);
            self.set.store(Arc::new(set));
        }
    }

    /// How many entries are kept, and the bytes on the heap of them and of the set.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let (entries, bytes) = {
            let state = self.lock();
            (state.entries.len(), state.entries.heap_bytes())
        };
        (entries, bytes + self.set.load().heap_bytes())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogObserver for LogTail {
    fn committed(&self, revocations: &[Revocation]) {
        let head = {
            let mut state = self.lock();
            if let Some(waiting) = &mut state.waiting {
                waiting.extend_from_slice(revocations);
                return;
            }
            self.take_in(&mut state, revocations);
            state.entries.head()
        };
        self.head.send_replace(head);
    }
}

#[cfg(test)]
#[path = "tail/tests.rs"]
mod tests;
