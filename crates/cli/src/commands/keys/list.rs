//! `symbolon keys list`

use super::show;
use crate::{
    admin::Target,
    commands::{Context, Exit, Outcome, block_on},
};

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    target: Target,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let found = block_on(async { self.target.connect(context).await?.keys().await })?;
        show(&found, context)?;
        Ok(Exit::Success)
    }
}
