//! Many rotations in one transaction: their locks, their reads, their writes and their commit are one
//! statement each, however many there are.
//!
//! The one thing that must not be broken: a batch waits for no row. Whoever meets a lock, and reuse, goes
//! on in a transaction of its own, where the locks are taken in order. Uses of one grant are decided in the
//! order in which they came; they would otherwise hold the account's row among them for as long as they
//! come, and who ends it would wait.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::{FutureExt as _, future::try_join4};
use symbolon_core::{
    model::Grant,
    store::{LiveGrant, Presented, Rotation, StoreError},
};
use symbolon_protocol::{AccountId, GrantId, SessionId};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{
    Use,
    rotate::{self, Parents},
};
use crate::postgres::{
    batcher::{self, Waiting},
    failure::{Outcome, inconsistent},
    query::{all, bound},
    rows,
    run::Runner,
    sessions::{self, Touches},
    tx::{LastWrite, Tx},
};

/// Each takes what nobody else has.
const LOCK_ACCOUNTS: (&str, &[Type]) = (
    "SELECT id FROM accounts WHERE id IN (SELECT account FROM grants WHERE id = ANY($1))
     ORDER BY id FOR SHARE SKIP LOCKED",
    &[Type::UUID_ARRAY],
);
const LOCK_SESSIONS: (&str, &[Type]) = (
    "SELECT id FROM sessions
     WHERE id IN (SELECT session FROM grants WHERE id = ANY($1) AND NOT offline)
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
    &[Type::UUID_ARRAY],
);
const ADVANCE: (&str, &[Type]) = (
    "UPDATE grants AS g
     SET generation = g.generation + 1, rotated_at = new.at, secret_id = new.secret
     FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[])
          AS new (id, generation, at, secret)
     WHERE g.id = new.id AND g.generation = new.generation",
    &[
        Type::UUID_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
    ],
);

type Answer = batcher::Answer<Rotation>;

/// What became of one rotation of a batch.
enum Ran {
    /// It is in the transaction.
    Done(Rotation),
    /// It needs one of its own.
    Alone,
}

