//! Requests at a constant rate against running servers, whatever they answer and however slowly.
//!
//! Open loop: every request has its moment, set before the first is sent. A server that stalls
//! does not slow the requests down, and what waits behind the stall is counted from the moment at
//! which it was due. The one thing that must not be broken: a request that was due is in the
//! figures, answered or not.

mod account;
mod caller;
mod mix;
mod report;
mod tally;

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use symbolon_core::EntropyExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{Progress, failed, local::runtime, stopwatch::Stopwatch, unreachable};
use crate::{failure::Failure, signals::Signals, system::SystemEntropy};
pub(crate) use account::Account;
use account::Pool;
use caller::{Caller, Trouble};
pub(crate) use mix::{Deed, Mix};
pub(crate) use report::LoadReport;
use tally::Tally;

/// Log-ins and registrations at once while everything is made ready.
const READIED_AT_ONCE: usize = 4;

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Where requests go, in turns.
    pub(crate) targets: Vec<url::Url>,
    /// What the `Host` header says, if it is not the target's own.
    pub(crate) issuer: Option<url::Url>,
    pub(crate) mix: Mix,
    /// Requests a second.
    pub(crate) rate: u32,
    pub(crate) duration: Duration,
    /// Sessions that are there before the first request is due.
    pub(crate) sessions: usize,
    /// Requests that wait for an answer at once, at most.
    pub(crate) in_flight: usize,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
    /// Who logs in.
    pub(crate) accounts: Accounts,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub(crate) enum Accounts {
    /// So many, registered for the run.
    Register(usize),
    /// These.
    Given(Vec<Account>),
}

/// Carries the plan out.
pub(crate) fn run(plan: &Plan) -> Result<LoadReport, Failure> {
    crate::serve::raise_connections();
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        tokio::select! {
            report = carry_out(plan) => report,
            () = signals.wait() => Err(failed("interrupted")),
        }
    })
}

async fn carry_out(plan: &Plan) -> Result<LoadReport, Failure> {
    let caller = Arc::new(Caller::new(plan)?);
    let progress = Progress::new(2);
    progress.step("accounts and sessions");
    let pool = Arc::new(Pool::new(accounts(plan, &caller).await?));
    fill(plan, &caller, &pool, &progress).await?;
    progress.step("requests");
    let report = send(plan, &caller, &pool, &progress).await;
    progress.finish();
    report
}

async fn accounts(plan: &Plan, caller: &Caller) -> Result<Vec<Account>, Failure> {
    let count = match &plan.accounts {
        Accounts::Given(accounts) => return Ok(accounts.clone()),
        Accounts::Register(count) => *count,
    };
    let new: Vec<_> = (0..count).map(|_| Account::random()).collect();
    stream::iter(&new)
        .map(|account| caller.register(account))
        .buffer_unordered(READIED_AT_ONCE)
        .try_collect::<()>()
        .await
        .map_err(|trouble| {
            unreachable(format_args!(
                "cannot register an account ({trouble}): open the registration there, or name \
                 accounts with --users"
            ))
        })?;
    Ok(new)
}

async fn fill(
    plan: &Plan,
    caller: &Caller,
    pool: &Pool,
    progress: &Progress,
) -> Result<(), Failure> {
    let mut logging_in = stream::iter(0..plan.sessions)
        .map(|number| async move { caller.log_in(pool.account(number)?).await })
        .buffer_unordered(READIED_AT_ONCE);
    let mut ready = 0;
    while let Some(held) = logging_in.next().await {
        pool.put(held.map_err(|trouble| unreachable(format_args!("cannot log in: {trouble}")))?);
        ready += 1;
        progress.part(ready, plan.sessions);
    }
    Ok(())
}

async fn send(
    plan: &Plan,
    caller: &Arc<Caller>,
    pool: &Arc<Pool>,
    progress: &Progress,
) -> Result<LoadReport, Failure> {
    let places = Arc::new(Semaphore::new(plan.in_flight));
    let every = Duration::from_secs(1) / plan.rate;
    let total = (plan.duration.as_secs_f64() * f64::from(plan.rate)).round() as u32;
    let mut tally = Tally::new()?;
    let mut answers = JoinSet::new();
    let start = Stopwatch::start();
    for number in 0..total {
        let due = every * number;
        if let Some(early) = due.checked_sub(start.elapsed()) {
            tokio::time::sleep(early).await;
        }
        while let Some(answer) = answers.try_join_next() {
            tally.count(answer.map_err(failed)?);
        }
        let deed = plan.mix.pick(u64::from_le_bytes(SystemEntropy.bytes()));
        // Whoever has no place is not sent, and is counted.
        let place = Arc::clone(&places).try_acquire_owned().ok();
        let (caller, pool) = (Arc::clone(caller), Arc::clone(pool));
        answers.spawn(async move {
            let outcome = perform(&caller, &pool, deed, number as usize, place).await;
            let took = start.elapsed().saturating_sub(due);
            Answer {
                deed,
                outcome,
                took,
            }
        });
        progress.part(number as usize, total as usize);
    }
    let sending = start.elapsed();
    while let Some(answer) = answers.join_next().await {
        tally.count(answer.map_err(failed)?);
    }
    Ok(LoadReport::new(plan, sending, tally))
}

/// What became of a request.
struct Answer {
    deed: Deed,
    outcome: Result<(), Trouble>,
    /// From the moment at which it was due.
    took: Duration,
}

async fn perform(
    caller: &Caller,
    pool: &Pool,
    deed: Deed,
    number: usize,
    place: Option<OwnedSemaphorePermit>,
) -> Result<(), Trouble> {
    let _place = place.ok_or(Trouble::NotSent)?;
    match deed {
        Deed::Login => pool.put(caller.log_in(pool.account(number)?).await?),
        Deed::Check => caller.check(&*pool.lend()?).await?,
        Deed::Refresh => {
            let held = pool.take()?;
            // What comes of it is unknown after a failure: the session is not used again.
            pool.put(caller.refresh(&held).await?);
        }
        Deed::Revoke => caller.end(&*pool.take()?).await?,
    }
    Ok(())
}
