//! The master key: what everything secret in the store is sealed under, and never in the store.
//!
//! It comes from `SYMBOLON_MASTER_KEY` or the file that `SYMBOLON_MASTER_KEY_FILE` names, both a
//! list with commas of base64 keys: the first encrypts, all decrypt. Otherwise it is a file of
//! mode 0600 in the data directory, made at the first start.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use base64_simd::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretBox};
use symbolon_core::entropy::{Entropy, EntropyExt as _};
use zeroize::Zeroizing;

use super::{Environment, Origin, Problem};
use crate::data_dir::{DataDir, LockedDataDir};

const VARIABLE: &str = "SYMBOLON_MASTER_KEY";
const FILE_VARIABLE: &str = "SYMBOLON_MASTER_KEY_FILE";

/// The keys, the encrypting one first. Never empty; wiped when dropped.
pub struct MasterKeys(Vec<SecretBox<[u8; 32]>>);

impl MasterKeys {
    /// The key that encrypts.
    #[must_use]
    pub fn encrypting(&self) -> &[u8; 32] {
        let Some(first) = self.0.first() else {
            unreachable!("made with one key at least")
        };
        first.expose_secret()
    }

    /// Every key that may decrypt, the encrypting one first.
    pub fn all(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.0.iter().map(SecretBox::expose_secret)
    }

    /// Reads a list with commas. The message of an error does not show the text.
    fn parse(text: &str) -> Result<Self, String> {
        let keys: Vec<_> = text.trim().split(',').map(parse_key).collect();
        let total = keys.len();
        let good: Vec<_> = keys.into_iter().flatten().collect();
        if good.len() == total {
            Ok(Self(good))
        } else {
            Err("expected base64 keys of 32 bytes each, separated by commas".to_owned())
        }
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys([redacted]; {})", self.0.len())
    }
}

/// Either alphabet, with or without padding: what `openssl rand -base64 32` and others print.
fn parse_key(text: &str) -> Option<SecretBox<[u8; 32]>> {
    let text = text.trim();
    let bytes = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|alphabet| alphabet.decode_to_vec(text).ok())
        .map(Zeroizing::new)?;
    if bytes.len() != 32 {
        return None;
    }
    Some(SecretBox::init_with_mut(|key: &mut [u8; 32]| {
        key.copy_from_slice(&bytes)
    }))
}

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub enum MasterKeySource {
    /// The environment says it.
    Given {
        /// The keys.
        keys: Arc<MasterKeys>,
        /// Which variable.
        origin: Origin,
    },
    /// It is in the data directory.
    DataDirectory,
}

/// Finds the source and reads what the environment says.
pub(super) fn source(env: &Environment, problems: &mut Vec<Problem>) -> MasterKeySource {
    let get = |name: &str| {
        env.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let (plain, file) = (get(VARIABLE), get(FILE_VARIABLE));
    let (origin, text) = match (plain, file) {
        (None, None) => return MasterKeySource::DataDirectory,
        (Some(_), Some(_)) => {
            let origin = Origin::Env {
                variable: FILE_VARIABLE.to_owned(),
            };
            let message = format!("{VARIABLE} is set as well: which one counts?");
            problems.push(Problem::of(&origin, "master_key", message));
            return MasterKeySource::DataDirectory;
        }
        (Some(text), None) => {
            let origin = Origin::Env {
                variable: VARIABLE.to_owned(),
            };
            (
                origin,
                text.to_str()
                    .map(|text| Zeroizing::new(text.to_owned()))
                    .ok_or_else(invalid),
            )
        }
        (None, Some(path)) => {
            let file = PathBuf::from(path);
            let text = std::fs::read_to_string(&file).map(Zeroizing::new);
            (
                Origin::EnvFile {
                    variable: FILE_VARIABLE.to_owned(),
                    file,
                },
                text,
            )
        }
    };
    let keys = text
        .map_err(|error| format!("cannot be read: {error}"))
        .and_then(|text| MasterKeys::parse(&text));
    match keys {
        Ok(keys) => MasterKeySource::Given {
            keys: Arc::new(keys),
            origin,
        },
        Err(message) => {
            let problem = Problem::of(&origin, "master_key", message);
            problems.push(problem.hint("openssl rand -base64 32 makes a key"));
            MasterKeySource::DataDirectory
        }
    }
}

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not UTF-8")
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterKeyError {
    /// There is data, but not the key under which it is sealed.
    #[error("{} does not exist, but the data directory is in use already: its secrets are sealed under a key that is not here", .0.display())]
    Missing(PathBuf),
    /// Others than the owner can read the file.
    #[error("{} has mode {mode:04o}: others can read the master key (chmod 600 it, and consider it known)", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file belongs to somebody else.
    #[error("{} belongs to uid {owner}, this process runs as uid {own}", .path.display())]
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        own: u32,
    },
    /// The file is not a list of keys.
    #[error("{}: {message}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was expected.
        message: String,
    },
    /// The file cannot be read or made.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Whether a missing key may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStart {
    /// Nothing is sealed yet: make one.
    Yes,
    /// Something is sealed already: a new key would not open it.
    No,
}

