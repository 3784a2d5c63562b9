//! Many ends in one transaction: they share the commit, and the log's lock while it lasts.
//!
//! A change whose account somebody else has locked is not waited for by the others: it goes on in a
//! transaction of its own. One that fails takes nothing of the others with it.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::join};
use symbolon_core::{
    model::Revocation,
    store::{Change, ChangeOutcome, ChangeRequest, StoreError},
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

use super::{Runner, Step, alone, apply, outcome};
use crate::postgres::{
    conn::Conn,
    failure::{Failure, Outcome},
    locks,
    query::{all, params},
    tx::Tx,
};

/// Changes that share a transaction at most.
const MOST: usize = 64;
/// Batches that are worked on at once: one may find its rows while another one commits.
const AT_ONCE: usize = 2;

type Answer = oneshot::Sender<Result<ChangeOutcome, StoreError>>;
type Waiting = (ChangeRequest, Answer);

/// Takes changes into batches.
pub(in crate::postgres) struct Batcher {
    queue: mpsc::Sender<Waiting>,
}

/// Whether a change shares its transaction: what it locks is one account and what is below it.
pub(super) const fn takes(change: &Change) -> bool {
    matches!(
        change,
        Change::EndSession { .. }
            | Change::EndSessions { .. }
            | Change::EndGrant { .. }
            | Change::RevokeToken { .. }
    )
}

impl Batcher {
    /// Starts taking changes; at most `queue` may wait. The task ends when the batcher is dropped or
    /// the runner is closed, after what waits then.
    pub(in crate::postgres) fn start(runner: Arc<Runner>, queue: usize) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(queue.max(1));
        (Self { queue }, tokio::spawn(take(runner, waiting)))
    }

    /// Makes a change, with others that come at the same time. A caller that goes away does not stop
    /// it.
    pub(super) async fn change(&self, request: ChangeRequest) -> Result<ChangeOutcome, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send((request, answer))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Saturated,
                mpsc::error::TrySendError::Closed(_) => {
                    StoreError::Unavailable("the store is closed".to_owned())
                }
            })?;
        answered.await.map_err(|_| {
            StoreError::OutcomeUnknown("the change ended without an answer".to_owned())
        })?
    }
}

async fn take(runner: Arc<Runner>, mut waiting: mpsc::Receiver<Waiting>) {
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        // What comes while all are at work is in the next one.
        let Ok(turn) = Arc::clone(&at_once).acquire_owned().await else {
            return;
        };
        let mut batch = Vec::new();
        tokio::select! {
            taken = waiting.recv_many(&mut batch, MOST) => if taken == 0 { break },
            () = runner.closed() => waiting.close(),
        }
        let runner = Arc::clone(&runner);
        tokio::spawn(async move {
            run(&runner, batch).await;
            drop(turn);
        });
    }
    // Those that were at work are done when all turns are there.
    drop(
        at_once
            .acquire_many(u32::try_from(AT_ONCE).unwrap_or(1))
            .await,
    );
}

async fn run(runner: &Arc<Runner>, batch: Vec<Waiting>) {
    let (requests, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let requests: Arc<[ChangeRequest]> = requests.into();
    if requests.len() < 2 {
        for (place, answer) in answers.into_iter().enumerate() {
            run_alone(runner, &requests, place, answer).await;
        }
        return;
    }
    let args = Arc::clone(&requests);
    let done = runner
        .transact(&args, &|tx, args| together(tx, args).boxed())
        .await;
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            for answer in answers {
                // A caller that has gone away needs no answer.
                let _gone = answer.send(Err(error.clone()));
            }
            return;
        }
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "a batch is far smaller than 2^52"
    )]
    metrics::histogram!("symbolon_store_batch_commands").record(requests.len() as f64);
    let mut entries = done.entries.into_iter();
    for (place, (ran, answer)) in done.value.into_iter().zip(answers).enumerate() {
        match ran {
            Ran::Applied(step, count) => {
                let own: Vec<Revocation> = entries.by_ref().take(count).collect();
                let _gone = answer.send(Ok(outcome(step, own)));
            }
            Ran::Failed(error) => {
                let _gone = answer.send(Err(error));
            }
            Ran::Contended => {
                let (runner, requests) = (Arc::clone(runner), Arc::clone(&requests));
                tokio::spawn(async move {
                    run_alone(&runner, &requests, place, answer).await;
                });
            }
        }
    }
}

