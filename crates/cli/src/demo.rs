//! The demo: a server and an API as processes of their own, and a story told step by step. It goes
//! on only while every step comes out as expected.

mod client;
pub(crate) mod orders;
mod processes;
mod report;
mod steps;
mod token;

use crate::{failure::Failure, output};

use client::Client;
use processes::Processes;
use report::Report;

/// The audience of the sample API, and one of the same API whose tokens live for a second.
const AUDIENCE: &str = "orders";
const SHORT_LIVED: &str = "orders-short-lived";
/// The grace window of refresh tokens, shortened so that the demo need not wait for it.
const GRACE_MS: u64 = 1_000;

/// Tells the story; whether every step was as expected.
pub(crate) async fn run(keep: bool, json: bool) -> Result<bool, Failure> {
    let mut report = Report::new(json);
    let mut processes = Processes::prepare()?;
    let client = Client::new(&processes)?;
    let told = match start(&mut processes, &client, &mut report).await {
        Ok(()) => steps::tell(&client, &mut report).await,
        Err(failure) => Err(failure),
    };
    let good = report.finish(told.as_ref())?;
    if !good {
        output::note(&processes.last_words());
    }
    if keep && good {
        report.note(&processes.invitation(&client));
        // The processes end with this one, on the terminal's interrupt.
        let _ = tokio::signal::ctrl_c().await;
    }
    processes.stop().await;
    Ok(good)
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
