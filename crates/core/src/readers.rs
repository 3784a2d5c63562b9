//! Who reads the revocation log, and how far each of them is.
//!
//! A reader is an authenticated client with an instance id that it made up at its start; whoever
//! polls without a client is nobody that could be waited for. The one thing that must not be
//! broken: a reader counts as having applied an entry only when it has polled with a cursor at or
//! after it, so a receipt never says more than what was acknowledged.
//!
//! Nodes that share a store tell each other of their readers, but only while a receipt waits for that or a
//! key is about to sign (`readers::shared`): otherwise a process knows those that poll it. One that was started on a store that others may have read
//! before knows nobody at first, which is not the same as that there is nobody: until everybody has had
//! the time to come back (`SETTLING_MS`), no receipt is complete.
//!
//! A poll costs two look-ups under a lock that is never held across waiting. Memory is bounded:
//! [`MAX_PER_CLIENT`] readers a client, [`MAX_READERS`] in all; beyond, the longest silent goes.

mod listing;
mod name;
mod receipt;
mod shared;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use symbolon_protocol::{ClientId, JwksHash, Timestamp};
use tokio::sync::Notify;

use crate::clock_and_entropy::Ambient;
use receipt::Waiting;

pub use listing::{ListedReader, ReaderTally};
pub use name::{Instance, ReaderName};
pub use receipt::{Committed, PendingReceipt, Receipt, ReceiptState, VerifierReceipt, Waiter};

/// Readers that one client may have.
pub const MAX_PER_CLIENT: usize = 1_024;
/// Readers that are known at once.
pub const MAX_READERS: usize = 16_384;
/// Milliseconds of silence after which a reader is forgotten.
const FORGOTTEN_MS: i64 = 5 * 60 * 1000;
/// Milliseconds without a poll after which a reader no longer counts as being there. Between two
/// polls of a healthy reader there is next to nothing.
const SILENT_MS: i64 = 5_000;
/// Milliseconds after the start within which readers of the time before come back: they try again after
/// 5 s at the latest, and need an answer and one more poll to acknowledge it.
const SETTLING_MS: i64 = 10_000;
/// Milliseconds of silence after which a reader no longer holds up a key rotation.
const HOLDS_UP_MS: i64 = 60_000;
/// Characters of a reader's software name that are kept.
const MAX_SOFTWARE: usize = 64;

/// What a reader says with a poll.
#[derive(Debug)]
pub struct ReaderPoll<'a> {
    /// Who it is.
    pub name: ReaderName,
    /// The number of the last entry that it has applied; 0 if its cursor is none of this log.
    pub applied: u64,
    /// Which keys it holds, if it says so.
    pub jwks: Option<JwksHash>,
    /// Its name and version (`User-Agent`), if it says so.
    pub software: Option<&'a str>,
}

/// The readers of one log.
pub struct Readers {
    ambient: Ambient,
    /// From when on readers of the time before this start are known.
    settled_from: Timestamp,
    /// Whether readers may poll other nodes of the same log.
    shared: bool,
    /// Somebody waits for what other nodes tell.
    wanted: Notify,
    state: Mutex<State>,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    clients: HashMap<ClientId, HashMap<Instance, Reader>>,
    total: usize,
    /// Receipts that are waited for, by number.
    receipts: HashMap<u64, Waiting>,
    /// When every other node had last told of its readers.
    heard: Option<Timestamp>,
    /// When this node last told of its own.
    told: Option<Timestamp>,
    /// The last number that was given to a reader or a receipt.
    last_number: u64,
}

struct Reader {
    /// One that is forgotten and comes again is another.
    number: u64,
    applied: u64,
    /// When it was first known to have applied that.
    applied_at: Timestamp,
    seen: Timestamp,
    /// Polls that are waiting for an answer.
    polls: u32,
    /// Whether its last poll came to this process, and not to another node.
    here: bool,
    jwks: Option<JwksHash>,
    software: Option<Box<str>>,
}

impl Reader {
    fn silent_ms(&self, now: Timestamp) -> i64 {
        if self.polls > 0 {
            0
        } else {
            now.millis_since(self.seen).max(0)
        }
    }
}

/// A poll that is being answered; its reader is there until this is dropped.
#[must_use]
pub struct Polling<'a> {
    readers: &'a Readers,
    name: ReaderName,
    number: u64,
}

impl std::fmt::Debug for Polling<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Polling").field(&self.name).finish()
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        let now = self.readers.ambient.now();
        let mut state = self.readers.lock();
        if let Some(reader) = state.reader_mut(&self.name, self.number) {
            reader.polls = reader.polls.saturating_sub(1);
            reader.seen = now;
        }
    }
}

impl Readers {
    /// On the first start ever there is nobody to come back.
    pub(crate) fn new(ambient: Ambient, is_first_start: bool, shared: bool) -> Self {
        let settling = if is_first_start { 0 } else { SETTLING_MS };
        Self {
            settled_from: ambient.now().plus_millis(settling),
            ambient,
            shared,
            wanted: Notify::new(),
            state: Mutex::default(),
        }
    }

