//! How each store is saved and brought back. What is the same for all of them is in the commands and
//! in the issuer.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use symbolon_core::Clock as _;
pub(crate) use symbolon_store::Contents;
use symbolon_store::{
    postgres::{self, PostgresOptions},
    sqlite::{CopyError, CopySource, OpenError},
};

use super::{
    issuer::{OpenIssuer, open_issuer_at},
    store::postgres_options,
    swap::Place,
};
use crate::{
    commands::Exit,
    config::{Config, StoreUrl, master_key::FirstStart},
    data_dir::{DataDir, LockedDataDir},
    failure::Failure,
    log_head,
    system::SystemClock,
};

/// How often it is looked how far a copy is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The store that the configuration names, as something to save and bring back.
pub(crate) enum Archive {
    /// A file.
    Sqlite {
        database: PathBuf,
        data_dir: PathBuf,
    },
    /// A database that its operators save and bring back with its own tools.
    Postgres(Box<PostgresOptions>),
}

/// Where a restored database comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// A backup.
    File(&'a Path),
    /// The store itself, which somebody has brought back in their own way.
    InPlace,
}

/// A database that is being prepared.
pub(crate) enum Staged {
    /// Beside the present one.
    File { database: PathBuf, place: Place },
    /// Where it is.
    InPlace,
}

/// Is told bytes: how many are written, of how many.
pub(crate) type Progress<'a> = &'a dyn Fn(u64, u64);

impl Archive {
    pub(crate) fn of(config: &Config) -> Self {
        match &config.store.url {
            StoreUrl::Sqlite(path) => Self::Sqlite {
                database: config.server.data_dir.join(path),
                data_dir: config.server.data_dir.clone(),
            },
            StoreUrl::Postgres(url) => Self::Postgres(Box::new(postgres_options(config, url))),
        }
    }

    /// Whether there is anything that could be opened: also in the midst of a restore that was killed.
    pub(crate) fn exists(&self) -> bool {
        match self {
            Self::Sqlite { database, data_dir } => {
                let place = place(database, data_dir);
                database.exists() || place.is_unfinished().unwrap_or(false)
            }
            // Whether it is there is said when it is opened.
            Self::Postgres(_) => true,
        }
    }

    /// Writes what it holds into an empty file, whether its server runs or not.
    pub(crate) async fn save(&self, target: &Path, progress: Progress<'_>) -> Result<(), Failure> {
        let Self::Sqlite { database, data_dir } = self else {
            return Err(Failure::usage(
                "a PostgreSQL database is not written into a file from here",
            )
            .hint(
                "use pg_dump; once pg_restore has brought it back: symbolon restore --in-place",
            ));
        };
        // Only looked at: its owner alone may read what is in it.
        DataDir::existing(data_dir)?;
        let unfinished = place(database, data_dir).is_unfinished();
        if unfinished.map_err(|error| unusable(database, error))? {
            return Err(Failure::unreachable("a restore was interrupted here")
                .hint("the next start of the server, or of a restore, finishes it"));
        }
        let source = open(database)?;
        copy(source, target, progress).await
    }

    /// Checks a file that [`save`](Self::save) wrote, and says what it holds.
    pub(crate) fn contents(file: &Path) -> Result<Contents, Failure> {
        Contents::read(file, SystemClock.now()).map_err(|error| unopened(file, &error))
    }

    /// What the source holds, checked as far as it can be without copying it.
    pub(crate) async fn source_contents(&self, source: Source<'_>) -> Result<Contents, Failure> {
        self.finish_interrupted()?;
        match (self, source) {
            (Self::Sqlite { .. }, Source::File(file)) => Self::contents(file),
            (Self::Sqlite { database, .. }, Source::InPlace) => Self::contents(database),
            (Self::Postgres(options), Source::InPlace) => {
                let contents = postgres::contents(options, SystemClock.now()).await;
                contents.map_err(|error| Failure::unreachable(format_args!("the store: {error}")))
            }
            (Self::Postgres(_), Source::File(_)) => Err(not_from_a_file()),
        }
    }

