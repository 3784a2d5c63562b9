//! Replacing the roles of an account.

use std::collections::HashSet;

use rusqlite::params;
use symbolon_core::model::{AuditAction, Role};
use symbolon_protocol::AccountId;

use super::{
    Act, Step, account_of,
    graph::{self, Tally},
};
use crate::sqlite::{
    accounts::{insert_roles, is_last_admin},
    failure::Outcome,
    query::execute,
    tx::Tx,
};

/// The change. Nothing ends, but whoever holds something of the account must take it anew.
pub(super) fn set(tx: &mut Tx<'_>, id: AccountId, roles: &[Role], act: &Act<'_>) -> Outcome<Step> {
    let Some(account) = account_of(tx, id)? else {
        return Ok(Step::NotFound);
    };
    let mut tally = Tally::default();
    let before: HashSet<&Role> = account.roles.iter().collect();
    if before == roles.iter().collect() {
        return Ok(Step::Done(tally));
    }
    let loses_admin = account.is_admin() && !roles.iter().any(Role::is_admin);
    if loses_admin && is_last_admin(tx, id)? {
        return Ok(Step::LastAdmin);
    }
    execute(
        tx,
        "DELETE FROM roles WHERE account = ?1",
        params![id.to_bytes()],
    )?;
    insert_roles(tx, id, roles)?;
    tally.touched = true;
    for session in graph::unended_sessions(tx, id)? {
        graph::bump_session(tx, &session, &act.cut, &mut tally)?;
    }
    for grant in graph::unended_grants(tx, id)? {
        graph::bump_grant(tx, &grant, &act.cut, &mut tally)?;
    }
    act.done(tx, tally, AuditAction::RolesChanged, ("account", &id))
}
