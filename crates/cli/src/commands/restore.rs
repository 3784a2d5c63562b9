//! `symbolon restore`: brings a backup back, so that nothing of what was ended since is good again.

use std::path::PathBuf;

use serde_json::json;
use symbolon_core::{
    model::{Actor, AuditContext},
    service::{Renewed, RestoredCredentials},
};

use super::backup::{as_json, bar, bytes_bar, follow, in_words};
use crate::{
    commands::{Context, Exit, Outcome, block_on},
    config::{self, Config, MasterKeySource, master_key::FirstStart},
    data_dir::{DataDir, LockedDataDir},
    failure::Failure,
    log_head, moment, output, prompt,
    system::SystemEntropy,
    text::visible,
    wiring::{Archive, Contents, Source},
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// What `symbolon backup` has written.
    #[arg(required_unless_present = "in_place")]
    file: Option<PathBuf>,
    /// Does the same to the database that is there, which was brought back by other means.
    #[arg(long, conflicts_with = "file")]
    in_place: bool,
    /// Ends nothing and keeps the keys: sessions, grants and tokens that were ended after the backup
    /// was made are good again wherever that is not remembered.
    #[arg(long)]
    dangerous_keep_sessions: bool,
    /// Does not ask.
    #[arg(long, short)]
    yes: bool,
}

/// What was done.
struct Done {
    contents: Contents,
    renewed: Renewed,
    aside: Option<PathBuf>,
}

impl Restore {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        if !self.yes && !prompt::is_interactive() {
            return Err(Failure::usage("nothing is restored without being asked")
                .hint("--yes restores where nobody can be asked"));
        }
        let config = config::load(&context.global.sources([]))?.config;
        let done = block_on(self.restore(&config))?;
        if context.global.json {
            output::json(&done.to_json())?;
        } else {
            self.tell(&done)?;
        }
        Ok(Exit::Success)
    }

    fn source(&self) -> Source<'_> {
        self.file.as_deref().map_or(Source::InPlace, Source::File)
    }

    async fn restore(&self, config: &Config) -> Result<Done, Failure> {
        let data = lock(config)?;
        let archive = Archive::of(config);
        let contents = archive.source_contents(self.source()).await?;
        // Before a large file is copied in vain.
        config
            .master_key
            .open(&data, FirstStart::No, &SystemEntropy)?;
        if !self.yes {
            self.ask(&contents)?;
        }
        let copying = bytes_bar();
        let progress = |done, of| follow(&copying, done, of);
        let staged = archive.stage(self.source(), &progress).await;
        copying.finish_and_clear();
        let staged = staged?;
        let open = staged.open(config, &data).await?;
        let credentials = if self.dangerous_keep_sessions {
            RestoredCredentials::DangerousKeep
        } else {
            RestoredCredentials::End
        };
        let ending = bar("  {bar:30} {percent:>3} %  {pos} of {len} sessions and grants ended");
        let all = contents.sessions + contents.grants;
        let renewed = open
            .issuer
            .renew(credentials, audit(), |ended| {
                let so_far = u64::from(ended.sessions) + u64::from(ended.grants);
                follow(&ending, so_far, all);
            })
            .await;
        ending.finish_and_clear();
        let renewed =
            renewed.map_err(|error| Failure::unreachable(format_args!("the store: {error}")))?;
        let position = open.issuer.log_position();
        open.close().await;
        let aside = staged.install()?;
        log_head::note_restored(&data, position);
        Ok(Done {
            contents,
            renewed,
            aside,
        })
    }

    fn ask(&self, contents: &Contents) -> Result<(), Failure> {
        match &self.file {
            Some(file) => output::note(&format!("{} holds:", visible(&file.to_string_lossy()))),
            None => output::note("the database holds:"),
        }
        for line in in_words(contents) {
            output::note(&format!("  {line}"));
        }
        if let Some(latest) = moment::utc(contents.latest.as_secs()) {
            output::note(&format!("  last used at about {latest}"));
        }
        let what = if self.dangerous_keep_sessions {
            "What was ended since then may be good again."
        } else {
            "Everybody will be logged out."
        };
        if prompt::line(&format!("{what} Type yes to restore it: "))? == "yes" {
            return Ok(());
        }
        Err(Failure::new(Exit::Failed, "nothing was restored"))
    }

    fn tell(&self, done: &Done) -> std::io::Result<()> {
        let Renewed {
            epoch, ended, keys, ..
        } = &done.renewed;
        for line in in_words(&done.contents) {
            output::line(&line)?;
        }
        output::line(&format!(
            "The revocation log has the new epoch {}.",
            visible(epoch)
        ))?;
        if self.dangerous_keep_sessions {
            output::line("Sessions, grants and keys are as they were.")?;
        } else {
            output::line(&format!(
                "{} sessions and {} grants were ended.",
                ended.sessions, ended.grants
            ))?;
            output::line(&format!(
                "{} keys were revoked; {} others and another server secret take their place.",
                keys.revoked.len(),
                keys.activated.len()
            ))?;
        }
        if let Some(aside) = &done.aside {
            output::line(&format!(
                "The database that was here is {} now.",
                visible(&aside.display().to_string())
            ))?;
        }
        Ok(())
    }
}

impl Done {
    fn to_json(&self) -> serde_json::Value {
        let Renewed {
            epoch, ended, keys, ..
        } = &self.renewed;
        json!({
            "contents": as_json(&self.contents),
            "epoch": epoch,
            "sessions_ended": ended.sessions,
            "grants_ended": ended.grants,
            "revoked": keys.revoked,
            "activated": keys.activated,
            "server_secret": keys.server_secret,
            "moved_aside": self.aside.as_ref().map(|path| path.display().to_string()),
        })
    }
}

/// Takes the directory for us alone. One that is not there can only be made if the master key does
/// not have to be in it.
fn lock(config: &Config) -> Result<LockedDataDir, Failure> {
    let path = &config.server.data_dir;
    let data = match &config.master_key {
        MasterKeySource::Given { .. } => DataDir::open(path)?,
        MasterKeySource::DataDirectory => DataDir::existing(path)?,
    };
    data.lock()
        .map_err(|error| Failure::from(error).hint("a restore needs the server stopped"))
}

fn audit() -> AuditContext {
    AuditContext {
        actor: Actor::Cli {
            uid: rustix::process::getuid().as_raw(),
        },
        request_id: None,
    }
}
