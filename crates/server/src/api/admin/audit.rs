//! `GET /api/v1/admin/audit`: the audit trail, newest first.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    model::{AuditAction, AuditEvent},
    store::AuditFilter,
};

use crate::{
    api::views::moment,
    error::ApiError,
    extract::{Admin, Query},
    state::AppState,
};

/// Events on a page unless the caller says otherwise.
const PAGE: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    before: Option<u64>,
    limit: Option<u32>,
    action: Option<Action>,
    target: Option<String>,
}

/// An action by its stable name.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Action(pub(crate) AuditAction);

impl TryFrom<String> for Action {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        AuditAction::from_name(&name)
            .map(Self)
            .ok_or("no such action")
    }
}

#[derive(Serialize)]
pub(crate) struct Trail {
    events: Vec<EventView>,
    next: Option<u64>,
}

#[derive(Serialize)]
struct EventView {
    seq: u64,
    at: String,
    actor: String,
    action: String,
    target_kind: String,
    target_id: String,
    reason: Option<String>,
    request_id: Option<String>,
}

impl From<AuditEvent> for EventView {
    fn from(event: AuditEvent) -> Self {
        Self {
            seq: event.seq,
            at: moment(event.at),
            actor: event.actor,
            action: event.action,
            target_kind: event.target_kind,
            target_id: event.target_id,
            reason: event.reason,
            request_id: event.request_id,
        }
    }
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    Admin(_): Admin,
    Query(params): Query<Params>,
) -> Result<axum::Json<Trail>, ApiError> {
    let filter = AuditFilter {
        action: params.action.map(|action| action.0),
        target: params.target,
    };
    let limit = params.limit.unwrap_or(PAGE);
    let page = state
        .issuer()
        .audit_trail(filter, params.before, limit)
        .await?;
    Ok(axum::Json(Trail {
        events: page.events.into_iter().map(EventView::from).collect(),
        next: page.next,
    }))
}
