//! `symbolon migrate`: brings the database's schema up to date, or says whether it is.

use serde_json::json;

use crate::{
    commands::{Context, Exit, Outcome, block_on},
    config, output,
    wiring::{SchemaState, migrate},
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// Changes nothing; exit code 1 says that migrations are pending.
    #[arg(long)]
    check: bool,
}

impl Migrate {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        let config = config::load(&context.global.sources([]))?.config;
        let state = block_on(migrate(&config, self.check))?;
        let SchemaState { version, known } = state;
        if context.global.json {
            let pending = self.check && state.is_pending();
            output::json(&json!({"version": version, "known": known, "pending": pending}))?;
        } else {
            output::line(&said(state, self.check))?;
        }
        Ok(if self.check && state.is_pending() {
            Exit::Failed
        } else {
            Exit::Success
        })
    }
}

fn said(state: SchemaState, check: bool) -> String {
    let SchemaState { version, known } = state;
    match (state.is_pending(), check) {
        (false, _) => format!(
            "{} the schema is {version}; this release knows {known}",
            output::styled(output::GOOD, "up to date:")
        ),
        (true, true) => format!("pending: the schema is {version}, this release needs {known}"),
        (true, false) => format!(
            "{} the schema was {version} and is {known}",
            output::styled(output::GOOD, "migrated:")
        ),
    }
}
