//! `symbolon bench session`.

use super::Options;
use crate::{
    bench::session,
    commands::{Context, Outcome},
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Session {
    #[command(flatten)]
    options: Options,
}

impl Session {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        let report = session::run(self.options.effort()?)?;
        self.options.conclude(&report, context)
    }
}
