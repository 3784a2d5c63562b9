//! Letting a disabled account log in again. Nothing that was ended comes back.

use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext},
};
use symbolon_protocol::AccountId;

use crate::postgres::{
    audit,
    failure::Outcome,
    query::{exists, params},
    tx::Tx,
};

/// The verb.
pub(super) async fn enable(
    tx: &Tx,
    id: AccountId,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<bool> {
    let enabled = tx
        .execute(
            "UPDATE accounts SET state = 'active', disabled_at = NULL
         WHERE id = $1 AND state = 'disabled'",
            params![*id.as_uuid()],
        )
        .await?;
    if enabled == 0 {
        let sql = "SELECT 1 FROM accounts WHERE id = $1 AND state <> 'erased'";
        return exists(tx, sql, params![*id.as_uuid()]).await;
    }
    let action = AuditAction::AccountEnabled;
    audit::write(tx, action, audit, ("account", &id), None, now);
    Ok(true)
}