async fn run_alone(runner: &Runner, requests: &Arc<[ChangeRequest]>, place: usize, answer: Answer) {
    let Some(request) = requests.get(place) else {
        return;
    };
    let done = runner.transact(request, &|tx, request| alone(tx, request).boxed());
    let result = done.await.map(|done| outcome(done.value, done.entries));
    let _gone = answer.send(result);
}

/// What became of one change of a batch.
enum Ran {
    /// It is in the transaction, with so many entries.
    Applied(Step, usize),
    /// It failed by itself; nothing of it is in the transaction.
    Failed(StoreError),
    /// Somebody else has its account's row.
    Contended,
}

/// The changes of a batch, in one transaction.
async fn together(tx: &Tx, requests: &[ChangeRequest]) -> Outcome<Vec<Ran>> {
    let accounts = accounts_of(tx, requests).await?;
    let wanted: Vec<Uuid> = accounts.iter().flatten().copied().collect();
    let free = locks::free_accounts(tx, wanted).await?;
    let mut all = Vec::with_capacity(requests.len());
    for (request, account) in requests.iter().zip(accounts) {
        // Of an account that is not there nobody has the row.
        let is_free = account.is_none_or(|account| free.contains(&account));
        all.push(if is_free {
            in_savepoint(tx, request).await?
        } else {
            Ran::Contended
        });
    }
    Ok(all)
}

async fn in_savepoint(tx: &Tx, request: &ChangeRequest) -> Outcome<Ran> {
    let before = tx.entry_count();
    let (begun, applied) = join(tx.batch("SAVEPOINT change"), apply(tx, request)).await;
    begun?;
    let failure = match applied {
        Ok(step) => {
            tx.batch("RELEASE change").await?;
            let count = tx.entry_count().saturating_sub(before);
            return Ok(Ran::Applied(step, count));
        }
        Err(failure) => failure,
    };
    // Others in the way, or the connection: it is the whole batch that has to begin again.
    if failure.is_passing() || matches!(failure, Failure::TimedOut) {
        return Err(failure);
    }
    tx.batch("ROLLBACK TO change; RELEASE change").await?;
    tx.forget_entries_since(before);
    Ok(Ran::Failed(failure.into_store_error()))
}

/// Whose row each change locks; none for a change of a node that is not there or has no account.
async fn accounts_of(conn: &Conn, requests: &[ChangeRequest]) -> Outcome<Vec<Option<Uuid>>> {
    let named: Vec<_> = requests.iter().map(|one| node(&one.change)).collect();
    let ids: Vec<Uuid> = named.iter().flatten().copied().collect();
    let found: Vec<(Uuid, Uuid)> = all(
        conn,
        "sessions",
        "SELECT id, account FROM sessions WHERE id = ANY($1)
         UNION ALL
         SELECT id, account FROM grants WHERE id = ANY($1) AND account IS NOT NULL",
        params![ids],
        |row| Ok((row.get("id")?, row.get("account")?)),
    )
    .await?;
    let account = |request: &ChangeRequest| {
        if let Change::EndSessions { account, .. } = &request.change {
            return Some(*account.as_uuid());
        }
        let named = node(&request.change)?;
        let of = found.iter().find(|(id, _)| *id == named);
        of.map(|(_, account)| *account)
    };
    Ok(requests.iter().map(account).collect())
}

const fn node(change: &Change) -> Option<Uuid> {
    match change {
        Change::EndSession { session, .. } => Some(*session.as_uuid()),
        Change::EndGrant { grant } => Some(*grant.as_uuid()),
        _ => None,
    }
}
