//! The one function that ends and changes things.
//!
//! Each change checks before it writes, walks the graph below its node with [`graph`], and writes
//! its audit row if it did anything. A change that finds everything done already writes nothing.

mod disable;
mod end;
mod erase;
pub(super) mod graph;
mod password;
pub(super) mod reach;
mod revoke;
mod roles;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use symbolon_core::{
    model::{Account, AuditAction, AuditContext},
    store::{Applied, Change, ChangeOutcome, ChangeRequest, ChangeStore, StoreError},
};
use symbolon_protocol::AccountId;

use self::graph::Tally;
use super::{
    SqliteStore,
    audit::{self, Target},
    failure::Outcome,
    query::exists,
    rows,
    tx::{Cut, Tx},
};

#[async_trait]
impl ChangeStore for SqliteStore {
    async fn change(&self, request: ChangeRequest) -> Result<ChangeOutcome, StoreError> {
        self.write(move |tx| apply(tx, request)).await
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
    /// Writes the audit row of a change that did something.
    fn audit(&self, tx: &Tx<'_>, action: AuditAction, target: Target<'_>) -> Outcome<()> {
        audit::write(
            tx,
            action,
            self.audit,
            target,
            Some(self.cut.reason),
            self.cut.now,
        )
    }

    /// The end of a change whose ends and bumps are tallied.
    fn done(
        &self,
        tx: &Tx<'_>,
        tally: Tally,
        action: AuditAction,
        target: Target<'_>,
    ) -> Outcome<Step> {
        if tally.touched {
            self.audit(tx, action, target)?;
        }
        Ok(Step::Done(tally))
    }
}

fn apply(tx: &mut Tx<'_>, request: ChangeRequest) -> Outcome<ChangeOutcome> {
    let before = tx.entry_count();
    let act = Act {
        cut: Cut {
            reason: request.reason,
            horizon: request.horizon,
            now: request.now,
        },
        audit: &request.audit,
    };
    let step = match request.change {
        Change::EndSession { session, owner } => end::session(tx, session, owner, &act),
        Change::EndSessions { account, except } => end::sessions(tx, account, except, &act),
        Change::EndEverything { limit } => end::everything(tx, limit, &act),
        Change::EndGrant { grant } => end::grant(tx, grant, &act),
        Change::RevokeToken { token, until } => revoke::token(tx, token, until, &act),
        Change::RevokeClient { client } => revoke::client(tx, &client, &act),
        Change::RevokeKey { kid, replacement } => revoke::key(tx, &kid, &replacement, &act),
        Change::DisableAccount { account } => disable::account(tx, account, &act),
        Change::EraseAccount { account } => erase::account(tx, account, &act),
        Change::SetRoles { account, roles } => roles::set(tx, account, &roles, &act),
        Change::SetPassword {
            account,
            expected_version,
            hash,
            keep,
        } => {
            let password = password::New {
                expected_version,
                hash: &hash,
                keep: keep.as_ref(),
            };
            password::set(tx, account, &password, &act)
        }
        _ => Err(StoreError::Unavailable("unknown kind of change".to_owned()).into()),
    };
    Ok(match step? {
        Step::Done(tally) => ChangeOutcome::Applied(Applied {
            revocations: tx.entries_since(before),
            ended: tally.ended,
        }),
        Step::NotFound => ChangeOutcome::NotFound,
        Step::Stale => ChangeOutcome::Stale,
        Step::LastAdmin => ChangeOutcome::LastAdmin,
    })
}

fn account_exists(conn: &Connection, account: AccountId) -> Outcome<bool> {
    exists(
        conn,
        "SELECT 1 FROM accounts WHERE id = ?1 AND state <> 'erased'",
        params![account.to_bytes()],
    )
}

/// The account, unless nothing is left of it.
fn account_of(conn: &Connection, id: AccountId) -> Outcome<Option<Account>> {
    Ok(rows::account::by_id(conn, id)?.filter(|account| !account.is_erased()))
}
