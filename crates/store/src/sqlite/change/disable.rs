//! Disabling an account and ending everything of it.

use rusqlite::params;
use symbolon_core::model::AuditAction;
use symbolon_protocol::AccountId;

use super::{Act, Step, account_of, end, graph::Tally};
use crate::sqlite::{accounts::is_last_admin, failure::Outcome, query::execute, tx::Tx};

/// The change.
pub(super) fn account(tx: &mut Tx<'_>, id: AccountId, act: &Act<'_>) -> Outcome<Step> {
    let Some(account) = account_of(tx, id)? else {
        return Ok(Step::NotFound);
    };
    let mut tally = Tally::default();
    if !account.is_active() {
        return Ok(Step::Done(tally));
    }
    if is_last_admin(tx, id)? {
        return Ok(Step::LastAdmin);
    }
    execute(
        tx,
        "UPDATE accounts SET state = 'disabled', disabled_at = ?2 WHERE id = ?1",
        params![id.to_bytes(), act.cut.now.as_millis()],
    )?;
    tally.touched = true;
    end::end_all_of(tx, id, None, act, &mut tally)?;
    end::end_grants_of(tx, id, act, &mut tally, |_| true)?;
    act.done(tx, tally, AuditAction::AccountDisabled, ("account", &id))
}
