//! What somebody says of themselves. The claims that are not theirs to change stay.

use rusqlite::params;
use symbolon_core::{
    Timestamp,
    model::{Account, AuditAction, AuditContext, Profile},
};
use symbolon_protocol::AccountId;

use crate::sqlite::{audit, failure::Outcome, query::execute, rows, tx::Tx};

/// The verb.
pub(super) fn set(
    tx: &Tx<'_>,
    id: AccountId,
    profile: Profile,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Option<Account>> {
    let Some(before) = rows::account::by_id(tx, id)?.filter(Account::is_active) else {
        return Ok(None);
    };
    let mut account = before.clone();
    profile.put_into(&mut account);
    if account == before {
        return Ok(Some(account));
    }
    execute(
        tx,
        "UPDATE accounts SET profile = ?2, locale = ?3 WHERE id = ?1",
        params![id.to_bytes(), account.profile.to_string(), account.locale],
    )?;
    audit::write(
        tx,
        AuditAction::ProfileChanged,
        audit,
        ("account", &id),
        None,
        now,
    )?;
    Ok(Some(account))
}
