//! The schema's migrations, numbered and embedded, and the refusal of databases that are not ours.
//!
//! All pending ones run in one transaction under an advisory lock: of ten nodes that start at once
//! one migrates, and the others find it done. Nodes of the release before go on working meanwhile: a
//! migration that would make them wait for longer than a moment, or that meets one of their transactions
//! the wrong way round, is taken back and tried again.

use std::time::Duration;

use symbolon_core::{Entropy, entropy::EntropyExt};
use tokio_postgres::{Client, error::SqlState};

use super::{
    connector::Connector,
    open::{OpenError, connect},
    options::PostgresOptions,
    query::params,
};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The schema's version after it.
    pub version: u32,
    /// The oldest schema version whose release still works on the result.
    pub oldest_compatible: u32,
    /// Its statements.
    pub sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    oldest_compatible: 1,
    sql: include_str!("migrations/0001_initial.sql"),
}];

/// How long a statement of a migration waits for a lock. Whoever comes after it waits as long, so it is
/// less than what a verb may take.
const LOCK_LIMIT: Duration = Duration::from_millis(500);
/// How often a migration is tried while others are in its way, and the pause between.
const ATTEMPTS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(250);

/// The oldest PostgreSQL that has what the schema uses.
const OLDEST_SERVER: u32 = 13;

/// How a database's schema stands to this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// The schema's version; 0 when the database is empty.
    pub version: u32,
    /// The newest version that this release knows.
    pub known: u32,
}

impl SchemaState {
    /// Whether migrations are to be run before this release can work on it.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        self.version < self.known
    }
}

/// How the schema of a database stands. Changes nothing.
///
/// # Errors
/// When the database cannot be reached or is not one that this release can work on.
pub async fn check(options: &PostgresOptions) -> Result<SchemaState, OpenError> {
    let (client, _pump) = connect(&Connector::new(options)?).await?;
    inspect(&client).await
}

/// Runs the migrations that are pending; answers how the schema stood before.
///
/// # Errors
/// When the database cannot be reached or is not one that this release can work on. Nothing is then
/// half-done.
pub async fn migrate(
    options: &PostgresOptions,
    entropy: &dyn Entropy,
) -> Result<SchemaState, OpenError> {
    migrate_with(options, entropy, &[]).await
}

/// What [`migrate`] of a newer release does that has further migrations. For tests of upgrades: this
/// release goes on working on the result, or is refused, as it would then.
///
/// # Errors
/// As of [`migrate`].
pub async fn migrate_with(
    options: &PostgresOptions,
    entropy: &dyn Entropy,
    newer: &[Migration],
) -> Result<SchemaState, OpenError> {
    let (client, _pump) = connect(&Connector::new(options)?).await?;
    let all: Vec<_> = MIGRATIONS.iter().chain(newer).copied().collect();
    run(&client, entropy, &all).await
}

/// Makes a new database's tables, brings an older one's up to date, and refuses what this release
/// cannot work on. Answers how it stood before.
pub(super) async fn prepare(
    client: &Client,
    entropy: &dyn Entropy,
) -> Result<SchemaState, OpenError> {
    run(client, entropy, MIGRATIONS).await
}

async fn run(
    client: &Client,
    entropy: &dyn Entropy,
    all: &[Migration],
) -> Result<SchemaState, OpenError> {
    let mut attempt = 1;
    loop {
        let before = inspect_for(client, all).await?;
        if !before.is_pending() {
            return Ok(before);
        }
        match in_transaction(client, entropy, all).await {
            Err(Failed::InTheWay(error)) if attempt < ATTEMPTS => {
                tracing::info!(%error, "the migration waits for transactions of nodes that run");
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(Failed::InTheWay(error)) => return Err(error.into()),
            Err(Failed::Otherwise(error)) => return Err(error),
            Ok(before) => return Ok(before),
        }
    }
}

/// Why a migration was taken back.
enum Failed {
    /// A transaction of a node that runs was in its way.
    InTheWay(tokio_postgres::Error),
    Otherwise(OpenError),
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        Self::Otherwise(error)
    }
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED) => {
                Self::InTheWay(error)
            }
            _ => Self::Otherwise(error.into()),
        }
    }
}

