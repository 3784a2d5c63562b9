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
use uuid::Uuid;

use super::{Runner, Step, alone, apply, outcome};
use crate::postgres::{
    batcher::{self, Waiting},
    conn::Conn,
    failure::{Failure, Outcome},
    locks,
    query::{all, params},
    tx::Tx,
};

type Answer = batcher::Answer<ChangeOutcome>;

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

/// Makes the changes of a batch and answers them.
pub(in crate::postgres) async fn run(
    runner: Arc<Runner>,
    batch: Vec<Waiting<ChangeRequest, ChangeOutcome>>,
) {
    let runner = &runner;
    let (requests, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let requests: Arc<[ChangeRequest]> = requests.into();
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
    batcher::count(requests.len());
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
