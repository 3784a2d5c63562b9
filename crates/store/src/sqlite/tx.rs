//! What a command on the writer thread works with.

use std::ops::Deref;

use rusqlite::{Connection, params};
use symbolon_core::{Entropy, Timestamp, entropy::EntropyExt, model::Revocation, store::Horizon};
use symbolon_protocol::{EndReason, Entry, Kind, Mark, RevocationId};

use super::{
    failure::{Failure, Outcome, inconsistent},
    query::execute,
    rows,
};

/// The batch's transaction. Dereferences to the connection, so that queries written for readers
/// work here too and see what the transaction has done so far.
pub(super) struct Tx<'c> {
    conn: &'c Connection,
    entropy: &'c dyn Entropy,
    /// Log entries of this transaction, in order; told to the observer after the commit.
    appended: Vec<Revocation>,
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}

/// What to write about something that is ended or changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) reason: EndReason,
    pub(super) horizon: Horizon,
    pub(super) now: Timestamp,
}

impl<'c> Tx<'c> {
    pub(super) const fn new(conn: &'c Connection, entropy: &'c dyn Entropy) -> Self {
        Self {
            conn,
            entropy,
            appended: Vec::new(),
        }
    }

    /// Randomness.
    pub(super) const fn entropy(&self) -> &'c dyn Entropy {
        self.entropy
    }

    /// How many log entries there are so far; [`Self::entries_since`] takes it back.
    pub(super) const fn entry_count(&self) -> usize {
        self.appended.len()
    }

    /// The entries that were appended since the count was taken.
    pub(super) fn entries_since(&self, count: usize) -> Vec<Revocation> {
        self.appended.get(count..).unwrap_or_default().to_vec()
    }

    /// Forgets the entries of a command that was rolled back.
    pub(super) fn forget_entries_since(&mut self, count: usize) {
        self.appended.truncate(count);
    }

    /// All entries of the transaction.
    pub(super) fn into_entries(self) -> Vec<Revocation> {
        self.appended
    }

    /// Appends an entry that is forgotten after the horizon.
    pub(super) fn append(
        &mut self,
        kind: Kind,
        id: RevocationId,
        below: Option<u32>,
        cut: &Cut,
    ) -> Outcome<()> {
        self.append_until(kind, id, below, Some(cut.horizon.until), cut)
    }

    /// Appends an entry, numbered one above the highest there is, and the highest is never deleted.
    pub(super) fn append_until(
        &mut self,
        kind: Kind,
        id: RevocationId,
        below: Option<u32>,
        until: Option<i64>,
        cut: &Cut,
    ) -> Outcome<()> {
        let next = "SELECT coalesce(max(seq), 0) + 1 FROM revocations";
        let next: i64 = self
            .conn
            .prepare_cached(next)?
            .query_row([], |row| row.get(0))?;
        let revocation = Revocation {
            entry: Entry {
                seq: u64::try_from(next)
                    .map_err(|_| Failure::from(inconsistent("revocations", "seq", next)))?,
                kind,
                id,
                below,
                reason: cut.reason,
                revoked_at: cut.now.as_secs(),
                until,
            },
            mark: Mark(self.entropy.bytes()),
        };
        execute(
            self.conn,
            "INSERT INTO revocations
                 (seq, mark, kind, id, below, reason, revoked_at_secs, until_secs, sum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                next,
                revocation.mark.0,
                kind.as_str(),
                id.0,
                below,
                cut.reason.as_str(),
                revocation.entry.revoked_at,
                until,
                rows::log::sum(&revocation)
            ],
        )?;
        self.appended.push(revocation);
        Ok(())
    }
}
