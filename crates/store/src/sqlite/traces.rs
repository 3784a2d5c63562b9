//! What deleted rows leave in the files: copies in free space, and in the write-ahead log.
//!
//! Every connection that writes has `secure_delete`, so a deleted row is overwritten where it stood.
//! When SQLite splits and merges pages it copies rows, though, and leaves the copies; only writing
//! the whole file anew is sure to leave none.

use std::path::Path;

use rusqlite::Connection;
use symbolon_core::store::StoreError;

use super::{
    failure::Outcome,
    query::{execute, exists},
};

/// Up to this size the new file is made in memory, in bytes; beyond it in a temporary file.
const IN_MEMORY: i64 = 256 * 1024 * 1024;

/// Whether something was erased since the file was last written anew.
pub(super) fn are_left(conn: &Connection) -> Outcome<bool> {
    exists(conn, "SELECT 1 FROM meta WHERE traces <> 0", [])
}

/// By way of a temporary file beside the database, where nobody else may look and where there is
/// room; the system's own place for such files may be neither, or read-only.
fn in_file(conn: &Connection) -> Outcome<()> {
    let directory = conn.path().map(Path::new).and_then(Path::parent);
    let directory = directory.and_then(Path::to_str).unwrap_or_default();
    // One for the process, whose other connections all keep temporary things in memory.
    conn.pragma_update(None, "temp_store_directory", directory)?;
    conn.execute_batch("PRAGMA temp_store = FILE")?;
    let done = conn.execute_batch("VACUUM");
    conn.execute_batch("PRAGMA temp_store = MEMORY")?;
    Ok(done?)
}

/// Writes the file anew without its free space and empties the write-ahead log. Nothing else can be
/// written meanwhile. Whoever reads from outside for longer than the busy timeout is in the way of
/// the log; then the traces are still there.
pub(super) fn remove(conn: &Connection) -> Outcome<()> {
    let size: i64 = conn.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0),
    )?;
    if size > IN_MEMORY {
        in_file(conn)?;
    } else {
        conn.execute_batch("VACUUM")?;
    }
    let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        let reading = "somebody reads the database, so its write-ahead log cannot be emptied";
        return Err(StoreError::Unavailable(reading.to_owned()).into());
    }
    execute(conn, "UPDATE meta SET traces = 0", []).map(drop)
}
