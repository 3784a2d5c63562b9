//! Audit rows: who did what to what, in the transaction that did it. Ids only.

use rusqlite::{Connection, params};
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext},
};
use symbolon_protocol::EndReason;

use super::{failure::Outcome, query::execute};

/// What was acted on: its kind and its id.
pub(super) type Target<'a> = (&'static str, &'a dyn std::fmt::Display);

/// Writes one row.
pub(super) fn write(
    conn: &Connection,
    action: AuditAction,
    context: &AuditContext,
    (kind, id): Target<'_>,
    reason: Option<EndReason>,
    now: Timestamp,
) -> Outcome<()> {
    execute(
        conn,
        "INSERT INTO audit_events (at, actor, action, target_kind, target_id, reason, request_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            now.as_millis(),
            context.actor.to_string(),
            action.as_str(),
            kind,
            id.to_string(),
            reason.map(EndReason::as_str),
            context.request_id
        ],
    )?;
    Ok(())
}
