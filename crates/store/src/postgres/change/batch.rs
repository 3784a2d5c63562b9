//! Many ends in one transaction: they share the commit, and the log's lock while it lasts.
//!
//! A change whose account somebody else has locked is not waited for by the others: it goes on in a
//! transaction of its own. So do all where a row of one cannot be read: it takes nothing of the others with it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::{FutureExt as _, future::try_join};
use symbolon_core::{
    model::Revocation,
    store::{Change, ChangeOutcome, ChangeRequest, StoreError},
};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Runner, Step, alone, apply, outcome};
use crate::postgres::{
    batcher::{self, Waiting},
    failure::Outcome,
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
    let (ran, entries) = match done {
        Ok(done) => (done.value, done.entries),
        // Nothing was written. A row that cannot be read is to be the failure of its own change alone.
        Err(StoreError::Inconsistent { .. }) if requests.len() > 1 => {
            (requests.iter().map(|_| Ran::Alone).collect(), Vec::new())
        }
        Err(error) => {
            for answer in answers {
                // A caller that has gone away needs no answer.
                let _gone = answer.send(Err(error.clone()));
            }
            return;
        }
    };
    batcher::count(requests.len());
    let mut entries = entries.into_iter();
    for (place, (ran, answer)) in ran.into_iter().zip(answers).enumerate() {
        match ran {
            Ran::Applied(step, count) => {
                let own: Vec<Revocation> = entries.by_ref().take(count).collect();
                let _gone = answer.send(Ok(outcome(step, own)));
            }
            Ran::Alone => {
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
    /// It needs one of its own.
    Alone,
}

/// The changes of a batch, in one transaction.
async fn together(tx: &Tx, requests: &[ChangeRequest]) -> Outcome<Vec<Ran>> {
    let locked = Locked::take(tx, requests).await?;
    let mut all = Vec::with_capacity(requests.len());
    for request in requests {
        if !locked.covers(&request.change) {
            all.push(Ran::Alone);
            continue;
        }
        let before = tx.entry_count();
        let step = apply(tx, request).await?;
        let count = tx.entry_count().saturating_sub(before);
        all.push(Ran::Applied(step, count));
    }
    Ok(all)
}

/// The accounts' rows that a batch has locked.
#[derive(Default)]
struct Locked {
    /// Whose each session or grant is that is to be ended; not there if nobody's.
    owners: HashMap<Uuid, Uuid>,
    accounts: HashSet<Uuid>,
}

const OWNERS: (&str, &[Type]) = (
    "SELECT id, account FROM sessions WHERE id = ANY($1)
     UNION ALL
     SELECT id, account FROM grants WHERE id = ANY($1) AND account IS NOT NULL",
    &[Type::UUID_ARRAY],
);
/// Those that nobody else has locked.
const LOCK_ACCOUNTS: (&str, &[Type]) = (
    "SELECT id FROM accounts
     WHERE id IN (SELECT account FROM sessions WHERE id = ANY($1)
                  UNION SELECT account FROM grants WHERE id = ANY($1)
                  UNION SELECT unnest($2::uuid[]))
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
    &[Type::UUID_ARRAY, Type::UUID_ARRAY],
);

impl Locked {
    /// One round trip; none if no change has an account.
    async fn take(tx: &Tx, requests: &[ChangeRequest]) -> Outcome<Self> {
        let changes = || requests.iter().map(|request| &request.change);
        let nodes: Vec<Uuid> = changes().filter_map(node).collect();
        let named: Vec<Uuid> = changes().filter_map(account).collect();
        if nodes.is_empty() && named.is_empty() {
            return Ok(Self::default());
        }
        tx.warm(&[OWNERS, LOCK_ACCOUNTS]).await?;
        let (owners, accounts) = try_join(
            all(tx, "sessions", OWNERS.0, params![nodes], |row| {
                Ok((row.get("id")?, row.get("account")?))
            }),
            all(
                tx,
                "accounts",
                LOCK_ACCOUNTS.0,
                params![nodes, named],
                |row| row.get("id"),
            ),
        )
        .await?;
        Ok(Self {
            owners: owners.into_iter().collect(),
            accounts: accounts.into_iter().collect(),
        })
    }

    /// Whether a change may be made here. Of an account that is not there nobody has the row.
    fn covers(&self, change: &Change) -> bool {
        let owner = || self.owners.get(&node(change)?).copied();
        let account = account(change).or_else(owner);
        account.is_none_or(|account| self.accounts.contains(&account))
    }
}

const fn account(change: &Change) -> Option<Uuid> {
    match change {
        Change::EndSessions { account, .. } => Some(*account.as_uuid()),
        _ => None,
    }
}

const fn node(change: &Change) -> Option<Uuid> {
    match change {
        Change::EndSession { session, .. } => Some(*session.as_uuid()),
        Change::EndGrant { grant } => Some(*grant.as_uuid()),
        _ => None,
    }
}
