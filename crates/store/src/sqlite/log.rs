//! Reading and forgetting the revocation log; appending is [`super::tx::Tx::append`].

use async_trait::async_trait;
use rusqlite::{Connection, params};
use symbolon_core::{
    Entropy, Timestamp,
    entropy::EntropyExt,
    model::{AuditAction, AuditContext, LogState, Revocation},
    store::{LogStore, StoreError},
};
use symbolon_protocol::{Cursor, Mark};

use super::{
    SqliteStore, audit,
    failure::{Failure, Outcome, inconsistent},
    query::{all, execute, one},
    rows,
};

/// How far back a lowered token lifetime still counts.
const LIFETIME_MEMORY_SECS: i64 = 24 * 60 * 60;

#[async_trait]
impl LogStore for SqliteStore {
    async fn log_state(&self) -> Result<LogState, StoreError> {
        self.read(log_state).await
    }

    async fn revocations_after(&self, seq: u64, limit: u32) -> Result<Vec<Revocation>, StoreError> {
        self.read(move |conn| entries_after(conn, seq, limit)).await
    }

    async fn revocations_before(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Revocation>, StoreError> {
        self.read(move |conn| entries_before(conn, before, limit))
            .await
    }

    async fn forget_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |tx| {
            execute(
                tx,
                "DELETE FROM revocations WHERE seq IN (
                     SELECT seq FROM revocations
                     WHERE until_secs < ?1 AND seq < (SELECT max(seq) FROM revocations)
                     LIMIT ?2)",
                params![now.as_secs(), limit],
            )
        })
        .await
    }

    async fn note_clock(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        self.write(move |tx| note_clock(tx, now)).await
    }

    async fn note_token_lifetime(&self, secs: u32, now: Timestamp) -> Result<u32, StoreError> {
        self.write(move |tx| note_lifetime(tx, secs, now)).await
    }

    async fn begin_epoch(
        &self,
        from: &str,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let from = from.to_owned();
        self.write(move |tx| begin_epoch(tx, tx.entropy(), &from, &audit, now))
            .await
    }

    async fn check_writable(&self, _: Timestamp) -> Result<(), StoreError> {
        self.is_whole().await?;
        // Whoever asks whether the server lives must not wait until a large file is written anew.
        tokio::select! {
            biased;
            () = self.writer.tidies() => Ok(()),
            written = self.write(|tx| write_fence(tx)) => written,
        }
    }
}

fn log_state(conn: &Connection) -> Outcome<LogState> {
    let (epoch, origin) = one(
        conn,
        "meta",
        "SELECT id, epoch, log_origin FROM meta",
        [],
        |row| {
            let _id: i64 = row.get("id")?;
            Ok((row.get("epoch")?, Mark(row.get("log_origin")?)))
        },
    )?
    .ok_or_else(|| Failure::from(inconsistent("meta", "id", 1)))?;
    let head = one(
        conn,
        "revocations",
        "SELECT seq, mark FROM revocations ORDER BY seq DESC LIMIT 1",
        [],
        |row| {
            Ok(Cursor {
                seq: row.get_as("seq", |number: i64| u64::try_from(number).ok())?,
                mark: Mark(row.get("mark")?),
            })
        },
    )?;
    let origin = Cursor {
        seq: 0,
        mark: origin,
    };
    Ok(LogState {
        epoch,
        origin,
        head: head.unwrap_or(origin),
    })
}

/// At most `limit` entries after `seq`, in order.
pub(super) fn entries_after(conn: &Connection, seq: u64, limit: u32) -> Outcome<Vec<Revocation>> {
    all(
        conn,
        "revocations",
        "SELECT seq, mark, kind, id, below, reason, revoked_at_secs, until_secs, sum
         FROM revocations WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        params![i64::try_from(seq).unwrap_or(i64::MAX), limit],
        rows::log::revocation,
    )
}

/// At most `limit` entries before `before`, newest first.
fn entries_before(conn: &Connection, before: Option<u64>, limit: u32) -> Outcome<Vec<Revocation>> {
    all(
        conn,
        "revocations",
        "SELECT seq, mark, kind, id, below, reason, revoked_at_secs, until_secs, sum
         FROM revocations WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
        params![position_before(before), limit],
        rows::log::revocation,
    )
}

/// The number that every one before `before` is below of.
pub(super) fn position_before(before: Option<u64>) -> i64 {
    let before = before.and_then(|before| i64::try_from(before).ok());
    before.unwrap_or(i64::MAX)
}

/// A write that changes nothing but proves that writing works.
pub(super) fn write_fence(conn: &Connection) -> Outcome<()> {
    execute(conn, "UPDATE meta SET fence = fence + 1", []).map(drop)
}

fn note_clock(conn: &Connection, now: Timestamp) -> Outcome<Timestamp> {
    execute(
        conn,
        "UPDATE meta SET latest = max(latest, ?1)",
        params![now.as_millis()],
    )?;
    let latest = one(conn, "meta", "SELECT id, latest FROM meta", [], |row| {
        let _id: i64 = row.get("id")?;
        row.time("latest")
    })?;
    latest.ok_or_else(|| inconsistent("meta", "id", 1).into())
}

fn begin_epoch(
    conn: &Connection,
    entropy: &dyn Entropy,
    from: &str,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<String> {
    let changed = execute(
        conn,
        "UPDATE meta SET epoch = lower(hex(?2)) WHERE epoch = ?1",
        params![from, entropy.bytes::<16>()],
    )?;
    let LogState { epoch, .. } = log_state(conn)?;
    if changed > 0 {
        let on = ("epoch", &epoch as &dyn std::fmt::Display);
        audit::write(conn, AuditAction::EpochChanged, audit, on, None, now)?;
    }
    Ok(epoch)
}

/// Each row of `token_lifetimes` is in force from its `since` until the next row's.
fn note_lifetime(conn: &Connection, secs: u32, now: Timestamp) -> Outcome<u32> {
    let in_force = one(
        conn,
        "token_lifetimes",
        "SELECT seq, secs FROM token_lifetimes ORDER BY seq DESC LIMIT 1",
        [],
        |row| {
            let _seq: i64 = row.get("seq")?;
            row.get::<u32>("secs")
        },
    )?;
    if in_force != Some(secs) {
        execute(
            conn,
            "INSERT INTO token_lifetimes (secs, since) VALUES (?1, ?2)",
            params![secs, now.as_millis()],
        )?;
    }
    execute(
        conn,
        "DELETE FROM token_lifetimes AS old WHERE EXISTS (
             SELECT 1 FROM token_lifetimes AS next WHERE next.seq > old.seq AND next.since <= ?1)",
        params![now.plus_secs(-LIFETIME_MEMORY_SECS).as_millis()],
    )?;
    let highest = one(
        conn,
        "token_lifetimes",
        "SELECT max(seq), max(secs) FROM token_lifetimes",
        [],
        |row| {
            let _seq: i64 = row.get("seq")?;
            row.get::<u32>("secs")
        },
    )?;
    Ok(highest.unwrap_or(secs))
}
