//! Configuration: defaults < `symbolon.toml` < environment < flags.
//!
//! Two stages: every layer says raw values and where it says them; then the table of all keys
//! turns them into the typed [`Config`]. Everything that is wrong is reported at once, each with
//! its place. The one thing that must not be broken: no message and no output shows a secret.

mod checks;
pub mod entries;
mod environment;
mod file;
pub mod master_key;
mod origin;
mod problem;
mod reader;
pub mod reference;
pub mod sections;
mod setting;
mod suggest;
pub mod template;
mod types;
mod words;

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    time::Duration,
};

pub use entries::{Client, Resource};
pub use environment::Environment;
pub use master_key::{MasterKeySource, MasterKeys};
pub use origin::Origin;
pub use problem::{ConfigError, Problem};
pub use reader::Effective;
pub use types::{
    BreachUrl, Issuer, LogFormat, LogLevel, OptionalListen, SessionsUrl, StoreUrl, TokenAlgorithm,
};
pub use words::{Audience, Scope, Sha256Hex};

pub(crate) use types::is_loopback;

use reader::{Layers, Reader};
use sections::Sections;
use setting::Raw;
pub(crate) use setting::Setting;

/// The name of the file that is looked for.
pub const FILE_NAME: &str = "symbolon.toml";

/// A validated configuration. The sections are its fields: `config.server.issuer`.
#[derive(Debug, Clone)]
pub struct Config {
    sections: Sections,
    /// Clients that authenticate with a secret.
    pub clients: Vec<Client>,
    /// APIs for which access tokens are issued, beside the issuer itself.
    pub resources: Vec<Resource>,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
}

impl Deref for Config {
    type Target = Sections;

    fn deref(&self) -> &Sections {
        &self.sections
    }
}

impl Config {
    /// The database file, which by default is in the data directory; none where the store is no file.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        match &self.store.url {
            StoreUrl::Sqlite(path) => Some(self.server.data_dir.join(path)),
            StoreUrl::Postgres(_) => None,
        }
    }
}

/// A flag that sets a key.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The flag with its dashes.
    pub flag: &'static str,
    /// The key that it sets, e.g. `server.data_dir`.
    pub key: &'static str,
    /// What it says.
    pub value: String,
}

/// Reads a duration as the configuration writes it, e.g. "10s".
///
/// # Errors
/// What was expected instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    Duration::from_text(text)
}

/// Where to read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config`; otherwise the file is looked for.
    pub file: Option<PathBuf>,
    /// The environment.
    pub env: Environment,
    /// Flags that set keys.
    pub flags: Vec<Flag>,
}

/// A configuration and how it came about.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Each key with its value and origin, in the order of the table.
    pub effective: Vec<Effective>,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
}

/// Reads every layer and checks everything.
///
/// # Errors
/// All problems that were found.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut problems = Vec::new();
    // The file is a weaker layer than these two, but where it lies can depend on them.
    let mut stronger = Layers::default();
    environment::read(&sources.env, &mut stronger, &mut problems);
    say_flags(&sources.flags, &mut stronger);
    let found = find_file(sources, &stronger);

    let mut layers = Layers::default();
    let mut file_problems = Vec::new();
    let lists = match &found {
        Some(found) => read_file(found, &mut layers, &mut file_problems),
        None => file::Lists::default(),
    };
    file_problems.append(&mut problems);
    problems = file_problems;
    layers.append(stronger);

    let mut reader = Reader::new(&layers);
    let sections = Sections::read(&mut reader);
    let Reader {
        effective,
        problems: wrong,
        ..
    } = reader;
    problems.extend(wrong);
    let clients = entries::clients(&lists.clients, &mut problems);
    let resources = entries::resources(&lists.resources, &mut problems);
    let master_key = master_key::source(&sources.env, &mut problems);
    let config = Config {
        sections,
        clients,
        resources,
        master_key,
    };
    problems.extend(checks::run(&config, &layers, &problems));
    problems.sort_by_key(Problem::line);
    if problems.is_empty() {
        Ok(Loaded {
            config,
            effective,
            file: found.map(|found| found.path),
        })
    } else {
        Err(ConfigError { problems })
    }
}

fn say_flags(flags: &[Flag], layers: &mut Layers) {
    for Flag { flag, key, value } in flags {
        let Some(spec) = sections::find(key) else {
            unreachable!("{flag} sets {key}, which the table does not have")
        };
        layers.say(spec, Origin::Flag { flag }, Raw::Untyped(value.clone()));
    }
}

struct Found {
    path: PathBuf,
    how: How,
}

enum How {
    Named,
    WorkingDirectory,
    DataDirectory,
}

