//! `symbolon demo`: the main job, shown.

use crate::{
    commands::{Context, Exit, Outcome},
    demo,
    failure::Failure,
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Leaves everything running at the end, and says where and with which login.
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::unreachable(format_args!("no runtime: {error}")))?;
        let good = runtime.block_on(demo::run(self.keep, context.global.json))?;
        Ok(if good { Exit::Success } else { Exit::Failed })
    }
}