    /// Copies the source to where it is prepared. Nothing that is there is touched.
    pub(crate) async fn stage(
        &self,
        source: Source<'_>,
        progress: Progress<'_>,
    ) -> Result<Staged, Failure> {
        let (database, data_dir) = match (self, source) {
            (Self::Sqlite { database, data_dir }, _) => (database, data_dir),
            (Self::Postgres(_), Source::InPlace) => return Ok(Staged::InPlace),
            (Self::Postgres(_), Source::File(_)) => return Err(not_from_a_file()),
        };
        let source = open(match source {
            Source::File(file) => file,
            Source::InPlace => database,
        })?;
        let place = place(database, data_dir);
        let staging = place.prepare_staging();
        let staging = staging.map_err(|error| unusable(database, error))?;
        let staged = Staged::File {
            database: staging.clone(),
            place,
        };
        copy(source, &staging, progress).await?;
        Ok(staged)
    }

    /// Finishes what a restore has left half-done that was killed. Under the data directory's lock.
    pub(crate) fn finish_interrupted(&self) -> Result<(), Failure> {
        let Self::Sqlite { database, data_dir } = self else {
            return Ok(());
        };
        let finished = place(database, data_dir).finish();
        if let Some(aside) = finished.map_err(|error| unusable(database, error))? {
            tracing::warn!(aside = %aside.display(), "a restore that was interrupted is finished");
        }
        Ok(())
    }
}

fn place(database: &Path, data_dir: &Path) -> Place {
    Place::new(database.to_path_buf(), log_head::path_in(data_dir))
}

fn not_from_a_file() -> Failure {
    Failure::usage("a PostgreSQL database is not brought back from a file from here")
        .hint("use pg_restore, and then: symbolon restore --in-place")
}

impl Staged {
    /// Opens the issuer on it. A master key that does not fit is found here.
    pub(crate) async fn open(
        &self,
        config: &Config,
        data: &LockedDataDir,
    ) -> Result<OpenIssuer, Failure> {
        let path = match self {
            Self::File { database, .. } => Some(database.clone()),
            Self::InPlace => None,
        };
        open_issuer_at(config, data, path, FirstStart::No).await
    }

    /// Puts it in the place of the present one, which is moved aside; the answer is where to.
    pub(crate) fn install(self) -> Result<Option<PathBuf>, Failure> {
        let Self::File { database, place } = &self else {
            return Ok(None);
        };
        let exchanged = place.exchange(SystemClock.now());
        exchanged.map_err(|error| unusable(database, error))
    }
}

impl Drop for Staged {
    /// What was not put in its place is of no use.
    fn drop(&mut self) {
        if let Self::File { place, .. } = self
            && let Err(error) = place.clear_staging()
        {
            tracing::warn!(%error, "what was prepared cannot be removed");
        }
    }
}

fn open(path: &Path) -> Result<CopySource, Failure> {
    CopySource::open(path).map_err(|error| unopened(path, &error))
}

fn unopened(path: &Path, error: &OpenError) -> Failure {
    let exit = match error {
        OpenError::Sqlite(_) | OpenError::File { .. } => Exit::Unreachable,
        _ => Exit::Failed,
    };
    Failure::new(exit, format_args!("{}: {error}", path.display()))
}

fn unusable(path: &Path, error: io::Error) -> Failure {
    Failure::unreachable(format_args!("{}: {error}", path.display()))
}

/// Copies on a thread of its own, until it is done or Ctrl-C is pressed.
async fn copy(source: CopySource, target: &Path, progress: Progress<'_>) -> Result<(), Failure> {
    let total = source.size().map_err(Failure::unreachable)?;
    let (path, stop) = (target.to_path_buf(), source.interrupter());
    let mut copying = tokio::task::spawn_blocking(move || source.write_to(&path));
    let mut interrupted = false;
    let copied = loop {
        tokio::select! {
            copied = &mut copying => break copied,
            () = tokio::time::sleep(LOOK_EVERY) => {
                let done = std::fs::metadata(target).map_or(0, |file| file.len());
                progress(done.min(total), total);
            }
            Ok(()) = tokio::signal::ctrl_c() => {
                interrupted = true;
                stop.interrupt();
            }
        }
    };
    match copied.map_err(Failure::unreachable)? {
        Ok(()) => Ok(()),
        Err(_) if interrupted => Err(Failure::new(Exit::Failed, "it was interrupted")),
        Err(error @ CopyError::Path(_)) => Err(Failure::usage(error)),
        Err(error) => Err(Failure::unreachable(error)),
    }
}
