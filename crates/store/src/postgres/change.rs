//! The one function that ends and changes things.
//!
//! Each change locks its account, checks before it writes, walks the graph below its node with
//! [`graph`], and writes its audit row if it did anything. A change that finds everything done
//! already writes nothing. Ends that come at the same time share a transaction: see [`batch`].

mod batch;
mod disable;
mod end;
mod erase;
pub(super) mod graph;
mod page;
mod password;
pub(super) mod reach;
mod revoke;
mod roles;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use symbolon_core::{
    model::{Account, AuditAction, AuditContext, Revocation},
    store::{Applied, Change, ChangeOutcome, ChangeRequest, ChangeStore, StoreError},
};
use symbolon_protocol::AccountId;

pub(super) use self::batch::run;
use self::graph::Tally;
use super::{
    PostgresStore,
    audit::{self, Target},
    conn::Conn,
    failure::Outcome,
    locks,
    query::{exists, one, params},
    rows,
    run::Runner,
    tx::{Cut, Tx},
};

#[async_trait]
impl ChangeStore for PostgresStore {
    async fn change(&self, request: ChangeRequest) -> Result<ChangeOutcome, StoreError> {
        if batch::takes(&request.change) {
            self.changes.ask(request).await
        } else {
            let done = self
                .runner
                .write(request, |tx, request| alone(tx, request).boxed());
            let done = done.await?;
            Ok(outcome(done.value, done.entries))
        }
    }
}

/// What one kind of change came to.
enum Step {
    /// It was done, or had been done before.
    Done(Tally),
    /// There is nothing to do it to.
    NotFound,
    /// Something that it was decided on has changed since.
    Stale,
    /// It would leave no active administrator.
    LastAdmin,
}

/// What every change needs to know beside its node.
struct Act<'a> {
    cut: Cut,
    audit: &'a AuditContext,
}

impl Act<'_> {
    /// The end of a change whose ends and bumps are tallied: the audit row, if it did something.
    async fn done(
        &self,
        tx: &Tx,
        tally: Tally,
        action: AuditAction,
        target: Target<'_>,
    ) -> Outcome<Step> {
        if tally.touched {
            let (reason, now) = (Some(self.cut.reason), self.cut.now);
            audit::write(tx, action, self.audit, target, reason, now);
        }
        Ok(Step::Done(tally))
    }
}

fn outcome(step: Step, revocations: Vec<Revocation>) -> ChangeOutcome {
    match step {
        Step::Done(tally) => ChangeOutcome::Applied(Applied {
            revocations,
            ended: tally.ended,
        }),
        Step::NotFound => ChangeOutcome::NotFound,
        Step::Stale => ChangeOutcome::Stale,
        Step::LastAdmin => ChangeOutcome::LastAdmin,
    }
}

/// A change in a transaction of its own.
async fn alone(tx: &Tx, request: &ChangeRequest) -> Outcome<Step> {
    if may_take_the_last_admin(&request.change) {
        locks::administrators(tx).await?;
    }
    if let Some(account) = account_of_change(tx, &request.change).await? {
        locks::accounts(tx, &[account]).await?;
    }
    apply(tx, request).await
}

const fn may_take_the_last_admin(change: &Change) -> bool {
    matches!(
        change,
        Change::DisableAccount { .. } | Change::EraseAccount { .. } | Change::SetRoles { .. }
    )
}

/// Whose row the change locks.
async fn account_of_change(conn: &Conn, change: &Change) -> Outcome<Option<AccountId>> {
    let (table, sql, id) = match change {
        Change::EndSession { session, .. } => (
            "sessions",
            "SELECT account FROM sessions WHERE id = $1",
            *session.as_uuid(),
        ),
        Change::EndGrant { grant } => (
            "grants",
            "SELECT account FROM grants WHERE id = $1",
            *grant.as_uuid(),
        ),
        Change::EndSessions { account, .. }
        | Change::DisableAccount { account }
        | Change::EraseAccount { account }
        | Change::SetRoles { account, .. }
        | Change::SetPassword { account, .. } => return Ok(Some(*account)),
        _ => return Ok(None),
    };
    let params = params![id];
    let found = one(conn, table, sql, params, |row| {
        row.uuid_option("account", AccountId::from_uuid)
    });
    Ok(found.await?.flatten())
}

/// A change whose account is locked.
async fn apply(tx: &Tx, request: &ChangeRequest) -> Outcome<Step> {
    let act = Act {
        cut: Cut {
            reason: request.reason,
            horizon: request.horizon,
            now: request.now,
        },
        audit: &request.audit,
    };
    match &request.change {
        Change::EndSession { session, owner } => end::session(tx, *session, *owner, &act).await,
        Change::EndSessions { account, except } => end::sessions(tx, *account, *except, &act).await,
        Change::EndEverything { limit } => end::everything(tx, *limit, &act).await,
        Change::EndGrant { grant } => end::grant(tx, *grant, &act).await,
        Change::RevokeToken { token, until } => revoke::token(tx, *token, *until, &act).await,
        Change::RevokeClient { client } => revoke::client(tx, client, &act).await,
        Change::RevokeKey { kid, replacement } => revoke::key(tx, kid, replacement, &act).await,
        Change::DisableAccount { account } => disable::account(tx, *account, &act).await,
        Change::EraseAccount { account } => erase::account(tx, *account, &act).await,
        Change::SetRoles { account, roles } => roles::set(tx, *account, roles, &act).await,
        Change::SetPassword {
            account,
            expected_version,
            hash,
            keep,
        } => {
            let password = password::New {
                expected_version: *expected_version,
                hash,
                keep: keep.as_ref(),
            };
            password::set(tx, *account, &password, &act).await
        }
        _ => Err(StoreError::Unavailable("unknown kind of change".to_owned()).into()),
    }
}

async fn account_exists(conn: &Conn, account: AccountId) -> Outcome<bool> {
    let sql = "SELECT 1 FROM accounts WHERE id = $1 AND state <> 'erased'";
    exists(conn, sql, params![*account.as_uuid()]).await
}

/// The account, unless nothing is left of it.
async fn account_of(conn: &Conn, id: AccountId) -> Outcome<Option<Account>> {
    let account = rows::account::by_id(conn, id).await?;
    Ok(account.filter(|account| !account.is_erased()))
}
