//! The issuer: its store as a list of entries, and its real [`LogTail`], made anew from that list
//! whenever it is asked.

use symbolon_core::{Timestamp, model::Revocation, store::LogObserver as _, tail::LogTail};
use symbolon_protocol::{Body, Cursor, EndReason, Entry, Kind, Mark, RevocationId};

use super::TICK;

pub(super) const ISSUER: &str = "https://id.example";
pub(super) const SESSION: RevocationId = RevocationId([1; 16]);
pub(super) const GRANT: RevocationId = RevocationId([2; 16]);
/// The last tick in which a token is taken, by whoever's clock.
pub(super) const EXP: i64 = 5;
/// Ticks that entries outlive tokens: what is left of the most leeway that there is, once the
/// verifier has taken its own.
pub(super) const LEEWAY: i64 = 1;
/// The last tick in which entries count.
pub(super) const UNTIL: i64 = EXP + LEEWAY;

/// What can happen to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum End {
    Session,
    Grant,
    /// The grant's version goes from 0 to 1.
    Narrowed,
}

/// One entry of the store's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) end: End,
    seq: u64,
    /// Never used twice, as random marks are not.
    mark: u8,
    /// When it was acknowledged, in ticks.
    pub(super) acknowledged: Option<i64>,
}

impl Row {
    /// Whether both mean the same, acknowledged or not.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.end == other.end
    }

    pub(super) fn revocation(self) -> Revocation {
        let (kind, id, below) = match self.end {
            End::Session => (Kind::Session, SESSION, None),
            End::Grant => (Kind::Grant, GRANT, None),
            End::Narrowed => (Kind::Grant, GRANT, Some(1)),
        };
        Revocation {
            entry: Entry {
                seq: self.seq,
                kind,
                id,
                below,
                reason: EndReason::Logout,
                revoked_at: 0,
                until: Some(UNTIL * TICK / 1000),
            },
            mark: Mark([self.mark; 16]),
        }
    }
}

/// A genuine answer that was given to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Letter {
    epoch: u8,
    snapshot: bool,
    after: Option<Cursor>,
    next: Cursor,
    head: Cursor,
    pub(super) now: i64,
    /// Whether it carries the nonce of the poll that waits.
    pub(super) ours: bool,
    pub(super) rows: Vec<Row>,
}

impl Letter {
    pub(super) fn body(&self) -> Body {
        Body {
            iss: ISSUER.into(),
            epoch: self.epoch.to_string(),
            snapshot: self.snapshot,
            after: self.after,
            next: self.next,
            head: self.head,
            now_ms: self.now * TICK,
            entries: self.rows.iter().map(|row| row.revocation().entry).collect(),
        }
    }

    pub(super) fn is_partial(&self) -> bool {
        self.next != self.head
    }

    /// As [`Body::answers`].
    pub(super) fn answers(&self, asked: Option<Cursor>) -> bool {
        if self.snapshot {
            self.after.is_none()
        } else {
            self.after.is_some() && self.after == asked
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Issuer {
    pub(super) epoch: u8,
    marks: u8,
    /// Committed, in order.
    pub(super) rows: Vec<Row>,
    /// How many of them this process has been told.
    told: usize,
    /// Up to where, and at which tick, expired entries were forgotten.
    forgot: Option<(usize, i64)>,
    /// A session that was read and is not in the cache yet.
    read: bool,
    pub(super) cached: bool,
    pub(super) replaced: bool,
}

impl Issuer {
    pub(super) fn commit(&mut self, end: End) {
        self.marks += 1;
        let last = self.rows.last().map_or(0, |row| row.seq);
        self.rows.push(Row {
            end,
            seq: last + 1,
            mark: self.marks,
            acknowledged: None,
        });
    }

    pub(super) fn has_untold(&self) -> bool {
        self.told < self.rows.len()
    }

    /// Everything that is committed reaches the tail, and then who ended it.
    pub(super) fn acknowledge(&mut self, now: i64) {
        self.told = self.rows.len();
        for row in &mut self.rows {
            row.acknowledged.get_or_insert(now);
        }
    }

    /// Killed and started again: memory is lost, the store is read.
    pub(super) fn restart(&mut self, now: i64) {
        self.acknowledge(now);
        self.forgot = None;
        self.read = false;
        self.cached = false;
    }

    /// Starts again with a copy of its database that holds the first entries only.
    pub(super) fn replace(&mut self, keep: usize, same_epoch: bool, now: i64) {
        self.rows.truncate(keep);
        self.epoch += u8::from(!same_epoch);
        self.replaced = true;
        self.restart(now);
    }

    pub(super) fn forget(&mut self, now: i64) {
        self.forgot = Some((self.told, now));
    }

    pub(super) fn can_forget(&self, now: i64) -> bool {
        now > UNTIL && self.told > 0 && self.forgot.is_none_or(|(told, _)| told < self.told)
    }

    pub(super) fn session_has_ended(&self) -> bool {
        self.rows.iter().any(|row| row.end == End::Session)
    }

    pub(super) fn can_read(&self) -> bool {
        !self.read && !self.cached && !self.session_has_ended()
    }

    pub(super) fn read(&mut self) {
        self.read = true;
    }

    pub(super) fn can_fill(&self) -> bool {
        self.read
    }

    pub(super) fn fill(&mut self) {
        self.read = false;
        self.cached = true;
    }

    /// What the session cache asks on every hit.
    pub(super) fn accepts_cached(&self) -> bool {
        self.cached && !self.tail().set().is_revoked(&SESSION, 0)
    }

    fn tail(&self) -> LogTail {
        let tail = LogTail::default();
        let told = self.rows.get(..self.told).unwrap_or_default();
        let (old, new) = told.split_at(self.forgot.map_or(0, |(count, _)| count.min(told.len())));
        let revocations =
            |rows: &[Row]| rows.iter().map(|row| row.revocation()).collect::<Vec<_>>();
        tail.committed(&revocations(old));
        if let Some((_, at)) = self.forgot {
            tail.forget_expired(Timestamp::from_secs(at * TICK / 1000));
        }
        tail.committed(&revocations(new));
        tail
    }

    /// What it answers a reader at `after`; if `cut`, a page that lacks the last entry.
    pub(super) fn answer(&self, after: Option<Cursor>, ours: bool, cut: bool, now: i64) -> Letter {
        let tail = self.tail();
        let after = tail.known(after);
        let page = tail.page(after, Timestamp::from_secs(now * TICK / 1000));
        let row = |seq| self.rows.iter().find(|row| row.seq == seq).copied();
        let mut rows: Vec<Row> = page
            .entries()
            .iter()
            .filter_map(|entry| row(entry.seq))
            .map(|row| Row {
                acknowledged: None,
                ..row
            })
            .collect();
        let mut next = page.next;
        if cut && rows.pop().is_some() {
            let last = rows.last().map(|row| row.revocation().cursor());
            next = last.or(after).unwrap_or_else(|| LogTail::default().head());
        }
        Letter {
            epoch: self.epoch,
            snapshot: page.snapshot,
            after: after.filter(|_| !page.snapshot),
            next,
            head: page.head,
            now,
            ours,
            rows,
        }
    }

    /// Every position that anybody may ask from.
    pub(super) fn positions(&self) -> Vec<Option<Cursor>> {
        let cursors = self.rows.iter().take(self.told);
        std::iter::once(None)
            .chain(cursors.map(|row| Some(row.revocation().cursor())))
            .collect()
    }
}