async fn in_transaction(
    client: &Client,
    entropy: &dyn Entropy,
    all: &[Migration],
) -> Result<SchemaState, Failed> {
    client
        .batch_execute(
            "BEGIN ISOLATION LEVEL READ COMMITTED;
             SET LOCAL lock_timeout = 0;
             SET LOCAL statement_timeout = 0;
             SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .await?;
    let migrated = under_lock(client, entropy, all).await;
    let end = if migrated.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended = client.batch_execute(end).await;
    let before = migrated?;
    ended?;
    Ok(before)
}

async fn under_lock(
    client: &Client,
    entropy: &dyn Entropy,
    all: &[Migration],
) -> Result<SchemaState, Failed> {
    client
        .batch_execute("SELECT pg_advisory_xact_lock(5351485, 0)")
        .await?;
    // Another node may have done it meanwhile.
    let before = inspect_for(client, all).await?;
    let limit = format!("SET LOCAL lock_timeout = {}", LOCK_LIMIT.as_millis());
    client.batch_execute(&limit).await?;
    let pending = all.iter().filter(|one| one.version > before.version);
    for migration in pending.clone() {
        client.batch_execute(migration.sql).await?;
    }
    let Some(last) = pending.max_by_key(|one| one.version) else {
        return Ok(before);
    };
    let (version, oldest) = (i64::from(last.version), i64::from(last.oldest_compatible));
    if before.version == 0 {
        let marks = (entropy.bytes::<16>(), entropy.bytes::<16>());
        client
            .execute_typed(
                "INSERT INTO symbolon_meta (id, schema_version, oldest_compatible, epoch, log_origin)
                 VALUES (1, $1, $2, encode($3, 'hex'), $4)",
                params![version, oldest, &marks.0[..], &marks.1[..]],
            )
            .await?;
    } else {
        client
            .execute_typed(
                "UPDATE symbolon_meta SET schema_version = $1, oldest_compatible = $2",
                params![version, oldest],
            )
            .await?;
    }
    Ok(before)
}

/// Refuses the target of a copy that was interrupted: part of what was ended may be alive in it.
pub(super) async fn refuse_unfinished(client: &Client) -> Result<(), OpenError> {
    let sql = "SELECT copying IS NOT NULL FROM symbolon_meta";
    if client.query_typed_one(sql, &[]).await?.try_get(0)? {
        return Err(OpenError::Unfinished);
    }
    Ok(())
}

pub(super) async fn inspect(client: &Client) -> Result<SchemaState, OpenError> {
    inspect_for(client, MIGRATIONS).await
}

async fn inspect_for(client: &Client, all: &[Migration]) -> Result<SchemaState, OpenError> {
    let row = client
        .query_typed_one(
            "SELECT current_setting('server_version_num')::bigint,
                    current_setting('server_encoding'),
                    to_regclass('symbolon_meta') IS NOT NULL,
                    EXISTS (SELECT 1 FROM pg_class
                            WHERE relnamespace = to_regnamespace(current_schema()::text)
                              AND relkind IN ('r', 'p', 'v', 'm')
                              -- What came with an extension is nobody's data.
                              AND NOT EXISTS (SELECT 1 FROM pg_depend
                                              WHERE classid = 'pg_class'::regclass
                                                AND objid = pg_class.oid AND deptype = 'e'))",
            &[],
        )
        .await?;
    let (server, encoding): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
    let (is_ours, is_used): (bool, bool) = (row.try_get(2)?, row.try_get(3)?);
    let major = u32::try_from(server / 10_000).unwrap_or(0);
    if major < OLDEST_SERVER || encoding != "UTF8" {
        return Err(OpenError::Server {
            major,
            encoding: encoding.to_owned(),
            oldest: OLDEST_SERVER,
        });
    }
    let known = all.last().map_or(0, |migration| migration.version);
    if !is_ours {
        return if is_used {
            Err(OpenError::NotSymbolon)
        } else {
            Ok(SchemaState { version: 0, known })
        };
    }
    let sql = "SELECT schema_version, oldest_compatible FROM symbolon_meta";
    let row = client.query_typed_opt(sql, &[]).await?;
    let row = row.ok_or(OpenError::NotSymbolon)?;
    let number = |place| {
        let number: Result<i64, _> = row.try_get(place);
        number.map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    };
    let (version, oldest_compatible) = (number(0)?, number(1)?);
    if oldest_compatible > known {
        return Err(OpenError::TooNew {
            version,
            oldest_compatible,
            known,
        });
    }
    Ok(SchemaState { version, known })
}
