//! What somebody says of themselves. The claims that are not theirs to change stay.

use symbolon_core::{
    Timestamp,
    model::{Account, AuditAction, AuditContext, Profile},
};
use symbolon_protocol::AccountId;

use crate::postgres::{audit, failure::Outcome, locks, query::params, rows, tx::Tx};

/// The verb.
pub(super) async fn set(
    tx: &Tx,
    id: AccountId,
    profile: &Profile,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Option<Account>> {
    locks::accounts(tx, &[id]).await?;
    let before = rows::account::by_id(tx, id).await?;
    let Some(before) = before.filter(Account::is_active) else {
        return Ok(None);
    };
    let mut account = before.clone();
    profile.clone().put_into(&mut account);
    if account == before {
        return Ok(Some(account));
    }
    tx.execute(
        "UPDATE accounts SET profile = $2, locale = $3 WHERE id = $1",
        params![
            *id.as_uuid(),
            account.profile.to_string(),
            account.locale.as_deref()
        ],
    )
    .await?;
    let action = AuditAction::ProfileChanged;
    audit::write(tx, action, audit, ("account", &id), None, now);
    Ok(Some(account))
}