/// The named file; else the one here; else the one in the data directory.
fn find_file(sources: &Sources, stronger: &Layers) -> Option<Found> {
    if let Some(path) = &sources.file {
        return Some(Found {
            path: path.clone(),
            how: How::Named,
        });
    }
    let here = PathBuf::from(FILE_NAME);
    if here.exists() {
        return Some(Found {
            path: here,
            how: How::WorkingDirectory,
        });
    }
    let data_dir = match stronger.strongest("server.data_dir") {
        Some((_, Raw::Untyped(text))) => text,
        _ => sections::find("server.data_dir")?.default.trim_matches('"'),
    };
    let there = Path::new(data_dir).join(FILE_NAME);
    there.exists().then_some(Found {
        path: there,
        how: How::DataDirectory,
    })
}

fn read_file(found: &Found, layers: &mut Layers, problems: &mut Vec<Problem>) -> file::Lists {
    let text = match std::fs::read(&found.path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => {
            let good = error.utf8_error().valid_up_to();
            let line = error
                .as_bytes()
                .iter()
                .take(good)
                .filter(|byte| **byte == b'\n')
                .count();
            problems.push(unreadable(found, line + 1, "not UTF-8".to_owned()));
            return file::Lists::default();
        }
        Err(error) => {
            problems.push(unreadable(
                found,
                1,
                format!("cannot read the file: {error}"),
            ));
            return file::Lists::default();
        }
    };
    let lists = file::read(&found.path, &text, layers, problems);
    if let (How::DataDirectory, Some((origin, _))) =
        (&found.how, layers.strongest("server.data_dir"))
    {
        let message = "this file was found in the data directory and cannot name another";
        problems.push(Problem::of(origin, "server.data_dir", message));
    }
    lists
}

fn unreadable(found: &Found, line: usize, message: String) -> Problem {
    let origin = Origin::File {
        file: found.path.clone(),
        line,
    };
    let hint = matches!(found.how, How::Named).then(|| "the file was named by --config".to_owned());
    Problem {
        origin,
        key: None,
        message,
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn load_env(pairs: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
        let env = pairs
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        // A directory without a symbolon.toml.
        let file = tempfile::NamedTempFile::new().unwrap();
        load(&Sources {
            file: Some(file.path().into()),
            env,
            flags: Vec::new(),
        })
    }

    #[test]
    fn every_default_is_of_its_type_and_within_its_range() {
        let loaded = load_env(&[]).unwrap();
        assert_eq!(
            loaded.effective.len(),
            sections::SECTIONS.iter().flat_map(|s| s.keys).count()
        );
        for one in &loaded.effective {
            assert_eq!(
                one.value.to_string(),
                sections::find(one.key).unwrap().default,
                "{}",
                one.key
            );
        }
    }

    #[test]
    fn every_key_has_its_variable() {
        for spec in sections::SECTIONS.iter().flat_map(|section| section.keys) {
            let text = spec.default.trim_matches(|c| "\"[]".contains(c));
            let loaded = load_env(&[(&spec.variable(), text)]).unwrap();
            let one = loaded
                .effective
                .iter()
                .find(|one| one.key == spec.key)
                .unwrap();
            assert_eq!(
                one.origin,
                Origin::Env {
                    variable: spec.variable()
                }
            );
        }
    }

    #[test]
    fn ranges_are_enforced_and_their_ends_are_of_the_type() {
        for spec in sections::SECTIONS.iter().flat_map(|section| section.keys) {
            let Some((min, max)) = spec.range else {
                continue;
            };
            for end in [min, max] {
                let text = end.trim_matches('"');
                let problems = load_env(&[(&spec.variable(), text)]).err();
                let own = problems.map_or(Vec::new(), |error| error.problems);
                assert!(
                    own.iter().all(|one| !one.message.contains("between")),
                    "{own:?}"
                );
            }
        }
        let error = load_env(&[("SYMBOLON_TOKENS__REFRESH_GRACE", "61s")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "SYMBOLON_TOKENS__REFRESH_GRACE: tokens.refresh_grace: \
             \"61s\" is not between \"0s\" and \"60s\""
        );
    }

    #[test]
    fn variables_of_an_orchestrator_do_no_harm() {
        assert!(load_env(&[("SYMBOLON_SERVICE_HOST", "10.0.0.1")]).is_ok());
        assert!(load_env(&[("SYMBOLON_SERVER__NO_SUCH", "1")]).is_err());
    }

    #[test]
    fn keys_are_checked_against_each_other() {
        let error = load_env(&[
            ("SYMBOLON_TOKENS__ACCESS_LIFETIME", "2h"),
            ("SYMBOLON_SESSIONS__BROWSER_IDLE", "13h"),
            ("SYMBOLON_SERVER__OPS_LISTEN", "127.0.0.1:8080"),
        ])
        .unwrap_err();
        assert_eq!(error.problems.len(), 3, "{error}");
        let permitted = [
            ("SYMBOLON_TOKENS__ACCESS_LIFETIME", "2h"),
            ("SYMBOLON_TOKENS__ALLOW_LONG_ACCESS_TOKENS", "true"),
        ];
        assert!(load_env(&permitted).is_ok());
    }
}
