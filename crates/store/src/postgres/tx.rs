//! What a command works with: an open transaction, and what it will append to the log.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{join_all, try_join3};
use symbolon_core::{
    Entropy, Timestamp,
    entropy::EntropyExt,
    model::Revocation,
    store::{Horizon, StoreError},
};
use symbolon_protocol::{EndReason, Entry, Kind, Mark, RevocationId};
use tokio_postgres::types::{ToSql, Type};

use super::{
    audit,
    conn::Conn,
    failure::{Failure, Outcome, inconsistent},
    query::{all, params},
};

/// The advisory lock under which numbers of the log are given, until the commit.
const LOG_LOCK: &str = "SELECT pg_advisory_xact_lock(5351485, 1)";

/// A statement of its own, so that its snapshot is taken when the lock is held.
///
/// Another node may have begun to issue longer tokens than this one has heard of. It has told the
/// database before, and whatever it issued below what is ended here was committed before our locks
/// were granted: so the lifetimes as they stand now are long enough, whatever the caller knew.
const APPEND: &str = "
    INSERT INTO revocations (seq, mark, kind, id, below, reason, revoked_at_secs, until_secs)
    SELECT (SELECT coalesce(max(seq), 0) FROM revocations) + new.place, new.mark, new.kind, new.id,
           new.below, new.reason, new.revoked_at,
           new.until + greatest(0, (SELECT max(secs) FROM token_lifetimes) - new.lifetime)
    FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bigint[], $5::text[], $6::bigint[],
                $7::bigint[], $8::bigint[])
         WITH ORDINALITY AS new (mark, kind, id, below, reason, revoked_at, until, lifetime, place)
    RETURNING seq, until_secs";

const APPEND_TYPES: &[Type] = &[
    Type::BYTEA_ARRAY,
    Type::TEXT_ARRAY,
    Type::BYTEA_ARRAY,
    Type::INT8_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
];

/// An entry that waits for its number.
struct Pending {
    revocation: Revocation,
    /// The token lifetime, in seconds, that its `until` rests on; none if it rests on none.
    lifetime: Option<i64>,
}

/// A transaction. Dereferences to the connection, so that queries written for reading work here
/// too and see what the transaction has done so far.
pub(super) struct Tx {
    conn: Conn,
    entropy: Arc<dyn Entropy>,
    /// Entries that wait for their numbers, in order.
    pending: Mutex<Vec<Pending>>,
    /// What is sent together with the commit, in order.
    last: Mutex<Vec<LastWrite>>,
    /// The audit rows, which are sent with it as one statement.
    audits: Mutex<audit::Rows>,
}

/// A statement that changes rows whose locks are held, so that nobody need wait for its answer before
/// the commit is sent.
pub(super) struct LastWrite {
    /// Prepared before, by [`Conn::warm`]: otherwise the commit would overtake it.
    pub(super) statement: (&'static str, &'static [Type]),
    /// Its parameters.
    pub(super) values: Vec<Box<dyn ToSql + Send + Sync>>,
    /// How many rows it changes.
    pub(super) rows: u32,
    /// What is wrong if it does not.
    pub(super) otherwise: StoreError,
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

/// What to write about something that is ended or changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) reason: EndReason,
    pub(super) horizon: Horizon,
    pub(super) now: Timestamp,
}

