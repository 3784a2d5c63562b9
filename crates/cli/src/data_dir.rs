//! The data directory: who may use it, and one process at a time.
//!
//! The lock is an exclusive `flock` on the file `lock`, which the kernel lets go when the process
//! ends, however it ends. The file's content, the holder's process id, is for people only.

use std::{
    fs::{DirBuilder, File},
    io::{self, Read as _, Seek as _, Write as _},
    ops::Deref,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// There is none yet.
    #[error("the data directory {} does not exist", .0.display())]
    Missing(PathBuf),
    /// It belongs to somebody else.
    #[error("the data directory {} belongs to uid {owner}, this process runs as uid {own}", .path.display())]
    ForeignOwner {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        own: u32,
    },
    /// Another process has the lock.
    #[error("another symbolon process{} uses this data directory ({})", pid_in_words(*.pid), .path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// The holder, if it has said who it is.
        pid: Option<u32>,
    },
    /// The file system refuses.
    #[error("the data directory {}: {source}", .path.display())]
    Io {
        /// The directory or the file in it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn pid_in_words(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}

/// A data directory of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The directory, made with mode 0700 if it is missing.
    ///
    /// # Errors
    /// If it belongs to another user or cannot be made.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        make_durably(path).map_err(|source| DataDirError::Io {
            path: path.to_path_buf(),
            source,
        })?;
        Self::existing(path)
    }

    /// The directory if it exists.
    ///
    /// # Errors
    /// If it does not, or belongs to another user.
    pub fn existing(path: &Path) -> Result<Self, DataDirError> {
        let path = path.to_path_buf();
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => metadata,
            Ok(_) => {
                return Err(DataDirError::Io {
                    path,
                    source: io::ErrorKind::NotADirectory.into(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DataDirError::Missing(path));
            }
            Err(source) => return Err(DataDirError::Io { path, source }),
        };
        let (owner, own) = (metadata.uid(), rustix::process::geteuid().as_raw());
        if owner == own {
            Ok(Self { path })
        } else {
            Err(DataDirError::ForeignOwner { path, owner, own })
        }
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the group and others are kept out. What cannot be looked at is not known to be.
    #[must_use]
    pub fn is_private(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|metadata| metadata.mode() & 0o077 == 0)
    }

    /// Where a running server takes admin requests.
    #[must_use]
    pub fn admin_socket(&self) -> PathBuf {
        self.path.join("admin.sock")
    }

    /// Where the master key is, unless the environment has it.
    #[must_use]
    pub fn master_key(&self) -> PathBuf {
        Self::master_key_in(&self.path)
    }

    /// The same of a directory that need not be there.
    #[must_use]
    pub fn master_key_in(path: &Path) -> PathBuf {
        path.join("master.key")
    }

    /// Takes the lock, for as long as the result lives.
    ///
    /// # Errors
    /// [`DataDirError::Locked`] at once if another process has it.
    pub fn lock(self) -> Result<LockedDataDir, DataDirError> {
        let path = self.path.join("lock");
        let io_error = |source| DataDirError::Io {
            path: path.clone(),
            source,
        };
        let mut options = File::options();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600);
        let mut file = options.open(&path).map_err(io_error)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut text = String::new();
                let pid = file
                    .read_to_string(&mut text)
                    .ok()
                    .and_then(|_| text.trim().parse().ok());
                return Err(DataDirError::Locked {
                    path: self.path,
                    pid,
                });
            }
            Err(errno) => return Err(io_error(errno.into())),
        }
        write_pid(&mut file).map_err(io_error)?;
        Ok(LockedDataDir {
            directory: self,
            _lock: file,
        })
    }
}

/// Makes what is missing of a directory's path. A directory is found again after a loss of power only
/// once the one that it is in was synced.
fn make_durably(path: &Path) -> io::Result<()> {
    let is_missing = |directory: &&Path| !directory.as_os_str().is_empty() && !directory.exists();
    let missing = path.ancestors().take_while(is_missing).count();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for parent in path.ancestors().skip(1).take(missing) {
        let here = Path::new(".");
        let parent = Some(parent).filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(here))?.sync_all()?;
    }
    Ok(())
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// A data directory that this process alone uses.
#[derive(Debug)]
pub struct LockedDataDir {
    directory: DataDir,
    _lock: File,
}

impl Deref for LockedDataDir {
    type Target = DataDir;

    fn deref(&self) -> &DataDir {
        &self.directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_private_and_for_one_process() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b");
        assert!(matches!(
            DataDir::existing(&path),
            Err(DataDirError::Missing(_))
        ));
        let data = DataDir::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o700);
        assert!(data.is_private());
        let wide = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, wide).unwrap();
        assert!(!data.is_private());
        let held = data.clone().lock().unwrap();
        // A second open file is refused as a second process would be.
        let refused = data.clone().lock().unwrap_err();
        assert!(
            matches!(refused, DataDirError::Locked { pid: Some(pid), .. } if pid == std::process::id())
        );
        assert!(
            refused
                .to_string()
                .starts_with("another symbolon process (pid "),
            "{refused}"
        );
        drop(held);
        assert!(data.lock().is_ok());
    }

    #[test]
    fn a_file_is_no_directory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(DataDir::open(file.path()).is_err());
    }

    #[test]
    fn a_directory_of_somebody_else_is_refused() {
        // Whoever runs this, one of the two belongs to another user; as root, neither may.
        let refused = |path: &str| {
            matches!(
                DataDir::existing(Path::new(path)),
                Err(DataDirError::ForeignOwner { .. })
            )
        };
        let own = rustix::process::geteuid().as_raw();
        assert_eq!(refused("/"), own != 0);
    }
}
