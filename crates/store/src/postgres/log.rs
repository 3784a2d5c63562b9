//! Reading and forgetting the revocation log; appending is [`super::tx::Tx::append`].

use async_trait::async_trait;
use futures_util::FutureExt as _;
use std::time::Duration;
use symbolon_core::{
    Timestamp,
    entropy::EntropyExt as _,
    model::{AuditAction, AuditContext, LogState, Revocation},
    store::{LogStore, StoreError},
};
use symbolon_protocol::{Cursor, Mark};
use tokio_postgres::Row;

use super::{
    PostgresStore, audit,
    conn::Conn,
    failure::{Failure, Outcome, inconsistent},
    query::{Columns, all, one, params},
    rows,
    tx::Tx,
};

/// How far back a lowered token lifetime still counts.
const LIFETIME_MEMORY_SECS: i64 = 24 * 60 * 60;

/// Entries after a number, in order.
pub(super) const AFTER: &str =
    "SELECT seq, mark, kind, id, below, reason, revoked_at_secs, until_secs
     FROM revocations WHERE seq > $1 ORDER BY seq LIMIT $2";

#[async_trait]
impl LogStore for PostgresStore {
    async fn log_state(&self) -> Result<LogState, StoreError> {
        self.runner
            .look((), |conn, ()| log_state(conn).boxed())
            .await
    }

    async fn revocations_after(&self, seq: u64, limit: u32) -> Result<Vec<Revocation>, StoreError> {
        self.runner
            .look((seq, limit), |conn, (seq, limit)| {
                entries_after(conn, *seq, *limit).boxed()
            })
            .await
    }

    async fn revocations_before(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Revocation>, StoreError> {
        self.runner
            .look((before, limit), |conn, (before, limit)| {
                entries_before(conn, *before, *limit).boxed()
            })
            .await
    }

    async fn forget_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write((now, limit), |tx, (now, limit)| {
            forget(tx, *now, *limit).boxed()
        })
        .await
    }

    async fn note_clock(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        self.write(now, |tx, now| note_clock(tx, *now).boxed())
            .await
    }

    async fn note_token_lifetime(&self, secs: u32, now: Timestamp) -> Result<u32, StoreError> {
        self.write((secs, now), |tx, (secs, now)| {
            note_lifetime(tx, *secs, *now).boxed()
        })
        .await
    }

    async fn begin_epoch(
        &self,
        from: &str,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let args = (from.to_owned(), audit, now);
        self.write(args, |tx, (from, audit, now)| {
            begin_epoch(tx, from, audit, *now).boxed()
        })
        .await
    }

    async fn check_writable(&self, _: Timestamp) -> Result<(), StoreError> {
        self.write((), |tx, ()| write_fence(tx).boxed()).await
    }

    fn log_age(&self) -> Option<Duration> {
        self.runner.tail.age()
    }

    fn is_notified(&self) -> bool {
        self.runner.tail.is_listening()
    }

    async fn catch_up(&self) -> Result<(), StoreError> {
        self.runner.tail.catch_up(&self.runner).await
    }

    async fn read_log(&self) -> Result<(), StoreError> {
        self.runner.tail.read_now(&self.runner).await
    }
}

async fn log_state(conn: &Conn) -> Outcome<LogState> {
    let state = one(
        conn,
        "symbolon_meta",
        "SELECT m.id::bigint, m.epoch, m.log_origin, r.seq, r.mark
         FROM symbolon_meta m
         LEFT JOIN (SELECT seq, mark FROM revocations ORDER BY seq DESC LIMIT 1) r ON true",
        &[],
        |row| {
            let _id: i64 = row.get("id")?;
            let epoch = row.get("epoch")?;
            let origin = Cursor {
                seq: 0,
                mark: Mark(row.bytes("log_origin")?),
            };
            Ok(LogState {
                epoch,
                origin,
                head: head(row)?.unwrap_or(origin),
            })
        },
    );
    state
        .await?
        .ok_or_else(|| inconsistent("symbolon_meta", "id", 1).into())
}

fn head(row: &mut Columns<'_>) -> Result<Option<Cursor>, StoreError> {
    let seq: Option<i64> = row.get("seq")?;
    let Some(seq) = seq else { return Ok(None) };
    Ok(Some(Cursor {
        seq: u64::try_from(seq).map_err(|_| row.wrong("seq"))?,
        mark: Mark(row.bytes("mark")?),
    }))
}

