//! What the index of the write-ahead log (`-shm`) remembers of it.
//!
//! It is memory that is mapped from a file. When a process is killed it says how many frames had been
//! committed; after a loss of power it may say how many there were a while before, or nothing that
//! makes sense. It is never ahead: SQLite counts a frame when it has been synced.

use std::{fs::File, io::Read as _, path::Path};

use super::wal::{Order, Sum};

/// Bytes of one copy of its header, of which there are two.
const COPY: usize = 48;
/// Where in it its own checksum is.
const CHECKED: usize = 40;

/// What it remembers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    /// Of which log.
    pub(super) salts: [u8; 8],
    /// How many frames of it.
    pub(super) frames: u32,
}

/// `None` if it is not there or not trustworthy.
pub(super) fn read(path: &Path) -> Option<Remembered> {
    let mut bytes = [0; 2 * COPY];
    File::open(path).ok()?.read_exact(&mut bytes).ok()?;
    remembered(&bytes)
}

fn remembered(bytes: &[u8; 2 * COPY]) -> Option<Remembered> {
    let (one, other) = bytes.split_at(COPY);
    // It is in the machine's own byte order.
    let word = |at: usize| {
        let word = one.get(at..)?.first_chunk()?;
        Some(u32::from_ne_bytes(*word))
    };
    let order = match cfg!(target_endian = "big") {
        true => Order::Big,
        false => Order::Little,
    };
    let is_set = one.get(12) == Some(&1);
    let sum = Sum::default().and(order, one.get(..CHECKED)?);
    let is_right = is_set && one == other && sum == Sum(word(CHECKED)?, word(CHECKED + 4)?);
    is_right.then_some(Remembered {
        salts: *one.get(32..)?.first_chunk()?,
        frames: word(16)?,
    })
}
