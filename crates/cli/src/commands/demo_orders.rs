//! `symbolon demo-orders`: the API that the demo calls. A process of its own, which knows the
//! issuer's URL and nothing else of it.

use std::net::SocketAddr;

use crate::{
    commands::{Context, Exit, Outcome, block_on},
    demo::orders,
};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct DemoOrders {
    /// The issuer's URL.
    #[arg(long)]
    issuer: String,
    /// The demo's process id; the API stops with it.
    #[arg(long)]
    parent: u32,
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
}

impl DemoOrders {
    pub(crate) fn run(self, _: &Context) -> Outcome {
        crate::demo::end_with_parent(self.parent)?;
        block_on(orders::serve(self.issuer, self.listen))?;
        Ok(Exit::Success)
    }
}
