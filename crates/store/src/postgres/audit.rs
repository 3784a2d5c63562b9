//! Audit rows: who did what to what, in the transaction that did it. Ids only.

use async_trait::async_trait;
use futures_util::FutureExt as _;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext, AuditEvent},
    store::{AuditFilter, AuditStore, StoreError},
};
use symbolon_protocol::EndReason;

use super::{
    PostgresStore,
    conn::Conn,
    failure::Outcome,
    log::position_before,
    query::{Columns, all, is_storable, params},
};

#[async_trait]
impl AuditStore for PostgresStore {
    async fn audit_events(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        self.runner
            .look((filter, before, limit), |conn, (filter, before, limit)| {
                page(conn, filter, *before, *limit).boxed()
            })
            .await
    }
}

/// One statement for every way to filter: each goes along the index that it needs.
async fn page(
    conn: &Conn,
    filter: &AuditFilter,
    before: Option<u64>,
    limit: u32,
) -> Outcome<Vec<AuditEvent>> {
    let (before, limit) = (position_before(before), i64::from(limit));
    let action = filter.action.map(AuditAction::as_str);
    macro_rules! select {
        ($condition:literal, $($param:expr),+) => {
            all(
                conn,
                "audit_events",
                concat!(
                    "SELECT seq, at, actor, action, target_kind, target_id, reason, request_id
                     FROM audit_events WHERE seq < $1 ",
                    $condition,
                    " ORDER BY seq DESC LIMIT $2"
                ),
                params![$($param),+],
                event,
            )
            .await
        };
    }
    match (action, filter.target.as_deref()) {
        (_, Some(target)) if !is_storable(target) => Ok(Vec::new()),
        (None, None) => select!("", before, limit),
        (Some(action), None) => select!("AND action = $3", before, limit, action),
        (None, Some(target)) => select!("AND target_id = $3", before, limit, target),
        (Some(action), Some(target)) => select!(
            "AND target_id = $3 AND action = $4",
            before,
            limit,
            target,
            action
        ),
    }
}

fn event(row: &mut Columns<'_>) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        seq: row.number("seq")?,
        at: row.time("at")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        target_kind: row.get("target_kind")?,
        target_id: row.get("target_id")?,
        reason: row.get("reason")?,
        request_id: row.get("request_id")?,
    })
}

/// What was acted on: its kind and its id.
pub(super) type Target<'a> = (&'static str, &'a (dyn std::fmt::Display + Sync));

/// Writes one row.
pub(super) async fn write(
    conn: &Conn,
    action: AuditAction,
    context: &AuditContext,
    (kind, id): Target<'_>,
    reason: Option<EndReason>,
    now: Timestamp,
) -> Outcome<()> {
    conn.execute(
        "INSERT INTO audit_events (at, actor, action, target_kind, target_id, reason, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            now.as_millis(),
            context.actor.to_string(),
            action.as_str(),
            kind,
            id.to_string(),
            reason.map(EndReason::as_str),
            context.request_id.as_deref()
        ],
    )
    .await
    .map(drop)
}
