//! `symbolon openapi`: the document that a server serves at `/api/openapi.json`, without a server.

use crate::{
    commands::{Context, Exit, Outcome},
    output,
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Openapi {}

impl Openapi {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        output::print(symbolon_server::openapi_json())?;
        Ok(Exit::Success)
    }
}