impl Tx {
    pub(super) fn new(conn: Conn, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            conn,
            entropy,
            pending: Mutex::default(),
            last: Mutex::default(),
            audits: Mutex::default(),
        }
    }

    /// The connection, when the transaction is to end.
    pub(super) const fn conn_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Randomness.
    pub(super) fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// Leaves a statement to be sent together with the commit.
    pub(super) fn leave_last(&self, write: LastWrite) {
        self.last().push(write);
    }

    /// Adds to the audit rows.
    pub(super) fn audit(&self, add: impl FnOnce(&mut audit::Rows)) {
        add(&mut self.audits());
    }

    /// Forgets what has been left for the end: all of it, of a verb that took back all it had done.
    pub(super) fn forget_unsent(&self) {
        self.pending().clear();
        self.last().clear();
        *self.audits() = audit::Rows::default();
    }

    /// What was left, and the audit rows, prepared to be sent.
    async fn take_last(&self) -> Outcome<Vec<LastWrite>> {
        let mut last = std::mem::take(&mut *self.last());
        let audits = std::mem::take(&mut *self.audits());
        if let Some(write) = audits.into_write() {
            self.warm(&[write.statement]).await?;
            last.push(write);
        }
        Ok(last)
    }

    /// Sends what was left, in order, and waits for all answers. Polled before the commit is, it is
    /// sent before it; should it fail, the commit takes the transaction back.
    pub(super) async fn write(&self, last: Vec<LastWrite>) -> Outcome<()> {
        let writes = last.into_iter().map(async |write| {
            let (sql, types) = write.statement;
            let values = write
                .values
                .iter()
                .map(|value| &**value as &(dyn ToSql + Sync));
            let params: Vec<_> = values.zip(types.iter().cloned()).collect();
            if self.execute(sql, &params).await? == write.rows {
                Ok(())
            } else {
                Err(Failure::from(write.otherwise))
            }
        });
        join_all(writes).await.into_iter().collect()
    }

    /// How many entries wait.
    pub(super) fn entry_count(&self) -> usize {
        self.pending().len()
    }

    fn pending(&self) -> MutexGuard<'_, Vec<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> MutexGuard<'_, Vec<LastWrite>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn audits(&self) -> MutexGuard<'_, audit::Rows> {
        self.audits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an entry that waits names this for at least as long.
    pub(super) fn will_name(&self, kind: Kind, id: RevocationId, until: i64) -> bool {
        self.pending().iter().any(|waiting| {
            let entry = &waiting.revocation.entry;
            (entry.kind, entry.id) == (kind, id) && entry.until.is_none_or(|end| end >= until)
        })
    }

    /// Appends an entry that is forgotten after the horizon, or later if the database knows of longer
    /// tokens. It has no number before [`Self::settle`].
    pub(super) fn append(&self, kind: Kind, id: RevocationId, below: Option<u32>, cut: &Cut) {
        let entry = entry(kind, id, below, Some(cut.horizon.until), cut);
        self.wait(entry, Some(cut.horizon.lifetime_secs));
    }

    /// Appends an entry that is forgotten after `until`, or never.
    pub(super) fn append_until(
        &self,
        kind: Kind,
        id: RevocationId,
        below: Option<u32>,
        until: Option<i64>,
        cut: &Cut,
    ) {
        self.wait(entry(kind, id, below, until, cut), None);
    }

    fn wait(&self, entry: Entry, lifetime: Option<i64>) {
        let revocation = Revocation {
            entry,
            mark: Mark(self.entropy.bytes()),
        };
        self.pending().push(Pending {
            revocation,
            lifetime,
        });
    }

    /// Everything but the commit: takes the log's lock, as the last lock of the transaction, and gives the
    /// entries their numbers. Answers them, and what is to be sent with the commit; nothing else may
    /// come after this. Without entries nothing is waited for here.
    pub(super) async fn settle(&self) -> Outcome<(Vec<Revocation>, Vec<LastWrite>)> {
        let last = self.take_last().await?;
        let pending = std::mem::take(&mut *self.pending());
        if pending.is_empty() {
            return Ok((Vec::new(), last));
        }
        let statements = [(LOG_LOCK, &[][..]), (APPEND, APPEND_TYPES)];
        self.warm(&statements).await?;
        // In this order, without waiting for one another: the lock is held for as little as may be.
        let written = self.write(last);
        let locked = self.query(LOG_LOCK, &[]);
        let numbered = insert(&self.conn, &pending);
        let ((), _, numbers) = try_join3(written, locked, numbered).await?;
        if numbers.len() != pending.len() {
            return Err(inconsistent("revocations", "seq", pending.len()).into());
        }
        let number = |(waiting, (seq, until)): (Pending, _)| {
            let mut revocation = waiting.revocation;
            revocation.entry.seq = u64::try_from(seq)
                .map_err(|_| Failure::from(inconsistent("revocations", "seq", seq)))?;
            revocation.entry.until = until;
            Ok(revocation)
        };
        let entries = pending.into_iter().zip(numbers).map(number);
        Ok((entries.collect::<Outcome<_>>()?, Vec::new()))
    }
}

const fn entry(
    kind: Kind,
    id: RevocationId,
    below: Option<u32>,
    until: Option<i64>,
    cut: &Cut,
) -> Entry {
    Entry {
        seq: 0,
        kind,
        id,
        below,
        reason: cut.reason,
        revoked_at: cut.now.as_secs(),
        until,
    }
}

/// Number and `until` of each, in order.
async fn insert(conn: &Conn, pending: &[Pending]) -> Outcome<Vec<(i64, Option<i64>)>> {
    let all_of = pending.iter().map(|one| &one.revocation);
    let marks: Vec<&[u8]> = all_of.clone().map(|one| &one.mark.0[..]).collect();
    let of = all_of.map(|one| &one.entry);
    let kinds: Vec<_> = of.clone().map(|entry| entry.kind.as_str()).collect();
    let ids: Vec<&[u8]> = of.clone().map(|entry| &entry.id.0[..]).collect();
    let below: Vec<_> = of.clone().map(|entry| entry.below.map(i64::from)).collect();
    let reasons: Vec<_> = of.clone().map(|entry| entry.reason.as_str()).collect();
    let revoked_at: Vec<_> = of.clone().map(|entry| entry.revoked_at).collect();
    let until: Vec<_> = of.map(|entry| entry.until).collect();
    let lifetimes: Vec<_> = pending.iter().map(|one| one.lifetime).collect();
    let params = params![
        marks, kinds, ids, below, reasons, revoked_at, until, lifetimes
    ];
    let mut numbers = all(conn, "revocations", APPEND, params, |row| {
        Ok((row.get("seq")?, row.get("until_secs")?))
    })
    .await?;
    numbers.sort_unstable();
    Ok(numbers)
}
