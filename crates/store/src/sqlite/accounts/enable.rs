//! Letting a disabled account log in again. Nothing that was ended comes back.

use rusqlite::params;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext},
};
use symbolon_protocol::AccountId;

use crate::sqlite::{
    audit,
    failure::Outcome,
    query::{execute, exists},
    tx::Tx,
};

/// The verb.
pub(super) fn enable(
    tx: &Tx<'_>,
    id: AccountId,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<bool> {
    let enabled = execute(
        tx,
        "UPDATE accounts SET state = 'active', disabled_at = NULL
         WHERE id = ?1 AND state = 'disabled'",
        params![id.to_bytes()],
    )?;
    if enabled == 0 {
        return exists(
            tx,
            "SELECT 1 FROM accounts WHERE id = ?1 AND state <> 'erased'",
            params![id.to_bytes()],
        );
    }
    audit::write(
        tx,
        AuditAction::AccountEnabled,
        audit,
        ("account", &id),
        None,
        now,
    )?;
    Ok(true)
}