/// Does the rotations of a batch and answers them.
pub(in crate::postgres) async fn run(runner: Arc<Runner>, batch: Vec<Waiting<Use, Rotation>>) {
    let (presented, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let done = runner
        .transact(&presented, &|tx, presented| together(tx, presented).boxed())
        .await;
    let ran = match done {
        Ok(done) => done.value,
        // Nothing was written. A row that cannot be read is to be the failure of its own use alone.
        Err(StoreError::Inconsistent { .. }) if presented.len() > 1 => {
            for left in presented.into_iter().zip(answers) {
                runner.lone.begin_in_turn(alone(Arc::clone(&runner), left));
            }
            return;
        }
        Err(error) => {
            for answer in answers {
                // A caller that has gone away needs no answer.
                let _gone = answer.send(Err(error.clone()));
            }
            return;
        }
    };
    batcher::count(presented.len());
    let waiting = presented.into_iter().zip(answers);
    for (ran, (one, answer)) in ran.into_iter().zip(waiting) {
        match ran {
            Ran::Done(rotation) => {
                let _gone = answer.send(Ok(rotation));
            }
            // Each may wait for a lock.
            Ran::Alone => {
                runner.lone.begin(alone(Arc::clone(&runner), (one, answer)));
            }
        }
    }
}

async fn alone(runner: Arc<Runner>, (one, answer): (Use, Answer)) {
    let done = runner.transact(&one, &|tx, one| {
        rotate::rotate(tx, &one.rotate, one.horizon, &one.audit, one.now).boxed()
    });
    let done = done.await;
    let _gone = answer.send(done.map(|done| done.value));
}

/// What is locked and read.
struct Found {
    accounts: HashSet<AccountId>,
    sessions: HashSet<SessionId>,
    grants: HashMap<GrantId, Grant>,
    parents: HashMap<GrantId, Parents>,
    /// Grants that were used in this batch, as they are then.
    used: HashMap<GrantId, LiveGrant>,
}

/// The rotations of a batch, in one transaction.
async fn together(tx: &Tx, batch: &[Use]) -> Outcome<Vec<Ran>> {
    let mut found = lock_and_read(tx, batch).await?;
    let (mut advances, mut touches) = (Advances::default(), Touches::default());
    let ran = batch
        .iter()
        .map(|one| found.decide(one, &mut advances, &mut touches))
        .collect::<Result<_, StoreError>>()?;
    advances.leave_to(tx);
    touches.leave_to(tx);
    Ok(ran)
}

/// One round trip: what is free of the locks, and a read of the parents whose snapshot is younger.
async fn lock_and_read(tx: &Tx, batch: &[Use]) -> Outcome<Found> {
    let ids: Vec<Uuid> = batch
        .iter()
        .map(|one| *one.rotate.grant.as_uuid())
        .collect();
    let parents = rows::session::PARENTS_OF_GRANTS;
    tx.warm(&[
        LOCK_ACCOUNTS,
        LOCK_SESSIONS,
        rows::grant::FREE,
        parents,
        ADVANCE,
        sessions::TOUCH,
    ])
    .await?;
    let of = [bound(&ids)];
    let (accounts, sessions, grants, parents) = try_join4(
        all(tx, "accounts", LOCK_ACCOUNTS.0, &of, |row| {
            row.uuid("id", AccountId::from_uuid)
        }),
        all(tx, "sessions", LOCK_SESSIONS.0, &of, |row| {
            row.uuid("id", SessionId::from_uuid)
        }),
        rows::grant::free(tx, &ids),
        rows::session::parents_of_grants(tx, &ids),
    )
    .await?;
    let parents = parents.into_iter().map(|(grant, of)| (grant, Some(of)));
    Ok(Found {
        accounts: accounts.into_iter().collect(),
        sessions: sessions.into_iter().collect(),
        grants: grants.into_iter().map(|grant| (grant.id, grant)).collect(),
        parents: parents.collect(),
        used: HashMap::new(),
    })
}

impl Found {
    /// Decides as [`rotate::rotate`] does.
    fn decide(
        &mut self,
        one: &Use,
        advances: &mut Advances,
        touches: &mut Touches,
    ) -> Result<Ran, StoreError> {
        let (rotate, now) = (&one.rotate, one.now);
        let Some(grant) = self.grants.remove(&rotate.grant) else {
            return Ok(self.decide_again(one));
        };
        let parents = self.parents.remove(&rotate.grant).flatten();
        let has = |account: &AccountId| self.accounts.contains(account);
        let holds_session = |session: &SessionId| self.sessions.contains(session);
        let is_locked = grant.account.as_ref().is_none_or(has)
            && (grant.offline || grant.session.as_ref().is_none_or(holds_session));
        if !is_locked {
            return Ok(Ran::Alone);
        }
        let presented = rotate.presented(&grant, now);
        if presented == Presented::Ahead {
            return Ok(Ran::Done(Rotation::Ahead));
        }
        let Some(live) = rotate::live_parents(grant, parents, now) else {
            return Ok(Ran::Done(Rotation::Ended));
        };
        Ok(match presented {
            Presented::InGrace => {
                self.used.insert(rotate.grant, live.clone());
                Ran::Done(Rotation::Replayed(Box::new(live)))
            }
            Presented::Current => {
                let mut live = advances.take(live, one)?;
                if let Some(session) = &mut live.session {
                    touches.take(session, rotate.from, now);
                }
                self.used.insert(rotate.grant, LiveGrant::clone(&live));
                Ran::Done(Rotation::Rotated(live))
            }
            Presented::Spent | Presented::Ahead => Ran::Alone,
        })
    }

    /// A grant that was used in this batch before. Who presents the same step as the first has the same answer.
    fn decide_again(&self, one: &Use) -> Ran {
        match self.used.get(&one.rotate.grant) {
            Some(live) if one.rotate.presented(&live.grant, one.now) == Presented::InGrace => {
                Ran::Done(Rotation::Replayed(Box::new(live.clone())))
            }
            _ => Ran::Alone,
        }
    }
}

/// Counters that move with the commit.
#[derive(Default)]
struct Advances {
    ids: Vec<Uuid>,
    generations: Vec<i64>,
    moments: Vec<i64>,
    secrets: Vec<i64>,
}

impl Advances {
    /// Moves one; the grant as it is afterwards.
    fn take(&mut self, mut live: LiveGrant, one: &Use) -> Result<Box<LiveGrant>, StoreError> {
        let grant = &mut live.grant;
        let presented = i64::try_from(grant.generation)
            .map_err(|_| inconsistent("grants", "generation", grant.id))?;
        self.ids.push(*grant.id.as_uuid());
        self.generations.push(presented);
        self.moments.push(one.now.as_millis());
        self.secrets.push(i64::from(one.rotate.secret_id));
        grant.generation = grant.generation.saturating_add(1);
        grant.rotated_at = Some(one.now);
        grant.secret_id = one.rotate.secret_id;
        Ok(Box::new(live))
    }

    fn leave_to(self, tx: &Tx) {
        if self.ids.is_empty() {
            return;
        }
        let rows = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        tx.leave_last(LastWrite {
            statement: ADVANCE,
            rows,
            otherwise: inconsistent("grants", "generation", rows),
            values: vec![
                Box::new(self.ids),
                Box::new(self.generations),
                Box::new(self.moments),
                Box::new(self.secrets),
            ],
        });
    }
}
