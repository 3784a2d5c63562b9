//! `/admin/accounts/{id}`: one account, its sessions, and what can be done with it.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::model::{Account, AccountState, Identifier, Session, SessionKind};
use symbolon_protocol::{AccountId, SessionId};

use super::{Administrator, Section, accounts::names, query::with_query};
use crate::{
    api::views::role_name,
    error::ApiError,
    extract::{Path, Query},
    pages::{device::device_name, frame::Frame, moment::Moment, notice, render::show},
    state::AppState,
};

#[derive(Deserialize)]
pub(crate) struct Params {
    notice: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/account.html")]
struct AccountPage {
    t: Frame,
    section: Section,
    notice: Option<&'static str>,
    id: AccountId,
    name: String,
    subject: String,
    is_own: bool,
    disabled: Option<Moment>,
    erased: Option<Moment>,
    identifiers: Vec<IdentifierRow>,
    roles: String,
    created: Moment,
    audit: String,
    sessions: Vec<SessionRow>,
}

struct IdentifierRow {
    kind: &'static str,
    value: String,
    is_verified: bool,
}

struct SessionRow {
    id: SessionId,
    device: String,
    kind: &'static str,
    ip: Option<String>,
    created: Moment,
    last_seen: Moment,
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<AccountId>,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let t = admin.t;
    let account = state.issuer().account(id).await?;
    let sessions = state.issuer().sessions_of(id).await?;
    let mut page = page(t, &account, &sessions);
    page.is_own = admin.caller.account.id == id;
    page.notice = notice::text_of(*t, params.notice.as_deref());
    Ok(show(t, &page))
}

fn page(t: Frame, account: &Account, sessions: &[Session]) -> AccountPage {
    let (disabled, erased) = match account.state {
        AccountState::Active => (None, None),
        AccountState::Disabled { at } => (Some(Moment::new(*t, at)), None),
        AccountState::Erased { at } => (None, Some(Moment::new(*t, at))),
    };
    let roles: Vec<_> = account.roles.iter().map(role_name).collect();
    let id = account.id.to_string();
    AccountPage {
        t,
        section: Section::Accounts,
        notice: None,
        id: account.id,
        name: name(t, account),
        subject: account.subject.to_string(),
        is_own: false,
        disabled,
        erased,
        identifiers: account
            .identifiers
            .iter()
            .map(IdentifierRow::from)
            .collect(),
        roles: roles.join(" "),
        created: Moment::new(*t, account.created_at),
        audit: with_query(Section::Audit.path(), [("target", id.as_str())]),
        sessions: sessions.iter().map(|one| SessionRow::new(t, one)).collect(),
    }
}

/// What an account is called in a sentence.
pub(super) fn name(t: Frame, account: &Account) -> String {
    let first = names(account).into_iter().next();
    first.unwrap_or_else(|| t.nameless().to_owned())
}

impl From<&Identifier> for IdentifierRow {
    fn from(identifier: &Identifier) -> Self {
        Self {
            kind: identifier.kind.as_str(),
            value: identifier.original.clone(),
            is_verified: identifier.verified_at.is_some(),
        }
    }
}

impl SessionRow {
    fn new(t: Frame, session: &Session) -> Self {
        Self {
            id: session.id,
            device: device_name(*t, session.device_label.as_deref()),
            kind: match session.kind {
                SessionKind::Browser => t.browser_session(),
                SessionKind::Token => t.app_session(),
            },
            ip: session.ip.map(|ip| ip.to_string()),
            created: Moment::new(*t, session.created_at),
            last_seen: Moment::new(*t, session.last_seen),
        }
    }
}
