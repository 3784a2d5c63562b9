//! `symbolon serve`: runs the server.

use crate::{
    commands::{Context, Exit, Outcome},
    config::{self, Flag},
    failure::Failure,
    serve,
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Where the public listener binds (server.listen).
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where health checks and metrics are served, or "off" (server.ops_listen).
    #[arg(long, value_name = "ADDR")]
    ops_listen: Option<String>,
    /// Stops when this process, which started this one, is gone.
    #[arg(long, hide = true, value_name = "PID")]
    end_with_parent: Option<u32>,
}

impl Serve {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        if let Some(parent) = self.end_with_parent {
            crate::demo::end_with_parent(parent)?;
        }
        let flags = [
            ("--listen", "server.listen", self.listen),
            ("--ops-listen", "server.ops_listen", self.ops_listen),
        ];
        let flags = flags
            .into_iter()
            .filter_map(|(flag, key, value)| value.map(|value| Flag { flag, key, value }));
        let loaded = config::load(&context.global.sources(flags))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::unreachable(format_args!("no runtime: {error}")))?;
        runtime.block_on(serve::run(&loaded))?;
        Ok(Exit::Success)
    }
}
