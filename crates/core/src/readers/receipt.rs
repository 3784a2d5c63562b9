//! Receipts: who has applied what was committed, and after how long.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
};

use symbolon_protocol::{AccountId, ClientId, Cursor, Timestamp};
use tokio::sync::oneshot;

use super::{Instance, Reader, ReaderName, Readers, SILENT_MS, State};

/// Receipts that are waited for at once; one more is answered without waiting.
pub(super) const MAX_RECEIPTS: usize = 256;

/// Of these, what accounts together may have: the rest is for administrators.
pub(super) const MAX_ACCOUNT_RECEIPTS: usize = 64;

/// Who waits for a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiter {
    /// An administrator.
    Admin,
    /// Anybody else, who has one place at a time.
    Account(AccountId),
}

/// What a verb has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Where the log ended with it.
    pub head: Cursor,
    /// When it was durable.
    pub at: Timestamp,
}

/// Where a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptState {
    /// It has acknowledged everything up to the head.
    Applied {
        /// Milliseconds from the commit to the acknowledgement.
        after_ms: i64,
    },
    /// It polls, but has not acknowledged the head.
    Behind {
        /// By how many entries.
        by: u64,
    },
    /// It does not poll.
    Silent {
        /// Since how many seconds.
        for_s: i64,
    },
}

/// What a receipt says of one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierReceipt {
    /// Which.
    pub name: ReaderName,
    /// Its software, if it told.
    pub software: Option<Box<str>>,
    /// How far it is.
    pub state: ReceiptState,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which position was to be acknowledged.
    pub head: Cursor,
    /// Milliseconds from the commit to this receipt.
    pub waited_ms: i64,
    /// Whether every reader that was known at the commit has applied it; never of one that had no
    /// place, nor soon after a start, when readers may not have come back yet, nor before every other node
    /// has told of its own.
    pub complete: bool,
    /// The readers that were known at the commit, here or to another node, in order.
    pub verifiers: Vec<VerifierReceipt>,
}

/// What readers that acknowledge tell a receipt.
pub(super) struct Waiting {
    waiter: Waiter,
    committed: Committed,
    missing: HashSet<u64>,
    applied: HashMap<u64, i64>,
    /// What of the other nodes' readers is known.
    pub(super) others: Others,
    /// Those of them that were not known here.
    elsewhere: Vec<Watched>,
    done: Option<oneshot::Sender<()>>,
}

/// What a receipt knows of the readers of other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// The nodes were not asked yet.
    Unasked,
    /// They were asked at this moment of the store's clock.
    Asked(Timestamp),
    /// All have told, or there are none.
    Heard,
}

impl Waiting {
    /// Notes that a reader has applied everything up to `applied`.
    pub(super) fn note(&mut self, reader: u64, applied: u64, now: Timestamp) {
        if applied < self.committed.head.seq || !self.missing.remove(&reader) {
            return;
        }
        self.applied.insert(reader, after(self.committed, now));
        self.finish();
    }

    /// Takes in that every other node has told, and these readers of theirs.
    pub(super) fn hear<'r>(
        &mut self,
        readers: impl Iterator<Item = (&'r ClientId, &'r Instance, &'r Reader)>,
    ) {
        self.others = Others::Heard;
        for (client, instance, reader) in readers {
            let number = reader.number;
            if self.missing.contains(&number) || self.applied.contains_key(&number) {
                continue;
            }
            let watched = Watched::of(client, instance, reader, self.committed);
            if watched.applied.is_none() {
                self.missing.insert(number);
            }
            self.elsewhere.push(watched);
        }
        self.finish();
    }

    fn finish(&mut self) {
        if self.missing.is_empty()
            && self.others == Others::Heard
            && let Some(done) = self.done.take()
        {
            // Whoever waited may have gone.
            let _ = done.send(());
        }
    }
}

fn after(committed: Committed, now: Timestamp) -> i64 {
    now.millis_since(committed.at).max(0)
}

/// A reader that a receipt is about, as it was when the receipt was asked for.
struct Watched {
    name: ReaderName,
    number: u64,
    seen: Timestamp,
    software: Option<Box<str>>,
    /// After how many milliseconds it had applied it, if it had by then.
    applied: Option<i64>,
}

impl Watched {
    fn of(client: &ClientId, instance: &Instance, reader: &Reader, committed: Committed) -> Self {
        Self {
            name: ReaderName {
                client: client.clone(),
                instance: instance.clone(),
            },
            number: reader.number,
            seen: reader.seen,
            software: reader.software.clone(),
            applied: (reader.applied >= committed.head.seq)
                .then(|| after(committed, reader.applied_at)),
        }
    }
}

/// A receipt that is not written yet. Who drops it gives its place to another.
#[must_use]
pub struct PendingReceipt<'a> {
    readers: &'a Readers,
    committed: Committed,
    waiter: Waiter,
    watched: Vec<Watched>,
    /// Whether every other node has told of its readers.
    heard: bool,
    place: Place,
}

enum Place {
    /// Nobody is missing.
    Complete,
    /// Too many receipts are waited for.
    Refused,
    /// Registered under this number.
    Waiting(u64, oneshot::Receiver<()>),
}

