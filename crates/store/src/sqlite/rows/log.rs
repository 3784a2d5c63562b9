//! Entries of the revocation log.

use symbolon_core::{model::Revocation, store::StoreError};
use symbolon_protocol::{EndReason, Entry, Kind, Mark, RevocationId};

use crate::{
    bulk::{Row, Value},
    sqlite::query::Columns,
};

/// Columns: seq, mark, kind, id, below, reason, revoked_at_secs, until_secs, sum.
pub(in crate::sqlite) fn revocation(row: &mut Columns<'_>) -> Result<Revocation, StoreError> {
    let seq = row.get_as("seq", |number: i64| u64::try_from(number).ok())?;
    let mark = Mark(row.get("mark")?);
    let revocation = Revocation {
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
    };
    match row.get::<Option<i64>>("sum")? {
        Some(known) if known != sum(&revocation) => Err(row.wrong("sum")),
        _ => Ok(revocation),
    }
}

/// An entry from a row's values in bulk.
pub(in crate::sqlite) fn from_values(row: &Row) -> Option<Revocation> {
    let [seq, mark, kind_name, id, below, reason, revoked_at, until] = &row.0[..] else {
        return None;
    };
    let bytes = |value: &Value| match value {
        Value::Bytes(bytes) => <[u8; 16]>::try_from(bytes.as_slice()).ok(),
        _ => None,
    };
    let number = |value: &Value| match value {
        Value::Null => Some(None),
        Value::Integer(number) => Some(Some(*number)),
        _ => None,
    };
    let (Value::Text(kind_name), Value::Text(reason)) = (kind_name, reason) else {
        return None;
    };
    let below = match number(below)? {
        Some(below) => Some(u32::try_from(below).ok()?),
        None => None,
    };
    Some(Revocation {
        entry: Entry {
            seq: u64::try_from(number(seq)??).ok()?,
            kind: kind(kind_name)?,
            id: RevocationId(bytes(id)?),
            below,
            reason: EndReason::from_name(reason)?,
            revoked_at: number(revoked_at)??,
            until: number(until)?,
        },
        mark: Mark(bytes(mark)?),
    })
}

/// FNV-1a: no bit and no byte can change without changing it. Against chance, not against people.
pub(in crate::sqlite) fn sum(revocation: &Revocation) -> i64 {
    let Revocation { entry, mark } = revocation;
    let optional = |number: Option<i64>| number.map_or([0; 9], |number| with_tag(1, number));
    let mut sum = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    };
    add(&entry.seq.to_be_bytes());
    add(&mark.0);
    add(entry.kind.as_str().as_bytes());
    add(&entry.id.0);
    add(&optional(entry.below.map(i64::from)));
    add(entry.reason.as_str().as_bytes());
    add(&entry.revoked_at.to_be_bytes());
    add(&optional(entry.until));
    sum.cast_signed()
}

fn with_tag(tag: u8, number: i64) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    [tag, a, b, c, d, e, f, g, h]
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
