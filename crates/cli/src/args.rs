//! The command line: what is said for every command, and the list of commands.

use std::path::PathBuf;

use clap::Parser;

use crate::{
    commands::Command,
    config::{Flag, Sources},
    failure::Failure,
};

/// One identity, two credentials, one revocation: an authentication server whose sessions and
/// tokens can be revoked alike.
#[derive(Debug, Parser)]
#[command(
    name = "symbolon",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 ok, 1 a check failed, 2 usage or configuration, 3 unreachable or in use."
)]
pub struct Cli {
    /// What is said for every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What is said for every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Global {
    /// Prints one JSON document instead of text for people.
    #[arg(long, global = true)]
    pub json: bool,
    /// The data directory (server.data_dir).
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// The configuration file, instead of symbolon.toml here or in the data directory.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Global {
    /// For commands that read no configuration: a flag that does nothing is a mistake.
    ///
    /// # Errors
    /// [`Exit::Usage`](crate::failure::Exit::Usage) if one of the flags was given.
    pub fn refuse_configuration(&self) -> Result<(), Failure> {
        let flag = match (&self.config, &self.data_dir) {
            (Some(_), _) => "--config",
            (None, Some(_)) => "--data-dir",
            (None, None) => return Ok(()),
        };
        Err(Failure::usage(format_args!(
            "{flag} has no meaning here: this command reads neither configuration nor data directory"
        )))
    }

    /// Where the configuration is read from; `flags` are the command's own.
    #[must_use]
    pub fn sources(&self, flags: impl IntoIterator<Item = Flag>) -> Sources {
        let data_dir = self.data_dir.clone().map(|value| Flag {
            flag: "--data-dir",
            key: "server.data_dir",
            value,
        });
        Sources {
            file: self.config.clone(),
            env: std::env::vars_os().collect(),
            flags: data_dir.into_iter().chain(flags).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
