//! Erasing an account: everything of it ends as when it is disabled, and then its rows go.
//!
//! What stays is the account's row with its id and its subject, so that neither is given again, and
//! the audit trail, which knows ids alone.

use symbolon_core::model::AuditAction;
use symbolon_protocol::AccountId;

use super::{Act, Step, end, graph::Tally};
use crate::postgres::{accounts::is_last_admin, failure::Outcome, query::params, rows, tx::Tx};

/// What goes, from the leaves up.
const ROWS: [&str; 6] = [
    "DELETE FROM session_cookies WHERE session IN (SELECT id FROM sessions WHERE account = $1)",
    "DELETE FROM grants WHERE account = $1",
    "DELETE FROM sessions WHERE account = $1",
    "DELETE FROM credentials WHERE account = $1",
    "DELETE FROM roles WHERE account = $1",
    "DELETE FROM identifiers WHERE account = $1",
];

/// The change.
pub(super) async fn account(tx: &Tx, id: AccountId, act: &Act<'_>) -> Outcome<Step> {
    let Some(account) = rows::account::by_id(tx, id).await? else {
        return Ok(Step::NotFound);
    };
    let mut tally = Tally::default();
    if account.is_erased() {
        return Ok(Step::Done(tally));
    }
    if is_last_admin(tx, id).await? {
        return Ok(Step::LastAdmin);
    }
    tally.touched = true;
    end::end_all_of(tx, id, None, act, &mut tally).await?;
    end::end_grants_of(tx, id, act, &mut tally, |_| true).await?;
    for sql in ROWS {
        tx.execute(sql, params![*id.as_uuid()]).await?;
    }
    tx.execute(
        "UPDATE accounts SET state = 'erased', erased_at = $2, disabled_at = NULL, locale = NULL,
                             profile = '{}'
         WHERE id = $1",
        params![*id.as_uuid(), act.cut.now.as_millis()],
    )
    .await?;
    tx.execute("UPDATE symbolon_meta SET traces = traces + 1", &[])
        .await?;
    act.done(tx, tally, AuditAction::AccountErased, ("account", &id))
        .await
}
