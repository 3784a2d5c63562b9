//! The revocations that are in force, as a set that answers in nanoseconds.
//!
//! Made to sit behind an atomic pointer: readers take a snapshot and never a lock; the one writer
//! clones, inserts and swaps. A clone is two counters: everything lies in immutable pieces that
//! snapshots share. The newest entries are one small piece, which each insertion writes anew; they
//! move on into a table of short pieces, of which only those are copied that change.
//!
//! The one thing that must not be broken: inserting can only widen what is refused. An entry for
//! an id that is already there keeps the wider of the two meanings and the later `until`.

mod filter;
mod leaf;
mod meaning;
mod table;

use std::fmt;

use crate::{
    ids::{ClientId, GrantId, SessionId, TokenId},
    reason::RejectReason,
    revocation::{Entry, Kind, RevocationId},
};
use leaf::{Leaf, Row};
use meaning::{Meaning, seconds};
use table::{Place, Table};

/// Entries beyond this many move into the table.
const RECENT_MAX: usize = 256;

/// Everything by which the log can name one access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenIds {
    /// `sid`, if it has one.
    pub session: Option<RevocationId>,
    /// `gid`.
    pub grant: RevocationId,
    /// `jti`.
    pub token: RevocationId,
    /// Hash of `client_id`.
    pub client: RevocationId,
    /// Hash of the `kid` that verified it.
    pub key: RevocationId,
    /// `ver`, the grant's version.
    pub version: u32,
}

/// The revocations in force. `Clone` is a snapshot.
#[derive(Clone, Default)]
pub struct RevocationSet {
    table: Table,
    recent: Leaf,
    /// Of the recent ids, those that the table does not have, too.
    only_recent: usize,
    /// Until when entries are in force that may name clients or keys; `None`: there are none.
    rare_until: Option<u32>,
}

impl RevocationSet {
    /// In how many slices [`RevocationSet::forget_expired_slice`] goes through the set.
    pub const SLICES: usize = 16;

