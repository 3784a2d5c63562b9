//! `symbolon bench revocation`.

use super::Options;
use crate::{
    bench::revocation,
    commands::{Context, Outcome},
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Revocation {
    /// How many verifiers follow the server, each with a connection of its own.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    verifiers: u16,
    #[command(flatten)]
    options: Options,
}

impl Revocation {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        let report = revocation::run(usize::from(self.verifiers), self.options.effort()?)?;
        self.options.conclude(&report, context)
    }
}
