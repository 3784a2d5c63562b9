//! What nodes tell each other of the log's readers: a row for each node, with its readers as JSON, which
//! nobody but another node reads.

use symbolon_core::{
    Timestamp,
    readers::ReaderName,
    store::{NodeReport, Peer, Peers, StoreError, Told, ToldReader},
};

use super::now;
use crate::postgres::{
    failure::{Failure, Outcome, inconsistent},
    query::{Columns, all, params},
    tx::Tx,
};

/// Wakes the other nodes.
pub(super) const NOTIFY: &str = "NOTIFY symbolon_nodes";

/// Milliseconds after which a node that said nothing is taken to be gone. It may have lost nothing but the
/// database and go on answering its readers, who accept by its old answers until their `max_staleness`
/// (30 s unless they set it) is over: until then nobody may think to know all of them.
const GONE_MS: i64 = 45_000;
/// Milliseconds after which nothing is left of a node that is gone.
const FORGOTTEN_MS: i64 = 3_600_000;

const SAY: &str = concat!(
    "INSERT INTO nodes AS node (id, seen, asks_until, told_at, told_as_of, readers)
     SELECT $1, clock.now, coalesce(clock.now + $2, 0), CASE WHEN $3 IS NULL THEN 0 ELSE clock.now END,
            coalesce($3, 0), coalesce($4, '[]')
     FROM (SELECT ",
    now!(),
    " AS now OFFSET 0) AS clock
     ON CONFLICT (id) DO UPDATE SET
         seen = excluded.seen,
         asks_until = CASE WHEN $2 IS NULL THEN node.asks_until ELSE excluded.asks_until END,
         told_at = CASE WHEN $3 IS NULL THEN node.told_at ELSE excluded.told_at END,
         told_as_of = CASE WHEN $3 IS NULL THEN node.told_as_of ELSE excluded.told_as_of END,
         readers = CASE WHEN $3 IS NULL THEN node.readers ELSE excluded.readers END"
);

const OTHERS: &str = concat!(
    "SELECT node.id, clock.now, node.asks_until > clock.now, clock.now - node.told_at, node.told_as_of,
            CASE WHEN $3 THEN node.readers ELSE '[]' END
     FROM (SELECT ",
    now!(),
    " AS now OFFSET 0) AS clock
     LEFT JOIN nodes AS node ON node.id <> $1 AND node.seen BETWEEN clock.now - $2 AND clock.now + $2"
);

const FORGET: &str = concat!(
    "DELETE FROM nodes WHERE seen < ",
    now!(),
    " - $1 OR seen > ",
    now!(),
    " + $1"
);

/// A reader as it is kept: client, instance, number of the last entry applied, milliseconds since then and
/// since the last poll, hash of the keys, software.
type Kept = (
    String,
    String,
    u64,
    i64,
    i64,
    Option<String>,
    Option<String>,
);

/// The verb.
pub(super) async fn share(tx: &Tx, report: &NodeReport) -> Outcome<Peers> {
    let node = report.node.as_str();
    let asks_for = report
        .asks_for
        .map(|time| i64::try_from(time.as_millis()).unwrap_or(GONE_MS));
    let as_of = report.tells.as_ref().map(|told| told.as_of.as_millis());
    let readers = match &report.tells {
        Some(told) => Some(keep(&told.readers)?),
        None => None,
    };
    tx.execute(SAY, params![node, asks_for, as_of, readers])
        .await?;
    if asks_for.is_none() && as_of.is_none() {
        tx.execute(FORGET, params![FORGOTTEN_MS]).await?;
    }
    let wants = asks_for.is_some();
    let rows = all(tx, "nodes", OTHERS, params![node, GONE_MS, wants], peer).await?;
    let now = rows.first().map(|(now, _)| *now);
    Ok(Peers {
        now: now.ok_or_else(|| Failure::from(inconsistent("nodes", "now", node)))?,
        others: rows.into_iter().filter_map(|(_, peer)| peer).collect(),
    })
}

/// What the clock shows, and another node if there is one.
fn peer(row: &mut Columns<'_>) -> Result<(Timestamp, Option<Peer>), StoreError> {
    let node: Option<String> = row.get("id")?;
    let now = row.time("now")?;
    if node.is_none() {
        return Ok((now, None));
    }
    let peer = Peer {
        asks: row.get("asks_until")?,
        told_ms: row.get("told_at")?,
        told: Told {
            as_of: row.time("told_as_of")?,
            readers: row.get_as("readers", found)?,
        },
    };
    Ok((now, Some(peer)))
}

fn keep(readers: &[ToldReader]) -> Outcome<String> {
    let kept = |one: &ToldReader| -> Kept {
        (
            one.name.client.as_str().to_owned(),
            one.name.instance.as_str().to_owned(),
            one.applied,
            one.applied_ms,
            one.silent_ms,
            one.jwks.map(|hash| hash.to_string()),
            one.software.as_deref().map(str::to_owned),
        )
    };
    let kept: Vec<Kept> = readers.iter().map(kept).collect();
    serde_json::to_string(&kept).map_err(|error| inconsistent("nodes", "readers", error).into())
}

fn found(readers: &str) -> Option<Vec<ToldReader>> {
    let kept: Vec<Kept> = serde_json::from_str(readers).ok()?;
    let reader = |(client, instance, applied, applied_ms, silent_ms, jwks, software): Kept| {
        Some(ToldReader {
            name: ReaderName {
                client: client.parse().ok()?,
                instance: instance.try_into().ok()?,
            },
            applied,
            applied_ms,
            silent_ms,
            jwks: match jwks {
                Some(hash) => Some(hash.parse().ok()?),
                None => None,
            },
            software: software.map(Into::into),
        })
    };
    kept.into_iter().map(reader).collect()
}
