//! `symbolon completions SHELL`: what the shell needs to complete our command lines.

use clap::{Command, CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;
use serde_json::json;

use crate::{
    args::Cli,
    commands::{Context, Exit, Outcome},
    output,
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// The command line without what is hidden, which the generators for some shells offer all the same.
fn offered(whole: &Command) -> Command {
    let visible = whole.get_subcommands().filter(|one| !one.is_hide_set());
    Command::new("symbolon")
        .about(whole.get_about().cloned().unwrap_or_default())
        .version(env!("CARGO_PKG_VERSION"))
        .args(whole.get_arguments())
        .subcommands(visible)
}

impl Completions {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        let mut script = Vec::new();
        let mut command = offered(&Cli::command());
        clap_complete::generate(self.shell, &mut command, "symbolon", &mut script);
        let script = String::from_utf8_lossy(&script);
        if context.global.json {
            let shell = self.shell.to_possible_value();
            let shell = shell.as_ref().map(|value| value.get_name());
            output::json(&json!({"shell": shell, "script": script}))?;
        } else {
            output::print(&script)?;
        }
        Ok(Exit::Success)
    }
}
