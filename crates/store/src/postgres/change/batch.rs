//! Many ends in one transaction: they share the commit, and the log's lock while it lasts.
//!
//! A change whose account somebody else has locked is not waited for by the others: it goes on in a
//! transaction of its own. So does one that the database refuses: nothing of the batch is written then, and the others
//! are taken together again.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt as _, future::try_join};
use symbolon_core::{
    model::Revocation,
    store::{Change, ChangeOutcome, ChangeRequest},
};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Runner, Step, alone, apply, outcome};
use crate::postgres::{
    batcher::{self, Waiting},
    failure::Outcome,
    query::{all, params},
    run::Done,
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

/// How many changes of a batch may be refused before nothing is expected of the others together.
const REFUSALS: usize = 3;

/// The changes that are taken together.
struct Batch {
    requests: Vec<ChangeRequest>,
    refused: Mutex<Option<Refused>>,
}

/// The one that the database would not have.
struct Refused {
    place: usize,
    /// It was waited for, for as long as one waits.
    late: bool,
}

impl Batch {
    fn refused(&self) -> MutexGuard<'_, Option<Refused>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the changes of a batch and answers them.
pub(in crate::postgres) async fn run(
    runner: Arc<Runner>,
    batch: Vec<Waiting<ChangeRequest, ChangeOutcome>>,
) {
    let (requests, mut answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let refused = Mutex::default();
    let mut batch = Batch { requests, refused };
    let (mut aside, mut was_late) = (Vec::new(), false);
    while aside.len() < REFUSALS {
        let done = runner
            .transact(&batch, &|tx, batch| together(tx, batch).boxed())
            .await;
        let error = match done {
            Ok(done) => {
                batcher::count(batch.requests.len());
                answer(&runner, done, std::mem::take(&mut batch.requests), answers);
                answers = Vec::new();
                break;
            }
            Err(error) => error,
        };
        let refused = batch.refused().take();
        match refused.filter(|refused| batch.requests.len() > 1 && !(was_late && refused.late)) {
            Some(Refused { place, late }) => {
                aside.push((batch.requests.remove(place), answers.remove(place)));
                was_late |= late;
            }
            // It is not about one of them. When a second one waited in vain, nor is that.
            None => {
                batch.requests.clear();
                for answer in std::mem::take(&mut answers) {
                    // A caller that has gone away needs no answer.
                    let _gone = answer.send(Err(error.clone()));
                }
                break;
            }
        }
    }
    aside.extend(batch.requests.into_iter().zip(answers));
    for left in aside {
        runner
            .lone
            .begin_in_turn(by_itself(Arc::clone(&runner), left));
    }
}

/// Hands out what a transaction did.
fn answer(
    runner: &Arc<Runner>,
    done: Done<Vec<Ran>>,
    requests: Vec<ChangeRequest>,
    answers: Vec<Answer>,
) {
    let mut entries = done.entries.into_iter();
    let waiting = requests.into_iter().zip(answers);
    for (ran, (request, answer)) in done.value.into_iter().zip(waiting) {
        match ran {
            Ran::Applied(step, count) => {
                let own: Vec<Revocation> = entries.by_ref().take(count).collect();
                let _gone = answer.send(Ok(outcome(step, own)));
            }
            // Each may wait for a lock.
            Ran::Contended => {
                runner
                    .lone
                    .begin(by_itself(Arc::clone(runner), (request, answer)));
            }
        }
    }
}

async fn by_itself(runner: Arc<Runner>, (request, answer): (ChangeRequest, Answer)) {
    let done = runner.transact(&request, &|tx, request| alone(tx, request).boxed());
    let result = done.await.map(|done| outcome(done.value, done.entries));
    let _gone = answer.send(result);
}

/// What became of one change of a batch.
enum Ran {
    /// It is in the transaction, with so many entries.
    Applied(Step, usize),
    /// Somebody else has its account's row.
    Contended,
}

/// The changes of a batch, in one transaction.
async fn together(tx: &Tx, batch: &Batch) -> Outcome<Vec<Ran>> {
    *batch.refused() = None;
    let locked = Locked::take(tx, &batch.requests).await?;
    let mut all = Vec::with_capacity(batch.requests.len());
    for (place, request) in batch.requests.iter().enumerate() {
        if !locked.covers(&request.change) {
            all.push(Ran::Contended);
            continue;
        }
        let before = tx.entry_count();
        let step = match apply(tx, request).await {
            Ok(step) => step,
            Err(failure) => {
                if failure.is_refusal() {
                    let late = failure.is_late();
                    *batch.refused() = Some(Refused { place, late });
                }
                return Err(failure);
            }
        };
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
