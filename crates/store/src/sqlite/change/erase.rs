//! Erasing an account: everything of it ends as when it is disabled, and then its rows go.
//!
//! What stays is the account's row with its id and its subject, so that neither is given again, and
//! the audit trail, which knows ids alone.

use rusqlite::{Connection, params};
use symbolon_core::model::AuditAction;
use symbolon_protocol::AccountId;

use super::{Act, Step, end, graph::Tally};
use crate::sqlite::{accounts::is_last_admin, failure::Outcome, query::execute, rows, tx::Tx};

/// What goes, from the leaves up.
const ROWS: [&str; 6] = [
    "DELETE FROM session_cookies WHERE session IN (SELECT id FROM sessions WHERE account = ?1)",
    "DELETE FROM grants WHERE account = ?1",
    "DELETE FROM sessions WHERE account = ?1",
    "DELETE FROM credentials WHERE account = ?1",
    "DELETE FROM roles WHERE account = ?1",
    "DELETE FROM identifiers WHERE account = ?1",
];

/// The change.
pub(super) fn account(tx: &mut Tx<'_>, id: AccountId, act: &Act<'_>) -> Outcome<Step> {
    let Some(account) = rows::account::by_id(tx, id)? else {
        return Ok(Step::NotFound);
    };
    let mut tally = Tally::default();
    if account.is_erased() {
        return Ok(Step::Done(tally));
    }
    if is_last_admin(tx, id)? {
        return Ok(Step::LastAdmin);
    }
    tally.touched = true;
    end::end_all_of(tx, id, None, act, &mut tally)?;
    end::end_grants_of(tx, id, act, &mut tally, |_| true)?;
    delete_rows(tx, id)?;
    execute(
        tx,
        "UPDATE accounts SET state = 'erased', erased_at = ?2, disabled_at = NULL, locale = NULL,
                             profile = '{}'
         WHERE id = ?1",
        params![id.to_bytes(), act.cut.now.as_millis()],
    )?;
    execute(tx, "UPDATE meta SET traces = 1", [])?;
    act.done(tx, tally, AuditAction::AccountErased, ("account", &id))
}

fn delete_rows(conn: &Connection, id: AccountId) -> Outcome<()> {
    for sql in ROWS {
        execute(conn, sql, params![id.to_bytes()])?;
    }
    Ok(())
}