    /// Nothing revoked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many ids are revoked.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.table.len() + self.only_recent
    }

    /// Whether nothing is revoked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that it takes on the heap, those included that it shares with other snapshots, the
    /// allocator's own aside. Goes through the whole set.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.table.heap_bytes() + self.recent.heap_bytes()
    }

    /// Takes an entry in.
    pub fn insert(&mut self, entry: &Entry) {
        self.note_kind(entry);
        let (place, id) = self.place(&entry.id);
        let known = self
            .recent
            .find(place.key, id)
            .or_else(|| self.table.find(place, id));
        let meaning = Meaning::of(entry);
        let wider = known.map_or(meaning, |known| known.widened(meaning));
        if known == Some(wider) {
            return;
        }
        if known.is_none() {
            self.only_recent += 1;
        }
        let rows = self.recent.merged(&[self.table.row(id, wider)]);
        if rows.len() > RECENT_MAX {
            self.merge(&rows);
        } else {
            self.recent = Leaf::from_rows(&rows);
        }
    }

    /// Takes many entries in: much faster than one after the other.
    pub fn extend<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) {
        let mut entries = entries.into_iter();
        // A few change fewer pieces one by one.
        let few: Vec<_> = entries.by_ref().take(RECENT_MAX / 8).collect();
        let Some(next) = entries.next() else {
            few.into_iter().for_each(|entry| self.insert(entry));
            return;
        };
        let mut rows: Vec<_> = self.recent.rows().collect();
        rows.reserve(few.len() + 1 + entries.size_hint().0);
        for entry in few.into_iter().chain([next]).chain(entries) {
            self.note_kind(entry);
            let id = u128::from_ne_bytes(entry.id.0);
            rows.push(self.table.row(id, Meaning::of(entry)));
        }
        self.merge(&rows);
    }

    /// Forgets what nothing can be accepted under any more. `now` is a NumericDate.
    pub fn forget_expired(&mut self, now: i64) {
        for slice in 0..Self::SLICES {
            self.forget_expired_slice(now, slice);
        }
    }

    /// The same for one slice of [`RevocationSet::SLICES`], for whoever must not be held up by a
    /// large set.
    pub fn forget_expired_slice(&mut self, now: i64, slice: usize) {
        let now = seconds(now);
        let leaves = self.table.leaves();
        let end = |slice: usize| leaves * slice.min(Self::SLICES) / Self::SLICES;
        self.table
            .forget_expired(now, end(slice)..end(slice.saturating_add(1)));
        if slice + 1 == Self::SLICES {
            self.table.shrink();
        }
        if self.recent.has_expired(now) {
            self.recent = self.recent.without_expired(now);
        }
        let only = |row: &Row| self.table.find(self.table.place(row.id), row.id).is_none();
        self.only_recent = self.recent.rows().filter(only).count();
        self.rare_until = self.rare_until.filter(|until| *until >= now);
    }

    /// Whether the log names this id for a credential of this version.
    #[must_use]
    pub fn is_revoked(&self, id: &RevocationId, version: u32) -> bool {
        self.find(id).is_some_and(|meaning| meaning.names(version))
    }

    /// Whether a token is refused, and why. A session entry with `below` speaks of the session's
    /// own version and so of cookies only: the same change names each grant below it by itself.
    #[must_use]
    pub fn refuses(&self, token: &TokenIds) -> Option<RejectReason> {
        if self.is_empty() {
            return None;
        }
        if token.session.is_some_and(|id| self.is_ended(&id)) {
            return Some(RejectReason::RevokedSession);
        }
        if self.is_revoked(&token.grant, token.version) {
            return Some(RejectReason::RevokedGrant);
        }
        if self.is_ended(&token.token) {
            return Some(RejectReason::RevokedToken);
        }
        // Entries that name clients or keys are so rare that mostly there are none to look for.
        if self.rare_until.is_some() {
            if self.is_ended(&token.client) {
                return Some(RejectReason::RevokedClient);
            }
            if self.is_ended(&token.key) {
                return Some(RejectReason::RevokedKey);
            }
        }
        None
    }

    /// Whether every version of this id is revoked.
    #[inline]
    fn is_ended(&self, id: &RevocationId) -> bool {
        self.find(id).is_some_and(Meaning::is_end)
    }

    #[inline]
    fn find(&self, id: &RevocationId) -> Option<Meaning> {
        let (place, id) = self.place(id);
        // What is recent is the whole meaning: it was widened by what the table has.
        self.recent
            .find(place.key, id)
            .or_else(|| self.table.find(place, id))
    }

    #[inline]
    fn place(&self, id: &RevocationId) -> (Place, u128) {
        let id = u128::from_ne_bytes(id.0);
        (self.table.place(id), id)
    }

    fn note_kind(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::Session | Kind::Grant | Kind::Token => {}
            // What a later release names may be a client or a key, too.
            Kind::Client | Kind::Key | Kind::Unknown => {
                self.rare_until = self.rare_until.max(Some(Meaning::of(entry).until));
            }
        }
    }

    /// Moves rows into the table, what was recent among them.
    fn merge(&mut self, rows: &[Row]) {
        self.table.merge(rows);
        self.recent = Leaf::default();
        self.only_recent = 0;
    }
}

impl fmt::Debug for RevocationSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationSet")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl From<SessionId> for RevocationId {
    fn from(id: SessionId) -> Self {
        Self(id.to_bytes())
    }
}

impl From<GrantId> for RevocationId {
    fn from(id: GrantId) -> Self {
        Self(id.to_bytes())
    }
}

impl From<TokenId> for RevocationId {
    fn from(id: TokenId) -> Self {
        Self(id.to_bytes())
    }
}

impl From<&ClientId> for RevocationId {
    fn from(id: &ClientId) -> Self {
        Self::of_text(id.as_str())
    }
}

#[cfg(test)]
#[path = "set/tests.rs"]
mod tests;
