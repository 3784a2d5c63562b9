//! `symbolon completions SHELL`: what the shell needs to complete our command lines.

use clap::{CommandFactory as _, ValueEnum as _};
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

impl Completions {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        let mut script = Vec::new();
        let mut command = Cli::command();
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
