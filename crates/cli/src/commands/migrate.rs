//! `symbolon migrate`: brings the database's schema up to date, or says whether it is.

use serde_json::json;
use symbolon_store::postgres::{self, OpenError, SchemaState};

use crate::{
    commands::{Context, Exit, Outcome, block_on},
    config::{self, StoreUrl},
    failure::Failure,
    output,
    system::SystemEntropy,
    wiring::postgres_options,
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
        let StoreUrl::Postgres(url) = &config.store.url else {
            return Err(Failure::usage(
                "the store is SQLite, whose schema every start brings up to date",
            )
            .hint("this command is for store.url = \"postgres://…\""));
        };
        let options = postgres_options(&config, url);
        let state = if self.check {
            block_on(async { postgres::check(&options).await.map_err(failed) })?
        } else {
            let migrated = async { postgres::migrate(&options, &SystemEntropy).await };
            block_on(async { migrated.await.map_err(failed) })?
        };
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

fn failed(error: OpenError) -> Failure {
    let is_refused = matches!(error, OpenError::TooNew { .. } | OpenError::NotSymbolon);
    let failure = Failure::unreachable(format_args!("the store: {error}"));
    if is_refused {
        failure.hint("run the release that made it, or name another database")
    } else {
        failure
    }
}
