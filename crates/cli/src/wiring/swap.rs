//! Putting a restored database in the place of the present one.
//!
//! The one thing that must not be broken: whoever opens the database finds the old one with its
//! write-ahead log, or the new one without it, wherever the process that exchanged them was killed.
//! A write-ahead log that stood beside another database would be played into it.
//!
//! So the exchange has one decisive step, the rename to `….restored-STAMP`. What comes after it can be
//! done again, and is, by whoever opens the database next.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use symbolon_core::Timestamp;

/// Where a database is, and what stands beside it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    database: PathBuf,
    /// Says where the log of the present database stood.
    log_head: PathBuf,
}

impl Place {
    pub(super) const fn new(database: PathBuf, log_head: PathBuf) -> Self {
        Self { database, log_head }
    }

    /// Where the new one is prepared.
    pub(super) fn staging(&self) -> PathBuf {
        self.beside(".restoring")
    }

    /// Removes what was prepared there.
    pub(super) fn clear_staging(&self) -> io::Result<()> {
        let mut suffixes = ["", "-wal", "-shm", "-journal"].into_iter();
        suffixes.try_for_each(|suffix| remove(&with_suffix(&self.staging(), suffix)))
    }

    /// Makes an empty file there for us alone; what a process left that was killed is removed.
    pub(super) fn prepare_staging(&self) -> io::Result<PathBuf> {
        self.clear_staging()?;
        let path = self.staging();
        let mut options = File::options();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.write(true).create_new(true).open(&path)?;
        Ok(path)
    }

    /// Exchanges the databases; the answer is where the old one is now. The new one is to be closed.
    pub(super) fn exchange(&self, now: Timestamp) -> io::Result<Option<PathBuf>> {
        let staging = self.staging();
        if with_suffix(&staging, "-wal").exists() {
            return Err(io::Error::other("the new database was not closed cleanly"));
        }
        File::open(&staging)?.sync_all()?;
        let stamp = jiff::Timestamp::from_millisecond(now.as_millis()).map_err(io::Error::other)?;
        let stamp = stamp.strftime("%Y%m%dT%H%M%S.%3fZ").to_string();
        std::fs::rename(staging, self.beside(&format!("{RESTORED}{stamp}")))?;
        self.sync()?;
        self.finish()
    }

    /// Whether an exchange was interrupted after its decisive step.
    pub(super) fn is_unfinished(&self) -> io::Result<bool> {
        Ok(self.pending()?.is_some())
    }

    /// Does the rest of an exchange, if there is one; the answer is where the old database is now.
    pub(super) fn finish(&self) -> io::Result<Option<PathBuf>> {
        let Some(stamp) = self.pending()? else {
            return Ok(None);
        };
        let aside = self.beside(&format!(".before-restore-{stamp}"));
        for suffix in ["-wal", ""] {
            let (from, to) = (self.beside(suffix), with_suffix(&aside, suffix));
            match std::fs::rename(from, to) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
        }
        remove(&self.beside("-shm"))?;
        remove(&self.log_head)?;
        let restored = self.beside(&format!("{RESTORED}{stamp}"));
        std::fs::rename(restored, &self.database)?;
        self.sync()?;
        Ok(aside.exists().then_some(aside))
    }

    /// The stamp of the exchange that is not finished.
    fn pending(&self) -> io::Result<Option<String>> {
        let prefix = self.beside(RESTORED);
        let prefix = prefix.file_name().and_then(|name| name.to_str());
        let entries = match std::fs::read_dir(self.directory()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry?.file_name();
            let stamp = name.to_str().zip(prefix);
            if let Some(stamp) = stamp.and_then(|(name, prefix)| name.strip_prefix(prefix)) {
                return Ok(Some(stamp.to_owned()));
            }
        }
        Ok(None)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        with_suffix(&self.database, suffix)
    }

    fn directory(&self) -> &Path {
        let parent = self.database.parent();
        let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or(Path::new("."))
    }

    fn sync(&self) -> io::Result<()> {
        File::open(self.directory())?.sync_all()
    }
}

/// What a new database is called from the decisive step on until it is in its place.
const RESTORED: &str = ".restored-";

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
