//! Stores read and written in bulk: which one an address means, and what its failures say.

use std::path::Path;

use symbolon_core::master_key::MasterKeys;
pub(crate) use symbolon_store::bulk::{
    Copied, Progress, SeedPlan, Size, Step, copy, seed, seed_name,
};
use symbolon_store::{
    bulk::{Bulk, BulkError, TABLES, sealed_values},
    postgres::PostgresBulk,
    sqlite::SqliteBulk,
};
use zeroize::Zeroizing;

use super::{archive::Archive, store::postgres_options};
use crate::{
    config::{Config, StoreUrl, master_key::FirstStart},
    data_dir::LockedDataDir,
    failure::{Exit, Failure},
    system::SystemEntropy,
};

/// Opens a store that is read. Nobody can write to it until it is closed.
pub(crate) async fn open_source(
    config: &Config,
    url: &StoreUrl,
    data: &LockedDataDir,
) -> Result<Box<dyn Bulk>, Failure> {
    let opened = match url {
        StoreUrl::Sqlite(path) => {
            let path = config.server.data_dir.join(path);
            finish_interrupted(&path, data)?;
            if !path.exists() {
                let missing = format!("there is no database {}", path.display());
                return Err(Failure::unreachable(missing));
            }
            SqliteBulk::open_source(&path).map(boxed)
        }
        StoreUrl::Postgres(url) => {
            let options = postgres_options(config, url);
            PostgresBulk::open_source(options).await.map(boxed)
        }
    };
    opened.map_err(|error| failure("the source", &error))
}

/// Opens a store that is written to, and makes it if there is none.
pub(crate) async fn open_target(
    config: &Config,
    url: &StoreUrl,
    data: &LockedDataDir,
) -> Result<Box<dyn Bulk>, Failure> {
    let opened = match url {
        StoreUrl::Sqlite(path) => {
            let path = config.server.data_dir.join(path);
            finish_interrupted(&path, data)?;
            SqliteBulk::open_target(&path, &SystemEntropy).map(boxed)
        }
        StoreUrl::Postgres(url) => {
            let options = postgres_options(config, url);
            let opened = PostgresBulk::open_target(options, &SystemEntropy).await;
            opened.map(boxed)
        }
    };
    opened.map_err(|error| failure("the target", &error))
}

fn boxed<B: Bulk + 'static>(bulk: B) -> Box<dyn Bulk> {
    Box::new(bulk)
}

fn finish_interrupted(path: &Path, data: &LockedDataDir) -> Result<(), Failure> {
    let archive = Archive::Sqlite {
        database: path.to_path_buf(),
        data_dir: data.path().to_path_buf(),
    };
    archive.finish_interrupted()
}

/// Sees to it that the master key opens what a server opens at its start.
pub(crate) async fn check_master_key(
    config: &Config,
    data: &LockedDataDir,
    store: &mut dyn Bulk,
) -> Result<(), Failure> {
    let keys = config
        .master_key
        .open(data, FirstStart::No, &SystemEntropy)?;
    let keys: Vec<_> = keys.all().map(|key| Zeroizing::new(*key)).collect();
    let keys = MasterKeys::new(&keys).map_err(Failure::unreachable)?;
    let sealed = sealed_values(store).await;
    for value in sealed.map_err(|error| failure("the source", &error))? {
        keys.check(&value.what, &value.sealed).map_err(|error| {
            Failure::usage(format_args!(
                "the master key does not fit the source ({error})"
            ))
            .hint(
                "the keys move as they are sealed: give the master key that the source's server has",
            )
        })?;
    }
    Ok(())
}

/// How many rows each table has.
pub(crate) async fn row_counts(store: &mut dyn Bulk) -> Result<Vec<(&'static str, u64)>, Failure> {
    let mut counts = Vec::new();
    for &table in TABLES {
        let count = store.count(table).await;
        counts.push((
            table.name,
            count.map_err(|error| failure("the store", &error))?,
        ));
    }
    Ok(counts)
}

/// What a failure says, and what is to be done about it.
pub(crate) fn failure(whose: &str, error: &BulkError) -> Failure {
    let exit = match error {
        BulkError::Sqlite(_)
        | BulkError::Postgres(_)
        | BulkError::InUse(_)
        | BulkError::Database(_) => Exit::Unreachable,
        _ => Exit::Failed,
    };
    let said = match error {
        BulkError::Sqlite(_) | BulkError::Postgres(_) | BulkError::Unfinished => {
            Failure::new(exit, format_args!("{whose}: {error}"))
        }
        BulkError::InUse(_) => Failure::new(exit, format_args!("{whose}: {error}")),
        _ => Failure::new(exit, error),
    };
    match hint(error) {
        Some(hint) => said.hint(hint),
        None => said,
    }
}

fn hint(error: &BulkError) -> Option<&'static str> {
    Some(match error {
        BulkError::InUse(_) => "stop every server and close every shell that uses it",
        BulkError::Outdated { .. } => {
            "start this release's server on it once, or run `symbolon migrate`"
        }
        BulkError::NotEmpty(_) | BulkError::OtherCopy => {
            "nothing was changed; name an empty database, or empty this one"
        }
        BulkError::SourceChanged => {
            "what was copied may be older than what is there now: empty the target and begin anew"
        }
        BulkError::Differs { .. } => {
            "somebody has written to the target: empty it and begin anew; no server works on it as it is"
        }
        BulkError::Unfinished => "run the `symbolon store copy` that has begun it again",
        BulkError::Row { .. } => {
            "the target is unfinished; mend the row, empty the target and begin anew"
        }
        BulkError::ForeignAccounts => "seed an empty store, not one that somebody uses",
        _ => return None,
    })
}