    /// For how long no receipt is complete yet, because readers may still come back after the start.
    #[must_use]
    pub fn settles_in(&self) -> Duration {
        let left = self.settled_from.millis_since(self.ambient.now());
        // A clock that was set back must not keep receipts waiting for ever.
        Duration::from_millis(u64::try_from(left.min(SETTLING_MS)).unwrap_or(0))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a poll. To be dropped when it is answered.
    pub fn poll(&self, poll: ReaderPoll<'_>) -> Polling<'_> {
        let now = self.ambient.now();
        let mut state = self.lock();
        let reader = state.find_or_make(&poll.name, now);
        reader.seen = now;
        reader.polls = reader.polls.saturating_add(1);
        reader.here = true;
        reader.jwks = poll.jwks;
        reader.software = poll.software.map(cut);
        let number = reader.number;
        if reader.applied != poll.applied {
            reader.applied = poll.applied;
            reader.applied_at = now;
            for receipt in state.receipts.values_mut() {
                receipt.note(number, poll.applied, now);
            }
        }
        Polling {
            readers: self,
            name: poll.name,
            number,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let now = self.ambient.now();
        let mut state = self.lock();
        state.forget_silent(now);
        state.total
    }

    /// Whether nobody is known to read the log.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The readers that report keys which `is_enough` does not take for good, in order. Those that
    /// say nothing of their keys and those that were silent for a minute are left out.
    #[must_use]
    pub fn without_keys(&self, is_enough: impl Fn(&JwksHash) -> bool) -> Vec<ReaderName> {
        let now = self.ambient.now();
        let state = self.lock();
        let missing = state.all().filter(|(_, _, reader)| {
            reader.silent_ms(now) < HOLDS_UP_MS
                && reader.jwks.as_ref().is_some_and(|held| !is_enough(held))
        });
        let mut names: Vec<_> = missing
            .map(|(client, instance, _)| ReaderName {
                client: client.clone(),
                instance: instance.clone(),
            })
            .collect();
        drop(state);
        names.sort_unstable();
        names
    }
}

impl State {
    fn all(&self) -> impl Iterator<Item = (&ClientId, &Instance, &Reader)> {
        self.clients.iter().flat_map(|(client, instances)| {
            instances
                .iter()
                .map(move |(instance, reader)| (client, instance, reader))
        })
    }

    fn reader(&self, name: &ReaderName, number: u64) -> Option<&Reader> {
        let reader = self.clients.get(&name.client)?.get(&name.instance)?;
        (reader.number == number).then_some(reader)
    }

    fn reader_mut(&mut self, name: &ReaderName, number: u64) -> Option<&mut Reader> {
        let instances = self.clients.get_mut(&name.client)?;
        let reader = instances.get_mut(&name.instance)?;
        (reader.number == number).then_some(reader)
    }

    fn next_number(&mut self) -> u64 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }

    fn find_or_make(&mut self, name: &ReaderName, now: Timestamp) -> &mut Reader {
        let instances = self.clients.get(&name.client);
        let number = if instances.is_some_and(|all| all.contains_key(&name.instance)) {
            0
        } else {
            self.make_room(&name.client, now);
            self.total += 1;
            self.next_number()
        };
        let instances = self.clients.entry(name.client.clone()).or_default();
        instances
            .entry(name.instance.clone())
            .or_insert_with(|| Reader {
                number,
                applied: 0,
                applied_at: now,
                seen: now,
                polls: 0,
                here: false,
                jwks: None,
                software: None,
            })
    }

    /// Lets the longest silent go, of the client or of all, if there are as many as may be.
    fn make_room(&mut self, client: &ClientId, now: Timestamp) {
        let of_client = self.clients.get(client).map_or(0, HashMap::len);
        if of_client < MAX_PER_CLIENT && self.total < MAX_READERS {
            return;
        }
        self.forget_silent(now);
        let is_full = self.clients.get(client).map_or(0, HashMap::len) >= MAX_PER_CLIENT;
        if !is_full && self.total < MAX_READERS {
            return;
        }
        let longest = self
            .all()
            .filter(|(of, ..)| !is_full || *of == client)
            .min_by_key(|(.., reader)| (reader.polls > 0, reader.seen))
            .map(|(of, instance, _)| (of.clone(), instance.clone()));
        if let Some((of, instance)) = longest
            && let Some(instances) = self.clients.get_mut(&of)
            && instances.remove(&instance).is_some()
        {
            self.total -= 1;
        }
    }

    fn forget_silent(&mut self, now: Timestamp) {
        for instances in self.clients.values_mut() {
            instances.retain(|_, reader| reader.silent_ms(now) < FORGOTTEN_MS);
        }
        self.clients.retain(|_, instances| !instances.is_empty());
        self.total = self.clients.values().map(HashMap::len).sum();
    }
}

/// What others say of themselves is shown in receipts: short, and visible ASCII.
fn cut(software: &str) -> Box<str> {
    software
        .chars()
        .filter(char::is_ascii_graphic)
        .take(MAX_SOFTWARE)
        .collect()
}
