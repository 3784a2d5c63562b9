//! Entries of the revocation log.

use symbolon_core::{model::Revocation, store::StoreError};
use symbolon_protocol::{EndReason, Entry, Kind, Mark, RevocationId};

use crate::sqlite::query::Columns;

/// Columns: seq, mark, kind, id, below, reason, revoked_at_secs, until_secs.
pub(in crate::sqlite) fn revocation(row: &mut Columns<'_>) -> Result<Revocation, StoreError> {
    let seq = row.get_as("seq", |number: i64| u64::try_from(number).ok())?;
    let mark = Mark(row.get("mark")?);
    Ok(Revocation {
        entry: Entry {
            seq,
            kind: row.get_as("kind", |name: String| kind(&name))?,
            id: RevocationId(row.get("id")?),
            below: row.get("below")?,
            reason: row.get_as("reason", |name: String| EndReason::from_name(&name))?,
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