/// A number as it is compared with those of rows.
pub(super) fn position(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// The number that every one before `before` is below of.
pub(super) fn position_before(before: Option<u64>) -> i64 {
    before.map_or(i64::MAX, position)
}

/// Rows of [`AFTER`].
pub(super) fn entries(rows: &[Row]) -> Outcome<Vec<Revocation>> {
    let read = rows
        .iter()
        .map(|row| rows::log::revocation(&mut Columns::of(row, "revocations")));
    Ok(read.collect::<Result<_, _>>()?)
}

async fn entries_after(conn: &Conn, seq: u64, limit: u32) -> Outcome<Vec<Revocation>> {
    let rows = conn
        .query(AFTER, params![position(seq), i64::from(limit)])
        .await?;
    entries(&rows)
}

/// At most `limit` entries before `before`, newest first.
async fn entries_before(conn: &Conn, before: Option<u64>, limit: u32) -> Outcome<Vec<Revocation>> {
    all(
        conn,
        "revocations",
        "SELECT seq, mark, kind, id, below, reason, revoked_at_secs, until_secs
         FROM revocations WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
        params![position_before(before), i64::from(limit)],
        rows::log::revocation,
    )
    .await
}

/// Rows that another node is deleting are left to it.
async fn forget(tx: &Tx, now: Timestamp, limit: u32) -> Outcome<u32> {
    tx.execute(
        "DELETE FROM revocations WHERE seq IN (
             SELECT seq FROM revocations
             WHERE until_secs < $1 AND seq < (SELECT max(seq) FROM revocations)
             LIMIT $2 FOR UPDATE SKIP LOCKED)",
        params![now.as_secs(), i64::from(limit)],
    )
    .await
}

/// A write that changes nothing but proves that writing works.
async fn write_fence(tx: &Tx) -> Outcome<()> {
    tx.execute("UPDATE symbolon_meta SET fence = fence + 1", &[])
        .await
        .map(drop)
}

async fn begin_epoch(tx: &Tx, from: &str, audit: &AuditContext, now: Timestamp) -> Outcome<String> {
    let epoch = tx.entropy().bytes::<16>();
    let changed = tx
        .execute(
            "UPDATE symbolon_meta SET epoch = encode($2, 'hex') WHERE epoch = $1",
            params![from, &epoch[..]],
        )
        .await?;
    let LogState { epoch, .. } = log_state(tx).await?;
    if changed > 0 {
        let action = AuditAction::EpochChanged;
        audit::write(tx, action, audit, ("epoch", &epoch), None, now);
    }
    Ok(epoch)
}

async fn note_clock(tx: &Tx, now: Timestamp) -> Outcome<Timestamp> {
    let latest = one(
        tx,
        "symbolon_meta",
        "UPDATE symbolon_meta SET latest = greatest(latest, $1) RETURNING id::bigint, latest",
        params![now.as_millis()],
        |row| {
            let _id: i64 = row.get("id")?;
            row.time("latest")
        },
    )
    .await?;
    latest.ok_or_else(|| Failure::from(inconsistent("symbolon_meta", "id", 1)))
}

/// Each row of `token_lifetimes` is in force from its `since` until the next row's; one node at a time
/// looks at them.
async fn note_lifetime(tx: &Tx, secs: u32, now: Timestamp) -> Outcome<u32> {
    tx.execute("SELECT 1 FROM symbolon_meta FOR NO KEY UPDATE", &[])
        .await?;
    tx.execute(
        "INSERT INTO token_lifetimes (secs, since)
         SELECT $1, $2 WHERE $1 IS DISTINCT FROM
             (SELECT secs FROM token_lifetimes ORDER BY seq DESC LIMIT 1)",
        params![i64::from(secs), now.as_millis()],
    )
    .await?;
    tx.execute(
        "DELETE FROM token_lifetimes AS old WHERE EXISTS (
             SELECT 1 FROM token_lifetimes AS next WHERE next.seq > old.seq AND next.since <= $1)",
        params![now.plus_secs(-LIFETIME_MEMORY_SECS).as_millis()],
    )
    .await?;
    let highest = one(
        tx,
        "token_lifetimes",
        "SELECT max(seq), max(secs) FROM token_lifetimes",
        &[],
        |row| {
            let _seq: Option<i64> = row.get("seq")?;
            row.number("secs")
        },
    );
    Ok(highest.await?.unwrap_or(secs))
}
