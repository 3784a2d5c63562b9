//! Being one of several nodes: leases, and the clock that decides about them. All times here are by the database's clock, the only one that they share.

mod readers;

use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use symbolon_core::{
    Timestamp,
    store::{Duty, Lease, LeaseClaim, NodeReport, NodeStore, Peers, StoreError},
};

use super::{
    PostgresStore,
    conn::Conn,
    failure::{Failure, Outcome},
    query::{one, params},
    tx::Tx,
};

/// Milliseconds since 1970, at the moment at which it is evaluated.
macro_rules! now {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    };
}
use now;

/// Milliseconds that no lease is taken for. One that ends later was given by a clock that has been set back
/// since, as that of another machine may be after a failover: it is free.
const LONGEST_MS: i64 = 3_600_000;

#[async_trait]
impl NodeStore for PostgresStore {
    async fn claim_lease(&self, claim: LeaseClaim) -> Result<Lease, StoreError> {
        // Nodes ask again and again: as long as it is another's, that writes nothing.
        let elsewhere = self
            .runner
            .look(claim.clone(), |conn, claim| elsewhere(conn, claim).boxed())
            .await?;
        if let Some(left) = elsewhere {
            return Ok(Lease::Elsewhere { left });
        }
        self.write(claim, |tx, claim| take(tx, claim).boxed()).await
    }

    async fn release_lease(&self, duty: Duty, holder: &str) -> Result<(), StoreError> {
        self.write((duty, holder.to_owned()), |tx, (duty, holder)| {
            release(tx, *duty, holder).boxed()
        })
        .await
    }

    async fn share(&self, report: NodeReport) -> Result<Peers, StoreError> {
        let calls = report.calls;
        let peers = self
            .write(report, |tx, report| readers::share(tx, report).boxed())
            .await?;
        if calls {
            let conn = self.runner.conn().await?;
            let called = conn.batch(readers::NOTIFY).await;
            called.map_err(Failure::into_store_error)?;
        }
        Ok(peers)
    }

    async fn called(&self) {
        self.runner.called.notified().await;
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.runner.look((), |conn, ()| clock(conn).boxed()).await
    }
}

/// How long another node has it yet; `None` if none has.
async fn elsewhere(conn: &Conn, claim: &LeaseClaim) -> Outcome<Option<Duration>> {
    one(
        conn,
        "leases",
        concat!(
            "SELECT duty, until - ",
            now!(),
            " FROM leases WHERE duty = $1 AND holder <> $2 AND until > ",
            now!(),
            " AND until <= ",
            now!(),
            " + $3"
        ),
        params![claim.duty.as_str(), claim.holder.as_str(), LONGEST_MS],
        |row| {
            let _duty: String = row.get("duty")?;
            let left: i64 = row.get("until")?;
            Ok(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
        },
    )
    .await
}

async fn take(tx: &Tx, claim: &LeaseClaim) -> Outcome<Lease> {
    let ttl = i64::try_from(claim.ttl.as_millis()).unwrap_or(LONGEST_MS);
    let taken = tx
        .execute(
            concat!(
                "INSERT INTO leases AS lease (duty, holder, until) VALUES ($1, $2, ",
                now!(),
                " + $3)
                 ON CONFLICT (duty) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE lease.holder = excluded.holder OR lease.until <= ",
                now!(),
                " OR lease.until > ",
                now!(),
                " + $4"
            ),
            params![claim.duty.as_str(), claim.holder.as_str(), ttl, LONGEST_MS],
        )
        .await?;
    if taken == 1 {
        return Ok(Lease::Held);
    }
    let left = elsewhere(tx, claim).await?.unwrap_or_default();
    Ok(Lease::Elsewhere { left })
}

async fn release(tx: &Tx, duty: Duty, holder: &str) -> Outcome<()> {
    tx.execute(
        "DELETE FROM leases WHERE duty = $1 AND holder = $2",
        params![duty.as_str(), holder],
    )
    .await
    .map(drop)
}

async fn clock(conn: &Conn) -> Outcome<Option<Timestamp>> {
    let sql = concat!("SELECT ", now!());
    one(conn, "", sql, &[], |row| row.time("clock_timestamp")).await
}
