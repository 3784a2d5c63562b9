//! `symbolon backup`: all that the store holds, in one file.

use std::{
    io,
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use symbolon_core::Clock as _;
use tempfile::NamedTempFile;

use crate::{
    commands::{Context, Exit, Outcome, block_on},
    config::{self, Config, MasterKeySource},
    data_dir::DataDir,
    failure::Failure,
    moment, output,
    system::SystemClock,
    text::visible,
    wiring::{Archive, Contents},
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The file; made with mode 0600, whole or not at all.
    file: PathBuf,
    /// Replaces a file that is there.
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        self.check_name()?;
        let config = config::load(&context.global.sources([]))?.config;
        let at = SystemClock.now().as_secs();
        // Temporary files have mode 0600.
        let target = tempfile::Builder::new()
            .prefix(".symbolon-backup-")
            .tempfile_in(self.directory())
            .map_err(|error| self.unwritable(&error))?;
        block_on(async {
            let bar = bytes_bar();
            let progress = |done, of| follow(&bar, done, of);
            let saved = Archive::of(&config).save(target.path(), &progress).await;
            bar.finish_and_clear();
            saved
        })?;
        let contents = Archive::contents(target.path())?;
        self.keep(target)?;
        let key = master_key(&config);
        if context.global.json {
            output::json(&json!({
                "file": self.file.display().to_string(),
                "at": at,
                "master_key": key,
                "contents": as_json(&contents),
            }))?;
        } else {
            self.tell(&contents, at, &key)?;
        }
        Ok(Exit::Success)
    }

    fn check_name(&self) -> Result<(), Failure> {
        if self.file == Path::new("-") {
            return Err(Failure::usage("a backup is not written to standard output")
                .hint("name a file; ./- is one of that name"));
        }
        if self.file.file_name().is_none() {
            return Err(Failure::usage("that names no file"));
        }
        if !self.force && self.file.symlink_metadata().is_ok() {
            return Err(self.exists());
        }
        Ok(())
    }

    fn exists(&self) -> Failure {
        Failure::usage(format_args!("{} is there already", self.file.display()))
            .hint("--force replaces it")
    }

    fn directory(&self) -> &Path {
        let parent = self.file.parent();
        let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or(Path::new("."))
    }

    /// Gives the copy, which is on the disk, its name.
    fn keep(&self, copy: NamedTempFile) -> Result<(), Failure> {
        let kept = if self.force {
            copy.persist(&self.file)
        } else {
            copy.persist_noclobber(&self.file)
        };
        match kept {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(self.exists());
            }
            Err(error) => return Err(self.unwritable(&error.error)),
        }
        let directory = std::fs::File::open(self.directory());
        directory
            .and_then(|directory| directory.sync_all())
            .map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        Failure::unreachable(format_args!("{}: {error}", self.file.display()))
    }

    fn tell(&self, contents: &Contents, at: i64, key: &str) -> io::Result<()> {
        let file = self.file.display().to_string();
        let at = moment::utc(at).unwrap_or_default();
        output::line(&format!("{} holds, as of {at}:", visible(&file)))?;
        for line in in_words(contents) {
            output::line(&format!("  {line}"))?;
        }
        output::note(&format!(
            "It is of no use without the master key, which is not in it: keep a copy of {} elsewhere.",
            visible(key)
        ));
        Ok(())
    }
}

/// Where the master key is.
fn master_key(config: &Config) -> String {
    match &config.master_key {
        MasterKeySource::Given { origin, .. } => origin.to_string(),
        MasterKeySource::DataDirectory => DataDir::master_key_in(&config.server.data_dir)
            .display()
            .to_string(),
    }
}

/// What a database holds, a line for each thing.
pub(super) fn in_words(contents: &Contents) -> [String; 3] {
    [
        format!(
            "{} accounts, {} live sessions, {} live grants",
            contents.accounts, contents.sessions, contents.grants
        ),
        format!(
            "the revocation log up to entry {}, epoch {}",
            contents.head,
            visible(&contents.epoch)
        ),
        format!("schema {}", contents.schema_version),
    ]
}

/// The same as JSON.
pub(super) fn as_json(contents: &Contents) -> Value {
    json!({
        "accounts": contents.accounts,
        "sessions": contents.sessions,
        "grants": contents.grants,
        "head": contents.head,
        "epoch": contents.epoch,
        "schema_version": contents.schema_version,
        "latest": contents.latest.as_secs(),
    })
}

/// A bar for bytes, on a terminal.
pub(super) fn bytes_bar() -> ProgressBar {
    bar("  {bar:30} {percent:>3} %  {bytes} of {total_bytes}, {eta} left")
}

/// A bar on a terminal, nothing elsewhere.
pub(super) fn bar(template: &str) -> ProgressBar {
    if !io::IsTerminal::is_terminal(&io::stderr()) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Moves a bar.
pub(super) fn follow(bar: &ProgressBar, done: u64, of: u64) {
    bar.set_length(of);
    bar.set_position(done);
}
