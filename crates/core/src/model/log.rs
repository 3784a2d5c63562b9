//! The revocation log as the store keeps it.

use symbolon_protocol::{Cursor, Entry, Mark};

/// An entry with its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// What travels.
    pub entry: Entry,
    /// Random, so that a log which continued differently is noticed.
    pub mark: Mark,
}

impl Revocation {
    /// The position just after this entry.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor {
            seq: self.entry.seq,
            mark: self.mark,
        }
    }
}

/// Where the log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogState {
    /// Changes when the log's history does.
    pub epoch: String,
    /// The position before the first entry: seq 0 and a mark of its own.
    pub origin: Cursor,
    /// The last entry's position, or `origin`.
    pub head: Cursor,
}
