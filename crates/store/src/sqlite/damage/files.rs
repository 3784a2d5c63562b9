//! The database file and what lies beside it, before SQLite touches them.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    index,
    wal::{self, Found, Log},
};
use crate::sqlite::OpenError;

/// Bytes of the database file's header.
const HEADER: usize = 100;

/// How the last process left the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sqlite) enum Left {
    /// Closed: everything is in one file.
    Closed,
    /// Killed, or still in use.
    Open,
}

/// A file that SQLite has beside the database.
pub(in crate::sqlite) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Looks at the files of a database that is there or not.
///
/// # Errors
/// [`OpenError::Damaged`] if something of them is missing, [`OpenError::File`] if they cannot be read.
pub(in crate::sqlite) fn look_at(path: &Path) -> Result<Left, OpenError> {
    let log_path = beside(path, "-wal");
    let log = wal::read(&log_path).map_err(unreadable(&log_path))?;
    let log = match log {
        Found::Damage(found) => return Err(damaged(&log_path, found)),
        Found::Nothing => None,
        Found::Log(log) => Some(log),
    };
    if let Some(log) = &log {
        all_that_was_committed(path, &log_path, log)?;
    }
    let Some((len, header)) = read_header(path).map_err(unreadable(path))? else {
        return match log {
            None => Ok(Left::Closed),
            Some(_) => Err(damaged(path, "it is gone, and its write-ahead log is not")),
        };
    };
    all_pages(path, len, &header, log.as_ref())?;
    match log {
        None => Ok(Left::Closed),
        Some(_) => Ok(Left::Open),
    }
}

fn damaged(path: &Path, found: impl Into<String>) -> OpenError {
    let found = found.into();
    OpenError::Damaged(format!("{}: {found}", path.display()))
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_path_buf();
    move |source| OpenError::File { path, source }
}

/// The log has every frame that its index has seen committed.
fn all_that_was_committed(path: &Path, log_path: &Path, log: &Log) -> Result<(), OpenError> {
    match index::read(&beside(path, "-shm")) {
        Some(seen) if seen.salts == log.salts && seen.frames > log.committed => {
            let found = format!(
                "{} frames had been committed, of which {} are left",
                seen.frames, log.committed
            );
            Err(damaged(log_path, found))
        }
        _ => Ok(()),
    }
}

/// The file's size and its first bytes; `None` if it is not there.
fn read_header(path: &Path) -> io::Result<Option<(u64, [u8; HEADER])>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let len = file.metadata()?.len();
    let mut header = [0; HEADER];
    // One that is shorter is told from a database by its size.
    let read = usize::try_from(len).map_or(HEADER, |len| len.min(HEADER));
    if let Some(start) = header.get_mut(..read) {
        file.read_exact(start)?;
    }
    Ok(Some((len, header)))
}

/// Each page of the database is in the file or in the log.
fn all_pages(
    path: &Path,
    len: u64,
    header: &[u8; HEADER],
    log: Option<&Log>,
) -> Result<(), OpenError> {
    if len == 0 {
        // One that is made is given its name when it has its tables.
        return Err(damaged(path, "it is empty"));
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Ok(());
    }
    let page_size = match header.get(16..).and_then(<[u8]>::first_chunk) {
        Some([0, 1]) => 65536,
        Some(size) => u64::from(u16::from_be_bytes(*size)),
        None => 0,
    };
    let Some(in_file) = len.checked_div(page_size) else {
        return Err(damaged(path, "its header gives its pages no size"));
    };
    let (pages, written) = match log {
        Some(log) if log.committed > 0 => (log.pages, Some(&log.written)),
        _ => (wal::word(header, 28), None),
    };
    let in_log = |page: u32| written.is_some_and(|written| written.contains(&page));
    let first = u32::try_from(in_file).unwrap_or(u32::MAX).saturating_add(1);
    match (first..=pages).find(|page| !in_log(*page)) {
        None => Ok(()),
        Some(page) => {
            let found =
                format!("page {page} of {pages} is missing: the file ends after {len} bytes");
            Err(damaged(path, found))
        }
    }
}
