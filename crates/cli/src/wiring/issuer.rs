//! Opening an issuer on its data directory and its store.

use std::{path::PathBuf, sync::Arc};

use symbolon_core::{Ambient, Error, Issuer, master_key, store::StoreError, tail::LogTail};
use zeroize::Zeroizing;

use super::{
    archive::Archive,
    breaches::RangeService,
    settings::settings,
    shared::shared_memory,
    store::{DAMAGED, OpenStore},
};
use crate::{
    config::{Config, master_key::FirstStart},
    data_dir::LockedDataDir,
    failure::Failure,
    log_head,
    system::{SystemClock, SystemEntropy},
};

/// An issuer with the store below it, which is to be closed last.
pub(crate) struct OpenIssuer {
    pub(crate) issuer: Arc<Issuer>,
    store: OpenStore,
}

impl OpenIssuer {
    /// What the issuer keeps its things in.
    pub(crate) fn store(&self) -> Arc<dyn symbolon_core::store::Store> {
        self.store.shared()
    }

    /// Writes what is waiting and closes the store.
    pub(crate) async fn close(self) {
        let Self { issuer, store } = self;
        drop(issuer);
        store.close().await;
    }
}

/// Opens the issuer of a data directory that is ours alone.
///
/// # Errors
/// When the store cannot be opened or its keys do not open.
pub(crate) async fn open_issuer(
    config: &Config,
    data: &LockedDataDir,
) -> Result<OpenIssuer, Failure> {
    Archive::of(config).finish_interrupted()?;
    let path = config.sqlite_path();
    // Of a database that is no file the key is not in the directory anyway.
    let is_used = path.as_ref().is_none_or(|path| path.exists());
    let first = if is_used {
        FirstStart::No
    } else {
        FirstStart::Yes
    };
    let open = open_issuer_at(config, data, path.clone(), first).await?;
    // Other nodes go on with a shared database while this one is stopped.
    if path.is_some() {
        log_head::check(&open.issuer, data).await?;
    }
    Ok(open)
}

/// Opens the issuer of a data directory on a database that need not be the directory's own.
pub(super) async fn open_issuer_at(
    config: &Config,
    data: &LockedDataDir,
    path: Option<PathBuf>,
    first: FirstStart,
) -> Result<OpenIssuer, Failure> {
    let keys = config.master_key.open(data, first, &SystemEntropy)?;
    let keys: Vec<_> = keys.all().map(|key| Zeroizing::new(*key)).collect();
    let master = master_key::MasterKeys::new(&keys).map_err(Failure::unreachable)?;
    let tail = Arc::new(LogTail::default());
    let observer = Arc::clone(&tail);
    let store = OpenStore::open(config, path, Arc::new(SystemEntropy), observer).await?;
    let ambient = Ambient::new(Arc::new(SystemClock), Arc::new(SystemEntropy));
    let issuer = Issuer::open(settings(config), store.shared(), tail, master, ambient)
        .await
        .map_err(unopened)?;
    let issuer = if config.passwords.breach_check {
        let service = RangeService::new(config.passwords.breach_url.clone())?;
        issuer.with_breaches(Arc::new(service))
    } else {
        issuer
    };
    let issuer = match shared_memory(config).await? {
        Some(memory) => issuer.with_shared_memory(memory),
        None => issuer,
    };
    Ok(OpenIssuer {
        issuer: Arc::new(issuer),
        store,
    })
}

fn unopened(error: Error) -> Failure {
    match error {
        Error::Sealed(what) => Failure::usage(format_args!(
            "the master key does not fit this data directory ({what})"
        ))
        .hint(
            "it comes from SYMBOLON_MASTER_KEY, the file that SYMBOLON_MASTER_KEY_FILE names, or \
             master.key in the data directory; earlier keys may follow the first, separated by commas; \
             if it is the right one, the database is damaged: `symbolon restore` brings a backup back",
        ),
        Error::Store(StoreError::Damaged(_) | StoreError::Inconsistent { .. }) => {
            Failure::unreachable(format_args!("the issuer: {error}")).hint(DAMAGED)
        }
        other => Failure::unreachable(format_args!("the issuer: {other}")),
    }
}
