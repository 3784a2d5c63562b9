//! The schema's migrations, numbered and embedded, and the refusal of files that are not ours.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use symbolon_core::{Entropy, entropy::EntropyExt};

use super::open::OpenError;

/// `SYMB`: says in the file's header whose it is.
const APPLICATION_ID: i32 = 0x5359_4D42;

struct Migration {
    version: u32,
    /// The oldest schema version whose release still works on the result.
    oldest_compatible: u32,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    oldest_compatible: 1,
    sql: include_str!("migrations/0001_initial.sql"),
}];

/// Makes a new database's tables, brings an older one's up to date, and refuses what this release
/// cannot work on. Changes nothing in a file that it refuses.
pub(super) fn prepare(conn: &Connection, entropy: &dyn Entropy) -> Result<(), OpenError> {
    let current = match inspect(conn)? {
        Found::Empty => 0,
        Found::Schema {
            version,
            oldest_compatible,
        } => compatible(version, oldest_compatible)?,
    };
    let mode = super::connection::make_durable(conn)?;
    if mode != "wal" {
        return Err(OpenError::NoWriteAheadLog { mode });
    }
    let pending: Vec<&Migration> = MIGRATIONS
        .iter()
        .filter(|migration| migration.version > current)
        .collect();
    if pending.is_empty() {
        return Ok(());
    }
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let migrated = migrate(conn, entropy, current, &pending);
    conn.execute_batch(if migrated.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    Ok(migrated?)
}

/// The schema's version, of a database that this release can work on. Changes nothing.
pub(super) fn check(conn: &Connection) -> Result<u32, OpenError> {
    match inspect(conn)? {
        Found::Empty => Err(OpenError::NotSymbolon),
        Found::Schema {
            version,
            oldest_compatible,
        } => compatible(version, oldest_compatible),
    }
}

/// Refuses the target of a copy that was interrupted: part of what was ended may be alive in it.
pub(super) fn refuse_unfinished(conn: &Connection) -> Result<(), OpenError> {
    let sql = "SELECT copying IS NOT NULL FROM meta";
    if conn.query_row(sql, [], |row| row.get(0))? {
        return Err(OpenError::Unfinished);
    }
    Ok(())
}

/// In what the tables and indexes are not those that this release makes, in words. What others have
/// added is not looked at, nor is a newer release's schema.
pub(super) fn differences(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let version: u32 = conn.query_row("SELECT schema_version FROM meta", [], |row| row.get(0))?;
    if version != newest() {
        return Ok(Vec::new());
    }
    let fresh = Connection::open_in_memory()?;
    for migration in MIGRATIONS {
        fresh.execute_batch(migration.sql)?;
    }
    let found = objects(conn)?;
    let differs = objects(&fresh)?.into_iter().filter_map(|(name, sql)| {
        let problem = match found.get(&name) {
            Some(found) if *found == sql => return None,
            Some(_) => "is not as it was made",
            None => "is not there",
        };
        Some(format!("in the schema, {name} {problem}"))
    });
    Ok(differs.collect())
}

/// Tables and indexes with the statements that make them.
fn objects(conn: &Connection) -> rusqlite::Result<BTreeMap<String, Option<String>>> {
    let mut objects = conn.prepare("SELECT type || ' ' || name, sql FROM sqlite_schema")?;
    objects
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn compatible(version: u32, oldest_compatible: u32) -> Result<u32, OpenError> {
    let known = newest();
    if oldest_compatible > known {
        return Err(OpenError::TooNew {
            version,
            oldest_compatible,
            known,
        });
    }
    Ok(version)
}

/// The newest schema version that this release knows.
pub(super) fn newest() -> u32 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

enum Found {
    Empty,
    Schema {
        version: u32,
        oldest_compatible: u32,
    },
}

fn inspect(conn: &Connection) -> Result<Found, OpenError> {
    let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application == APPLICATION_ID {
        return conn
            .query_row(
                "SELECT schema_version, oldest_compatible FROM meta",
                [],
                |row| {
                    Ok(Found::Schema {
                        version: row.get(0)?,
                        oldest_compatible: row.get(1)?,
                    })
                },
            )
            .optional()?
            .ok_or(OpenError::NotSymbolon);
    }
    let objects: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && objects == 0 {
        Ok(Found::Empty)
    } else {
        Err(OpenError::NotSymbolon)
    }
}

fn migrate(
    conn: &Connection,
    entropy: &dyn Entropy,
    current: u32,
    pending: &[&Migration],
) -> rusqlite::Result<()> {
    for migration in pending {
        conn.execute_batch(migration.sql)?;
    }
    let Some(last) = pending.last() else {
        return Ok(());
    };
    if current == 0 {
        conn.pragma_update(None, "application_id", APPLICATION_ID)?;
        conn.execute(
            "INSERT INTO meta (id, schema_version, oldest_compatible, epoch, log_origin)
             VALUES (1, ?1, ?2, lower(hex(?3)), ?4)",
            params![
                last.version,
                last.oldest_compatible,
                entropy.bytes::<16>(),
                entropy.bytes::<16>()
            ],
        )?;
    } else {
        conn.execute(
            "UPDATE meta SET schema_version = ?1, oldest_compatible = ?2",
            params![last.version, last.oldest_compatible],
        )?;
    }
    Ok(())
}
