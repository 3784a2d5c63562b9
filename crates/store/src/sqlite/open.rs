//! Opening a database: the file, its rights, its schema, the threads.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, ErrorCode};
use symbolon_core::{Entropy, store::LogObserver};

use super::{
    SqliteOptions, SqliteStore, connection, damage, readers::Readers, schema, sessions::Looks,
    writer::Writer,
};

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be made, read or given its rights.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no database, or another application's.
    #[error("the file is not a Symbolon database")]
    NotSymbolon,
    /// Its pages contradict each other.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A newer release has changed the schema in a way that this one does not understand.
    #[error(
        "the database has schema {version}, which needs a release that knows schema \
         {oldest_compatible}; this one knows {known}"
    )]
    TooNew {
        /// The database's schema version.
        version: u32,
        /// The oldest schema version whose releases can work on it.
        oldest_compatible: u32,
        /// The newest schema version that this release knows.
        known: u32,
    },
    /// The file system does not allow a write-ahead log.
    #[error("the database cannot have a write-ahead log here (its journal mode is {mode})")]
    NoWriteAheadLog {
        /// The journal mode that it has.
        mode: String,
    },
    /// It is the target of a copy that is not finished.
    #[error("the database is a copy that is not finished")]
    Unfinished,
    /// SQLite cannot work on it.
    #[error("cannot open the database: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotSymbolon,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

/// Opens the database and starts its threads.
pub(super) fn open(
    options: SqliteOptions,
    entropy: Arc<dyn Entropy>,
    observer: Arc<dyn LogObserver>,
) -> Result<SqliteStore, OpenError> {
    let left = damage::look_at(&options.path)?;
    claim_file(&options, &*entropy)?;
    let conn = connection::open_for_writing(&options.path, options.busy_timeout)?;
    schema::prepare(&conn, &*entropy)?;
    schema::refuse_unfinished(&conn)?;
    damage::check_at_start(&conn, left)?;
    let head = head(&conn)?;
    let threads = |source| OpenError::File {
        path: options.path.clone(),
        source,
    };
    let readers = Readers::start(&options).map_err(threads)?;
    let writer = Writer::start(&options, conn, head, entropy, observer).map_err(threads)?;
    let readers = Arc::new(readers);
    let damage = damage::Met::new(options.path, options.busy_timeout);
    Ok(SqliteStore {
        writer,
        looks: Looks::new(Arc::clone(&readers), Arc::clone(&damage)),
        readers,
        damage,
    })
}

/// The highest number in the log, 0 when it is empty.
fn head(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row("SELECT coalesce(max(seq), 0) FROM revocations", [], |row| {
        row.get::<_, i64>(0)
    })
    .map(|head| u64::try_from(head).unwrap_or(0))
}

/// Makes the database if there is none, durably and for nobody but its owner. SQLite gives the files
/// that it puts beside it the same rights. It is made under another name, so that one that has its own
/// is never empty unless something has emptied it.
pub(super) fn claim_file(options: &SqliteOptions, entropy: &dyn Entropy) -> Result<(), OpenError> {
    let path = &options.path;
    let failed = |source| OpenError::File {
        path: path.clone(),
        source,
    };
    match File::options().read(true).write(true).open(path) {
        Ok(file) => restrict(&file).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let new = damage::beside(path, ".new");
            clear(&new).map_err(failed)?;
            create(&new).map_err(failed)?;
            let conn = connection::open_for_writing(&new, options.busy_timeout)?;
            schema::prepare(&conn, entropy)?;
            conn.close().map_err(|(_, error)| error)?;
            publish(&new, path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Removes what a start that did not get far has left.
fn clear(new: &Path) -> io::Result<()> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        match fs::remove_file(damage::beside(new, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn create(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn publish(new: &Path, path: &Path) -> io::Result<()> {
    File::open(new)?.sync_all()?;
    fs::rename(new, path)?;
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(unix)]
fn restrict(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o600);
        file.set_permissions(permissions)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}
