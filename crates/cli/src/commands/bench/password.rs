//! `symbolon bench password`.

use super::Options;
use crate::{
    bench::password,
    commands::{Context, Outcome},
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Password {
    #[command(flatten)]
    options: Options,
}

impl Password {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        let report = password::run(self.options.effort()?)?;
        self.options.conclude(&report, context)
    }
}
