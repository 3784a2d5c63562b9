//! What deleted rows leave in the files: copies in free space, and in the write-ahead log.
//!
//! Every connection that writes has `secure_delete`, so a deleted row is overwritten where it stood.
//! When SQLite splits and merges pages it copies rows, though, and leaves the copies; only writing
//! the whole file anew is sure to leave none. `meta.traces` says what is still to be done: 1 both, 2 only
//! to empty the write-ahead log, since somebody read it when the file had been written.

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
/// the log; then the traces are still there, but the next try need not write the file again.
pub(super) fn remove(conn: &Connection) -> Outcome<()> {
    if exists(conn, "SELECT 1 FROM meta WHERE traces = 1", [])? {
        rewrite(conn)?;
        execute(conn, "UPDATE meta SET traces = 2", [])?;
    }
    let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        let reading = "somebody reads the database, so its write-ahead log cannot be emptied";
        return Err(StoreError::Unavailable(reading.to_owned()).into());
    }
    execute(conn, "UPDATE meta SET traces = 0", []).map(drop)
}

fn rewrite(conn: &Connection) -> Outcome<()> {
    let size: i64 = conn.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0),
    )?;
    if size > IN_MEMORY {
        return in_file(conn);
    }
    Ok(conn.execute_batch("VACUUM")?)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, path::PathBuf, time::Duration};

    use tempfile::TempDir;

    use super::*;
    use crate::sqlite::connection;

    fn database() -> (TempDir, PathBuf, Connection) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.db");
        File::create(&path).unwrap();
        let conn = connection::open_for_writing(&path, Duration::ZERO).unwrap();
        connection::make_durable(&conn).unwrap();
        conn.execute_batch(
            "CREATE TABLE meta (traces INTEGER NOT NULL);
             INSERT INTO meta VALUES (1);
             CREATE TABLE much (x BLOB NOT NULL);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
             INSERT INTO much SELECT randomblob(4000) FROM n;",
        )
        .unwrap();
        (dir, path, conn)
    }

    fn number(conn: &Connection, sql: &str) -> i64 {
        conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Whether a file in the directory that is not the database's was written while `work` was done. It
    /// may have no name that anybody could look for.
    #[cfg(target_os = "linux")]
    fn writes_another_file(dir: &TempDir, work: impl FnOnce()) -> bool {
        use rustix::{fs::inotify, io::Errno};

        let events = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&events, dir.path(), inotify::WatchFlags::MODIFY).unwrap();
        work();
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(events, &mut buffer);
        loop {
            match events.next() {
                Ok(event) => {
                    let name = event.file_name().unwrap().to_str().unwrap();
                    if !name.starts_with("test.db") {
                        return true;
                    }
                }
                Err(Errno::WOULDBLOCK) => return false,
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_too_large_for_memory_is_written_anew_beside_the_database() {
        let (dir, _, conn) = database();
        // Less than the table, so that SQLite cannot keep all of it back.
        conn.execute_batch("PRAGMA cache_size = 10").unwrap();
        assert!(!writes_another_file(&dir, || rewrite(&conn).unwrap()));
        assert!(writes_another_file(&dir, || in_file(&conn).unwrap()));
        let memory = number(&conn, "PRAGMA temp_store");
        assert_eq!(memory, 2, "only for as long as it takes");
    }

    #[test]
    fn a_reader_in_the_way_does_not_have_the_file_written_twice() {
        let (_dir, path, conn) = database();
        let reader = connection::open_for_reading(&path, Duration::ZERO).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        number(&reader, "SELECT count(*) FROM much");
        let delete = "DELETE FROM much WHERE rowid % 2 = 0";
        conn.execute_batch(delete).unwrap();
        assert!(remove(&conn).is_err());
        assert!(are_left(&conn).unwrap());
        assert_eq!(number(&conn, "PRAGMA freelist_count"), 0);
        reader.execute_batch("ROLLBACK").unwrap();
        // Free space of which nothing says that it must go.
        conn.execute_batch("DELETE FROM much").unwrap();
        let free = number(&conn, "PRAGMA freelist_count");
        assert!(free > 0);
        remove(&conn).unwrap();
        assert!(!are_left(&conn).unwrap());
        assert_eq!(number(&conn, "PRAGMA freelist_count"), free);
        let log = path.with_extension("db-wal").metadata().unwrap();
        assert!(log.len() < 64 * 1024, "{} bytes", log.len());
        // Somebody else is erased.
        conn.execute_batch("UPDATE meta SET traces = 1").unwrap();
        remove(&conn).unwrap();
        assert_eq!(number(&conn, "PRAGMA freelist_count"), 0);
    }
}
