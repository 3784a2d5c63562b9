//! The demo: a server and an API as processes of their own, and a story told step by step. It goes
//! on only while every step comes out as expected.

pub(crate) mod client;
pub(crate) mod orders;
mod processes;
mod report;
mod steps;
mod token;

use crate::{
    failure::{Exit, Failure},
    output,
    signals::Signals,
};

use client::Client;
use processes::Processes;
use report::Report;

/// The audience of the sample API, and one of the same API whose tokens live for a second.
const AUDIENCE: &str = "orders";
const SHORT_LIVED: &str = "orders-short-lived";
/// The grace window of refresh tokens, shortened so that the demo need not wait for it.
const GRACE_MS: u64 = 1_000;

/// Tells the story; whether every step was as expected. Whatever ends it, nothing of it is left.
pub(crate) async fn run(keep: bool, json: bool) -> Result<bool, Failure> {
    let mut signals = Signals::new()?;
    let mut report = Report::new(json);
    let mut processes = Processes::prepare()?;
    let client = Client::new(processes.issuer(), processes.orders())?;
    let told = tokio::select! {
        told = tell(&mut processes, &client, &mut report) => told,
        () = signals.wait() => Err(Failure::new(Exit::Failed, "interrupted")),
    };
    let good = report.finish(told.as_ref())?;
    if good && keep {
        report.note(&processes.invitation(&client));
        signals.wait().await;
    } else if !good {
        output::note(&processes.last_words());
    }
    processes.stop().await;
    Ok(good)
}

async fn tell(
    processes: &mut Processes,
    client: &Client,
    report: &mut Report,
) -> Result<f64, Failure> {
    start(processes, client, report).await?;
    steps::tell(client, report).await
}

async fn start(
    processes: &mut Processes,
    client: &Client,
    report: &mut Report,
) -> Result<(), Failure> {
    let server = processes.start_server(client);
    report
        .step("the server starts on an empty directory", server)
        .await?;
    let orders = processes.start_orders(client);
    report
        .step("an API starts that knows the server's URL alone", orders)
        .await
}

/// Lets the kernel ask this process to stop when the demo is gone, however that ended.
pub(crate) fn end_with_parent(parent: u32) -> Result<(), Failure> {
    let failed = |why: &dyn std::fmt::Display| {
        Failure::unreachable(format_args!("no parent to follow: {why}"))
    };
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
        .map_err(|error| failed(&error))?;
    // One that was gone before the kernel knew is asked for by hand.
    let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    if now.and_then(|pid| u32::try_from(pid).ok()) == Some(parent) {
        Ok(())
    } else {
        Err(failed(&"it is gone"))
    }
}
