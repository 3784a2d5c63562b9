//! Opening connections, and the settings that each must have.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Result, config::DbConfig};

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 256;

/// A connection that writes, not yet trusted: nothing was asked of the file so far.
pub(super) fn open_for_writing(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    prepare(&conn, busy_timeout)?;
    Ok(conn)
}

/// Makes a connection's commits durable: write-ahead log, synced at every commit, and what is
/// deleted overwritten. Answers the journal mode that the file really has.
pub(super) fn make_durable(conn: &Connection) -> Result<String> {
    let mode = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    conn.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA secure_delete = FAST;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -8192;",
    )?;
    Ok(mode)
}

/// A connection that can only read the file, and write copies of it.
pub(super) fn open_for_copying(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    prepare(&conn, busy_timeout)?;
    // What is copied must be on the disk before it is said to be.
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;")?;
    Ok(conn)
}

/// A connection that can only read.
pub(super) fn open_for_reading(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    prepare(&conn, busy_timeout)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048;")?;
    Ok(conn)
}

fn prepare(conn: &Connection, busy_timeout: Duration) -> Result<()> {
    conn.busy_timeout(busy_timeout)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans do not depend on parameters. Otherwise SQLite compiles a statement anew whenever a
    // parameter that its plan looked at is bound, which costs more than running it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;",
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;
    use tempfile::TempDir;

    use super::*;

    fn writing() -> (TempDir, Connection) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.db");
        std::fs::File::create(&path).unwrap();
        let conn = open_for_writing(&path, Duration::ZERO).unwrap();
        assert_eq!(make_durable(&conn).unwrap(), "wal");
        (dir, conn)
    }

    fn setting(conn: &Connection, pragma: &str) -> i64 {
        conn.pragma_query_value(None, pragma, |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn commits_are_synced_and_references_checked() {
        let (_dir, conn) = writing();
        // 2 is FULL.
        assert_eq!(setting(&conn, "synchronous"), 2);
        assert_eq!(setting(&conn, "foreign_keys"), 1);
    }

    #[test]
    fn a_reader_cannot_write() {
        let (dir, conn) = writing();
        conn.execute_batch("CREATE TABLE t (x)").unwrap();
        let reader = open_for_reading(&dir.path().join("test.db"), Duration::ZERO).unwrap();
        assert!(reader.execute("INSERT INTO t VALUES (1)", []).is_err());
        assert_eq!(setting(&reader, "query_only"), 1);
    }

    #[test]
    fn a_cached_statement_is_compiled_once() {
        let (_dir, conn) = writing();
        conn.execute_batch(include_str!("migrations/0001_initial.sql"))
            .unwrap();
        // With two indexes to choose from and an order, the choice could look at the parameter.
        let sql = "SELECT name FROM roles WHERE account = ?1 ORDER BY scope_kind, scope_id";
        for id in 0..5_u8 {
            let mut statement = conn.prepare_cached(sql).unwrap();
            assert!(!statement.exists([[id; 16]]).unwrap());
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
