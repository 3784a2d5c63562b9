//! `symbolon accounts export`: everything that is kept about one person.

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    admin::Target,
    commands::{Context, Exit, Outcome, block_on},
    failure::Failure,
    output,
};

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The account's id or identifier.
    account: String,
    /// Writes a new file that only its owner can read, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

impl Export {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let document = block_on(async {
            let client = self.target.connect(context).await?;
            let id = client.resolve(&self.account).await?;
            client.export(id).await
        })?;
        match &self.output {
            Some(path) => write(path, &document)?,
            None => output::json(&document)?,
        }
        Ok(Exit::Success)
    }
}

/// A file that is there already may be somebody's, or readable by somebody: it is never written over.
fn write(path: &Path, document: &Value) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format_args!("{}: {error}", path.display()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    writeln!(file, "{document:#}").map_err(failed)
}
