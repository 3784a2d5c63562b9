//! Audit rows: who did what to what, in the transaction that did it. Ids only.

use async_trait::async_trait;
use futures_util::FutureExt as _;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext, AuditEvent},
    store::{AuditFilter, AuditStore, StoreError},
};
use symbolon_protocol::EndReason;
use tokio_postgres::types::Type;

use super::{
    PostgresStore,
    conn::Conn,
    failure::{Outcome, inconsistent},
    log::position_before,
    query::{Columns, all, is_storable, params},
    tx::{LastWrite, Tx},
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

/// Rows that a transaction will write, column by column.
#[derive(Default)]
pub(super) struct Rows {
    at: Vec<i64>,
    actors: Vec<String>,
    actions: Vec<&'static str>,
    kinds: Vec<&'static str>,
    ids: Vec<String>,
    reasons: Vec<Option<&'static str>>,
    requests: Vec<Option<String>>,
}

/// In the order in which they were written down.
const INSERT: (&str, &[Type]) = (
    "INSERT INTO audit_events (at, actor, action, target_kind, target_id, reason, request_id)
     SELECT at, actor, action, kind, id, reason, request
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
          WITH ORDINALITY AS new (at, actor, action, kind, id, reason, request, place)
     ORDER BY place",
    &[
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
    ],
);

impl Rows {
    /// What writes them; none if there are none.
    pub(super) fn into_write(self) -> Option<LastWrite> {
        if self.at.is_empty() {
            return None;
        }
        let rows = u32::try_from(self.at.len()).unwrap_or(u32::MAX);
        Some(LastWrite {
            statement: INSERT,
            rows,
            otherwise: inconsistent("audit_events", "seq", rows),
            values: vec![
                Box::new(self.at),
                Box::new(self.actors),
                Box::new(self.actions),
                Box::new(self.kinds),
                Box::new(self.ids),
                Box::new(self.reasons),
                Box::new(self.requests),
            ],
        })
    }
}

/// Writes one row down, which is sent when the transaction ends.
pub(super) fn write(
    tx: &Tx,
    action: AuditAction,
    context: &AuditContext,
    (kind, id): Target<'_>,
    reason: Option<EndReason>,
    now: Timestamp,
) {
    tx.audit(|rows| {
        rows.at.push(now.as_millis());
        rows.actors.push(context.actor.to_string());
        rows.actions.push(action.as_str());
        rows.kinds.push(kind);
        rows.ids.push(id.to_string());
        rows.reasons.push(reason.map(EndReason::as_str));
        rows.requests
            .push(context.request_id.as_deref().map(str::to_owned));
    });
}