impl MasterKeySource {
    /// The keys, read from the data directory or made there if that is where they belong.
    ///
    /// # Errors
    /// See [`MasterKeyError`].
    pub fn open(
        &self,
        data: &LockedDataDir,
        first_start: FirstStart,
        entropy: &dyn Entropy,
    ) -> Result<Arc<MasterKeys>, MasterKeyError> {
        match self {
            Self::Given { keys, .. } => Ok(Arc::clone(keys)),
            Self::DataDirectory => load_or_create(data, first_start, entropy).map(Arc::new),
        }
    }
}

fn load_or_create(
    data: &DataDir,
    first_start: FirstStart,
    entropy: &dyn Entropy,
) -> Result<MasterKeys, MasterKeyError> {
    let path = data.master_key();
    match load(&path) {
        Err(MasterKeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            if first_start == FirstStart::No {
                return Err(MasterKeyError::Missing(path));
            }
            create(&path, entropy).map_err(|source| MasterKeyError::Io {
                path: path.clone(),
                source,
            })?;
            load(&path)
        }
        other => other,
    }
}

fn load(path: &Path) -> Result<MasterKeys, MasterKeyError> {
    let io_error = |source| MasterKeyError::Io {
        path: path.to_path_buf(),
        source,
    };
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let mut options = File::options();
    let mut file = options
        .read(true)
        .custom_flags(no_follow)
        .open(path)
        .map_err(io_error)?;
    // Of the open file, so that nothing can be put in its place in between.
    let metadata = file.metadata().map_err(io_error)?;
    let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
    let own = rustix::process::geteuid().as_raw();
    if owner != own {
        return Err(MasterKeyError::ForeignOwner {
            path: path.to_path_buf(),
            owner,
            own,
        });
    }
    if mode & 0o077 != 0 {
        return Err(MasterKeyError::Exposed {
            path: path.to_path_buf(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(io_error)?;
    MasterKeys::parse(&text).map_err(|message| MasterKeyError::Malformed {
        path: path.to_path_buf(),
        message,
    })
}

/// Makes the file whole or not at all, and durable before anything is sealed under it.
fn create(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let key = Zeroizing::new(entropy.bytes::<32>());
    let text = Zeroizing::new(STANDARD.encode_to_string(key.as_slice()) + "\n");
    // Temporary files have mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn open(data: &LockedDataDir, first: FirstStart) -> Result<Arc<MasterKeys>, MasterKeyError> {
        MasterKeySource::DataDirectory.open(data, first, &Sevens)
    }

    #[test]
    fn the_key_is_made_once_private_and_read_again() {
        let home = tempfile::tempdir().unwrap();
        let data = DataDir::open(&home.path().join("data"))
            .unwrap()
            .lock()
            .unwrap();
        assert!(matches!(
            open(&data, FirstStart::No),
            Err(MasterKeyError::Missing(_))
        ));
        assert_eq!(open(&data, FirstStart::Yes).unwrap().encrypting(), &[7; 32]);
        let path = data.master_key();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(open(&data, FirstStart::No).unwrap().all().count(), 1);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            open(&data, FirstStart::Yes),
            Err(MasterKeyError::Exposed { mode: 0o640, .. })
        ));
    }

    #[test]
    fn a_list_has_an_encrypting_key_and_older_ones() {
        let (one, two) = (
            STANDARD.encode_to_string([1; 32]),
            URL_SAFE_NO_PAD.encode_to_string([2; 32]),
        );
        let keys = MasterKeys::parse(&format!("{one}, {two}\n")).unwrap();
        assert_eq!(keys.encrypting(), &[1; 32]);
        assert_eq!(keys.all().collect::<Vec<_>>(), [&[1; 32], &[2; 32]]);
        assert_eq!(format!("{keys:?}"), "MasterKeys([redacted]; 2)");
    }

    #[test]
    fn a_bad_key_is_refused_and_not_echoed() {
        let short = STANDARD.encode_to_string([1; 31]);
        for bad in ["", "canary", &short, &format!("{short},")] {
            let message = MasterKeys::parse(bad).unwrap_err();
            assert!(!message.contains("canary"), "{message}");
        }
    }
}
