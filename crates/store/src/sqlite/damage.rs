//! Whether a database is whole.
//!
//! SQLite believes its files. It takes a write-ahead log as far as it is right and drops the rest, and
//! finds a damaged page when somebody reads it, if it contradicts itself at all. Here it is asked before
//! the server works on it, as thoroughly as a start has time for, and whole by `symbolon store check`.
//!
//! The one thing that must not be broken: files in which something is missing are refused before SQLite
//! opens them. Opening is what makes the loss final: it forgets what the log's index remembers.

mod files;
mod index;
mod inside;
mod noted;
mod wal;

use std::{fs::File, path::Path, time::Duration};

pub(super) use self::{
    files::{Left, beside, look_at},
    inside::check_at_start,
    noted::Noted,
};
use super::{OpenError, connection, log, schema};

/// How long to wait for a lock. Reading takes one for the moment of opening at most.
const BUSY: Duration = Duration::from_secs(5);

/// Entries of the revocation log that are read at once.
const ENTRIES: u32 = 1000;

/// Everything that can be found wrong with a database, in words; nothing if all is well. Changes
/// nothing in it. `in_use`: a server works on it, so its files change while they are looked at, and
/// only their content is checked.
///
/// # Errors
/// If it cannot be read or is none that this release can work on.
pub fn check(path: &Path, in_use: bool) -> Result<Vec<String>, OpenError> {
    let looked = match in_use {
        true => Ok(Left::Open),
        false => look_at(path),
    };
    match looked.and_then(|_| contents(path)) {
        Err(OpenError::Damaged(found)) => Ok(vec![found]),
        other => other,
    }
}

fn contents(path: &Path) -> Result<Vec<String>, OpenError> {
    File::open(path).map_err(|source| OpenError::File {
        path: path.to_path_buf(),
        source,
    })?;
    let conn = connection::open_for_reading(path, BUSY)?;
    schema::check(&conn)?;
    let mut findings = inside::check_all(&conn)?;
    let mut after = 0;
    loop {
        match log::entries_after(&conn, after, ENTRIES) {
            Ok(entries) => match entries.last() {
                Some(last) => after = last.entry.seq,
                None => return Ok(findings),
            },
            Err(failure) => {
                findings.push(failure.into_store_error().to_string());
                return Ok(findings);
            }
        }
    }
}
