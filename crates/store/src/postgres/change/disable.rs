//! Disabling an account and ending everything of it.

use symbolon_core::model::AuditAction;
use symbolon_protocol::AccountId;

use super::{Act, Step, account_of, end, graph::Tally};
use crate::postgres::{accounts::is_last_admin, failure::Outcome, query::params, tx::Tx};

/// The change.
pub(super) async fn account(tx: &Tx, id: AccountId, act: &Act<'_>) -> Outcome<Step> {
    let Some(account) = account_of(tx, id).await? else {
        return Ok(Step::NotFound);
    };
    let mut tally = Tally::default();
    if !account.is_active() {
        return Ok(Step::Done(tally));
    }
    if is_last_admin(tx, id).await? {
        return Ok(Step::LastAdmin);
    }
    tx.execute(
        "UPDATE accounts SET state = 'disabled', disabled_at = $2 WHERE id = $1",
        params![*id.as_uuid(), act.cut.now.as_millis()],
    )
    .await?;
    tally.touched = true;
    end::end_all_of(tx, id, None, act, &mut tally).await?;
    end::end_grants_of(tx, id, act, &mut tally, |_| true).await?;
    act.done(tx, tally, AuditAction::AccountDisabled, ("account", &id))
        .await
}
