//! Replacing the roles of an account.

use std::collections::HashSet;

use symbolon_core::model::{AuditAction, Role};
use symbolon_protocol::AccountId;

use super::{
    Act, Step, account_of,
    graph::{self, Tally},
};
use crate::postgres::{
    accounts::{insert_roles, is_last_admin},
    failure::Outcome,
    query::params,
    tx::Tx,
};

/// The change. Nothing ends, but whoever holds something of the account must take it anew.
pub(super) async fn set(tx: &Tx, id: AccountId, roles: &[Role], act: &Act<'_>) -> Outcome<Step> {
    let Some(account) = account_of(tx, id).await? else {
        return Ok(Step::NotFound);
    };
    let mut tally = Tally::default();
    let before: HashSet<&Role> = account.roles.iter().collect();
    if before == roles.iter().collect() {
        return Ok(Step::Done(tally));
    }
    let loses_admin = account.is_admin() && !roles.iter().any(Role::is_admin);
    if loses_admin && is_last_admin(tx, id).await? {
        return Ok(Step::LastAdmin);
    }
    tx.execute(
        "DELETE FROM roles WHERE account = $1",
        params![*id.as_uuid()],
    )
    .await?;
    insert_roles(tx, id, roles).await?;
    tally.touched = true;
    let sessions = graph::unended_sessions(tx, id).await?;
    graph::bump_sessions(tx, &sessions, &act.cut, &mut tally).await?;
    let grants = graph::unended_grants(tx, id).await?;
    graph::bump_grants(tx, &grants, &act.cut, &mut tally).await?;
    act.done(tx, tally, AuditAction::RolesChanged, ("account", &id))
        .await
}
