//! `symbolon bench verify`.

use super::Options;
use crate::{
    bench::verify,
    commands::{Context, Outcome},
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    #[command(flatten)]
    options: Options,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        let report = verify::run(self.options.effort()?)?;
        self.options.conclude(&report, context)
    }
}
