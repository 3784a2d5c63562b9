//! `GET /api/v1/admin/audit`: the audit trail, newest first.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    model::{AuditAction, AuditEvent},
    store::AuditFilter,
};
use utoipa::ToSchema;

use crate::{
    api::views::moment,
    error::ApiError,
    extract::{Admin, Query},
    openapi::{
        refusals::{self, QueryParams, Refusals},
        schemas,
    },
    state::AppState,
};

/// Events on a page unless the caller says otherwise.
const PAGE: u32 = 100;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    /// `next` of the page before.
    #[param(nullable = false)]
    before: Option<u64>,
    /// How many: 100 unless said otherwise, 1,000 at most.
    #[param(nullable = false, minimum = 0, maximum = 4294967295_u64)]
    limit: Option<u32>,
    /// Only events of this action.
    #[param(schema_with = schemas::audit_action, required = false)]
    action: Option<Action>,
    /// Only events about what has this id.
    #[param(nullable = false)]
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

/// A page of the audit trail.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditTrail)]
pub(crate) struct Trail {
    /// Newest first.
    events: Vec<EventView>,
    /// `before` of the next page, if there is one.
    next: Option<u64>,
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent)]
struct EventView {
    seq: u64,
    #[schema(format = DateTime)]
    at: String,
    /// `account:ID`, `cli:UID`, `system` or `anonymous`.
    actor: String,
    /// One of those of the parameter `action`, or of a later release.
    action: String,
    target_kind: String,
    target_id: String,
    reason: Option<String>,
    /// As in `X-Request-Id`.
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

/// Shows the audit trail
///
/// A page of it, newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/audit", operation_id = "listAuditEvents", tag = "Administration",
    params(Params),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The page.", body = Trail),
        Refusals::<(refusals::Admin, QueryParams)>,
    ),
)]
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
