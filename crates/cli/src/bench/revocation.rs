//! From the moment before a session is ended to the moment at which each of many verifiers refuses
//! its token. The server is a process of its own; the verifiers are the crate that services embed,
//! each with its own connection and its own copy of the log.

mod server;

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::StatusCode;
use symbolon_jose::Algorithm;
use symbolon_protocol::RejectReason;
use symbolon_verifier::Verifier;
use tokio::task::JoinSet;

use super::{
    Effort, Progress, Report, failed,
    figure::{Figure, Goal, Unit},
    local::{AUDIENCE, PATIENCE, runtime},
    race::{median, percentile},
    stopwatch::Stopwatch,
    unreachable,
};
use crate::{
    demo::client::{Client, Login},
    failure::Failure,
    signals::Signals,
};
use server::Server;

const PANEL: &str = "From before a session's end to the refusal of its token";
/// Milliseconds after which 99 of 100 verifiers refuse.
const GOAL: f64 = 50.0;
const ROUNDS: usize = 30;
const QUICK_ROUNDS: usize = 3;
/// Verifiers that are built at once.
const BUILT_AT_ONCE: usize = 16;
/// How long a verifier may go on accepting before that is a failure.
const LIMIT: Duration = Duration::from_secs(30);

/// Measures.
pub(crate) fn run(verifiers: usize, effort: Effort) -> Result<Report, Failure> {
    // Each verifier holds a connection, of which this process has one end.
    crate::serve::raise_connections();
    runtime()?.block_on(until_interrupted(verifiers, effort))
}

/// Whatever ends it, nothing of it is left.
async fn until_interrupted(verifiers: usize, effort: Effort) -> Result<Report, Failure> {
    let mut signals = Signals::new()?;
    let mut server = Server::prepare()?;
    let measured = tokio::select! {
        measured = measure(&mut server, verifiers, effort) => measured,
        () = signals.wait() => Err(failed("interrupted")),
    };
    server.stop().await;
    measured
}

async fn measure(server: &mut Server, verifiers: usize, effort: Effort) -> Result<Report, Failure> {
    let mut report = Report::new("revocation", effort.quick);
    let progress = Progress::new(2);
    progress.step("a throwaway server and its verifiers");
    let client = server.start().await?;
    let registered = client.register().await.map_err(failed)?;
    registered.expect(StatusCode::CREATED).map_err(failed)?;
    let verifiers = build(server, verifiers, &progress).await?;
    progress.step("ending sessions");
    let rounds = if effort.quick { QUICK_ROUNDS } else { ROUNDS };
    let mut all = Times::default();
    for round in 0..rounds {
        end_one(&client, &verifiers, &mut all).await?;
        progress.part(round + 1, rounds);
    }
    progress.finish();
    conclude(&mut report, all, verifiers.len());
    Ok(report)
}

/// Milliseconds.
#[derive(Default)]
struct Times {
    /// Until the server had answered that the session is ended, one a round.
    acknowledged: Vec<f64>,
    /// Until a verifier refused, one a verifier and round.
    refused: Vec<f64>,
}

async fn build(
    server: &Server,
    count: usize,
    progress: &Progress,
) -> Result<Vec<Verifier>, Failure> {
    let mut verifiers = Vec::with_capacity(count);
    let mut building = stream::iter(0..count)
        .map(|_| verifier(server.url()))
        .buffer_unordered(BUILT_AT_ONCE);
    while let Some(verifier) = building.try_next().await? {
        verifiers.push(verifier);
        progress.part(verifiers.len(), count);
    }
    Ok(verifiers)
}

async fn verifier(issuer: &str) -> Result<Verifier, Failure> {
    let verifier = Verifier::builder(issuer)
        .audience(AUDIENCE)
        .algorithms([Algorithm::EdDSA])
        .cache_bytes(64 * 1024)
        .build()
        .await
        .map_err(unreachable)?;
    if verifier.wait_until_live(PATIENCE).await {
        Ok(verifier)
    } else {
        Err(unreachable("a verifier did not get the log"))
    }
}

/// Logs in, lets every verifier accept the token, ends the session, and waits for every refusal.
async fn end_one(client: &Client, verifiers: &[Verifier], all: &mut Times) -> Result<(), Failure> {
    let answer = client.log_in(&["cookie", "tokens"], Some(AUDIENCE)).await;
    let answer = answer.and_then(|answer| answer.expect(StatusCode::OK));
    let login = Login::of(&answer.map_err(failed)?).map_err(failed)?;
    for verifier in verifiers {
        verifier.verify(&login.access).map_err(failed)?;
    }
    let mut watching = JoinSet::new();
    for verifier in verifiers {
        watching.spawn(refusal(verifier.clone(), login.access.clone()));
    }
    // Nothing of the end has happened yet: the request, the commit and its way here all count.
    let before = Stopwatch::start();
    let ended = client.end_session(&login.cookie, &login.session).await;
    all.acknowledged.push(millis(before.elapsed()));
    ended
        .and_then(|answer| answer.expect(StatusCode::OK))
        .map_err(failed)?;
    while let Some(refused) = watching.join_next().await {
        let refused = refused.map_err(failed)??;
        all.refused.push(millis(refused.since(before)));
    }
    Ok(())
}

/// Asks `verify` after every change that the verifier hears of; when it refused.
async fn refusal(verifier: Verifier, token: String) -> Result<Stopwatch, Failure> {
    let refuses = || verifier.verify(&token).is_err();
    if !verifier.wait_until(LIMIT, |_| refuses()).await {
        return Err(failed(
            "a verifier still accepts the token of an ended session",
        ));
    }
    let at = Stopwatch::start();
    match verifier.verify(&token) {
        Err(rejection) if rejection.reason() == RejectReason::RevokedSession => Ok(at),
        Err(rejection) => Err(failed(format_args!("a verifier refused for {rejection}"))),
        Ok(_) => Err(failed("a verifier accepts what it has refused")),
    }
}

fn conclude(report: &mut Report, mut all: Times, verifiers: usize) {
    let p50 = percentile(&mut all.refused, 50);
    let p99 = percentile(&mut all.refused, 99);
    let most = percentile(&mut all.refused, 100);
    let acknowledged = median(all.acknowledged);
    let beside = ("end acknowledged", acknowledged);
    let figure = |name, value| Figure::value(PANEL, name, Unit::Milliseconds, value, beside);
    let more = vec![("p50_ms", p50), ("p99_ms", p99), ("max_ms", most)];
    report.figures = vec![
        figure("revocation/p50", p50).label("half of the verifiers refuse"),
        Figure {
            more: more.clone(),
            ..figure("revocation/refused", p99)
        }
        .label("99 of 100 refuse")
        .goal(Goal::Most(GOAL)),
        figure("revocation/max", most).label("all refuse"),
    ];
    report.more = more;
    report.more.push(("verifiers", verifiers as f64));
    report.meaning = format!(
        "With {verifiers} verifiers, a token is refused by half of them {p50:.1} ms and by 99 of \
         100 {p99:.1} ms after its session's end was asked for; a JWT alone would have been good \
         until it expired.",
    );
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}
