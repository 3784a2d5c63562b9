//! `/admin/audit`: the audit trail, newest first.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{
    model::{AuditAction, AuditEvent},
    store::AuditFilter,
};

use super::{Administrator, Section, query::with_query};
use crate::{
    error::ApiError,
    extract::Query,
    pages::{frame::Frame, moment::Moment, render::show},
    state::AppState,
};

/// Events on a page.
const PAGE: u32 = 100;

/// How the id of an account is written where it acts.
const ACCOUNT: &str = "account";

#[derive(Deserialize)]
pub(crate) struct Params {
    before: Option<u64>,
    /// Empty as the form sends it: every action.
    #[serde(default)]
    action: String,
    #[serde(default)]
    target: String,
}

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    t: Frame,
    section: Section,
    action: Option<AuditAction>,
    target: String,
    rows: Vec<EventRow>,
    first: Option<String>,
    next: Option<String>,
}

impl AuditPage {
    fn is_chosen(&self, action: &AuditAction) -> bool {
        self.action == Some(*action)
    }
}

struct EventRow {
    at: Moment,
    actor_kind: String,
    actor_id: Option<String>,
    /// Whether an account acted.
    is_by_account: bool,
    action: String,
    target_kind: String,
    target_id: String,
    /// Whether the target is an account.
    is_account: bool,
    reason: Option<String>,
    request_id: Option<String>,
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let t = admin.t;
    let (action, target) = (AuditAction::from_name(&params.action), params.target.trim());
    let filter = AuditFilter {
        action,
        target: (!target.is_empty()).then(|| target.to_owned()),
    };
    let page = state
        .issuer()
        .audit_trail(filter, params.before, PAGE)
        .await?;
    let link = |before: &str| {
        let action = action.map_or("", AuditAction::as_str);
        let parameters = [("action", action), ("target", target), ("before", before)];
        with_query(Section::Audit.path(), parameters)
    };
    Ok(show(
        t,
        &AuditPage {
            t,
            section: Section::Audit,
            action,
            rows: page.events.into_iter().map(|one| row(t, one)).collect(),
            first: params.before.map(|_| link("")),
            next: page.next.map(|next| link(&next.to_string())),
            target: target.to_owned(),
        },
    ))
}

fn row(t: Frame, event: AuditEvent) -> EventRow {
    let (kind, id) = match event.actor.split_once(':') {
        Some((kind, id)) => (kind, Some(id)),
        None => (event.actor.as_str(), None),
    };
    EventRow {
        at: Moment::new(*t, event.at),
        is_by_account: kind == ACCOUNT,
        actor_kind: kind.to_owned(),
        actor_id: id.map(str::to_owned),
        action: event.action,
        is_account: event.target_kind == ACCOUNT,
        target_kind: event.target_kind,
        target_id: event.target_id,
        reason: event.reason,
        request_id: event.request_id,
    }
}
