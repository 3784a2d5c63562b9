//! Revoked ids, as many as are wanted, without keeping a list of them.

use symbolon_core::model::Revocation;
use symbolon_protocol::{EndReason, Entry, Kind, Mark, RevocationId};

/// The id of this number: all bits depend on all bits (the finaliser of SplitMix64, twice).
pub(super) fn id(number: u64) -> RevocationId {
    let mut bytes = [0; 16];
    let (low, high) = bytes.split_at_mut(8);
    low.copy_from_slice(&mixed(number).to_le_bytes());
    high.copy_from_slice(&mixed(!number).to_le_bytes());
    RevocationId(bytes)
}

const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The entry of this number: an ended session.
pub(super) fn entry(number: u64, until: i64) -> Entry {
    Entry {
        seq: number + 1,
        kind: Kind::Session,
        id: id(number),
        below: None,
        reason: EndReason::Logout,
        revoked_at: until - 600,
        until: Some(until),
    }
}

/// The log of so many ended sessions, as a store would tell it.
pub(super) fn log(count: u64, until: i64) -> Vec<Revocation> {
    let revocation = |number| {
        let entry = entry(number, until);
        let mark = Mark(id(number ^ (1 << 63)).0);
        Revocation { entry, mark }
    };
    (0..count).map(revocation).collect()
}
