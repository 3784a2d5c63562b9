//! What a database holds, by SQLite's own checks.

use rusqlite::Connection;

use super::files::Left;
use crate::sqlite::{OpenError, schema};

/// Up to this size everything is checked at each start, in bytes: 22 ms a MiB.
const WHOLE: i64 = 2 * 1024 * 1024;
/// Up to this size the pages' structure is checked, if the last process did not close the database:
/// 6 to 17 ms a MiB.
const STRUCTURE: i64 = 32 * 1024 * 1024;

/// Checks as much as a start has time for: see `docs/decisions/damaged-databases.md`.
pub(in crate::sqlite) fn check_at_start(conn: &Connection, left: Left) -> Result<(), OpenError> {
    if let Some(found) = schema::differences(conn)?.into_iter().next() {
        return Err(OpenError::Damaged(found));
    }
    let size: i64 = conn.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0),
    )?;
    let check = if size <= WHOLE {
        "PRAGMA integrity_check(1)"
    } else if left == Left::Open && size <= STRUCTURE {
        "PRAGMA quick_check(1)"
    } else {
        return Ok(());
    };
    let found: String = conn.query_row(check, [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    Err(OpenError::Damaged(found))
}

/// Everything that is wrong, at most a hundred things of a kind; nothing if all is well. Reads each
/// page, some of them often: 20 to 70 ms a MiB.
pub(super) fn check_all(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut findings = schema::differences(conn)?;
    let mut check = conn.prepare("PRAGMA integrity_check(100)")?;
    let found = check.query_map([], |row| row.get::<_, String>(0))?;
    for line in found {
        findings.extend(Some(line?).filter(|line| line != "ok"));
    }
    let mut check =
        conn.prepare("SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 100")?;
    let found = check.query_map([], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!(
            "a row of {table} names one of {parent} that is not there"
        ))
    })?;
    for line in found {
        findings.push(line?);
    }
    Ok(findings)
}