impl std::fmt::Debug for PendingReceipt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingReceipt")
            .field("committed", &self.committed)
            .finish_non_exhaustive()
    }
}

impl Drop for PendingReceipt<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Readers {
    /// A receipt of what was committed, for all readers that are known now.
    pub fn receipt(&self, committed: Committed, waiter: Waiter) -> PendingReceipt<'_> {
        let now = self.ambient.now();
        let mut state = self.lock();
        state.forget_silent(now);
        let has_place = state.has_place(waiter);
        if !has_place && waiter != Waiter::Admin {
            // Before anything is copied: asking again and again must cost nothing.
            return PendingReceipt {
                readers: self,
                committed,
                waiter,
                watched: Vec::new(),
                heard: false,
                place: Place::Refused,
            };
        }
        let watched: Vec<_> = state
            .all()
            .map(|(client, instance, reader)| Watched::of(client, instance, reader, committed))
            .collect();
        let missing: HashSet<_> = watched
            .iter()
            .filter(|one| one.applied.is_none())
            .map(|one| one.number)
            .collect();
        let place = if missing.is_empty() && !self.shared && self.settles_in().is_zero() {
            Place::Complete
        } else if !has_place {
            Place::Refused
        } else {
            let (done, finished) = oneshot::channel();
            let number = state.next_number();
            let waiting = Waiting {
                waiter,
                committed,
                missing,
                applied: HashMap::new(),
                others: if self.shared {
                    Others::Unasked
                } else {
                    Others::Heard
                },
                elsewhere: Vec::new(),
                done: Some(done),
            };
            state.receipts.insert(number, waiting);
            if self.shared {
                self.wanted.notify_one();
            }
            Place::Waiting(number, finished)
        };
        drop(state);
        PendingReceipt {
            readers: self,
            committed,
            waiter,
            watched,
            heard: !self.shared,
            place,
        }
    }
}

impl State {
    fn has_place(&self, waiter: Waiter) -> bool {
        let Waiter::Account(account) = waiter else {
            return self.receipts.len() < MAX_RECEIPTS;
        };
        let waiters = self.receipts.values().map(|waiting| waiting.waiter);
        let mut of_accounts = 0;
        for other in waiters {
            match other {
                Waiter::Account(same) if same == account => return false,
                Waiter::Account(_) => of_accounts += 1,
                Waiter::Admin => {}
            }
        }
        of_accounts < MAX_ACCOUNT_RECEIPTS && self.receipts.len() < MAX_RECEIPTS
    }
}

impl PendingReceipt<'_> {
    /// Whether it is not waited for, because too many others are.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self.place, Place::Refused)
    }

    /// Looks again at who there is, once readers have had the time to come back after a start.
    pub fn look_again(&mut self) {
        self.leave();
        *self = self.readers.receipt(self.committed, self.waiter);
    }

    /// Gives the place to another.
    fn leave(&mut self) {
        if let Place::Waiting(number, _) = self.place {
            self.readers.lock().receipts.remove(&number);
            self.place = Place::Refused;
        }
    }

    /// Until every reader has applied it; for ever if too many receipts are waited for. Not to be
    /// waited for before readers have settled ([`Readers::settles_in`]).
    pub async fn completed(&mut self) {
        match &mut self.place {
            Place::Complete => {}
            // The other end goes with this one only.
            Place::Waiting(_, finished) => drop(finished.await),
            Place::Refused => pending().await,
        }
    }

    /// Takes what the readers told, so that the place is free.
    fn collect(&mut self) {
        let Place::Waiting(number, _) = self.place else {
            return;
        };
        let Some(told) = self.readers.lock().receipts.remove(&number) else {
            return;
        };
        self.heard = told.others == Others::Heard;
        self.watched.extend(told.elsewhere);
        for one in &mut self.watched {
            one.applied = one.applied.or(told.applied.get(&one.number).copied());
        }
    }

    /// The receipt as things are.
    #[must_use]
    pub fn write(mut self) -> Receipt {
        let refused = self.is_refused();
        self.collect();
        let (committed, now) = (self.committed, self.readers.ambient.now());
        let state = self.readers.lock();
        let mut verifiers: Vec<_> = std::mem::take(&mut self.watched)
            .into_iter()
            .map(|one| VerifierReceipt {
                state: match (one.applied, state.reader(&one.name, one.number)) {
                    (Some(after_ms), _) => ReceiptState::Applied { after_ms },
                    (None, Some(reader)) if reader.silent_ms(now) < SILENT_MS => {
                        ReceiptState::Behind {
                            by: committed.head.seq.saturating_sub(reader.applied).max(1),
                        }
                    }
                    (None, found) => {
                        let seen = found.map_or(one.seen, |reader| reader.seen);
                        let for_s = now.millis_since(seen).max(0) / 1000;
                        ReceiptState::Silent { for_s }
                    }
                },
                name: one.name,
                software: one.software,
            })
            .collect();
        drop(state);
        verifiers.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Receipt {
            head: committed.head,
            waited_ms: after(committed, now),
            complete: !(refused && verifiers.is_empty())
                && self.heard
                && self.readers.settles_in().is_zero()
                && verifiers
                    .iter()
                    .all(|one| matches!(one.state, ReceiptState::Applied { .. })),
            verifiers,
        }
    }
}
