//! Entries of the revocation log.

use symbolon_core::{model::Revocation, store::StoreError};
use symbolon_protocol::{EndReason, Entry, Kind, Mark, RevocationId};

use crate::postgres::query::Columns;

/// Columns: seq, mark, kind, id, below, reason, revoked_at_secs, until_secs.
pub(in crate::postgres) fn revocation(row: &mut Columns<'_>) -> Result<Revocation, StoreError> {
    let seq = row.number("seq")?;
    let mark = Mark(row.bytes("mark")?);
    Ok(Revocation {
        entry: Entry {
            seq,
            kind: row.get_as("kind", kind)?,
            id: RevocationId(row.bytes("id")?),
            below: row.get_as("below", |number: Option<i64>| {
                number
                    .map(|number| u32::try_from(number).ok())
                    .map_or(Some(None), |below| below.map(Some))
            })?,
            reason: row.get_as("reason", EndReason::from_name)?,
            revoked_at: row.get("revoked_at_secs")?,
            until: row.get("until_secs")?,
        },
        mark,
    })
}

fn kind(name: &str) -> Option<Kind> {
    [
        Kind::Session,
        Kind::Grant,
        Kind::Token,
        Kind::Client,
        Kind::Key,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == name)
}
