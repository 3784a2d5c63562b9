//! `/account`: who one is, where one is logged in, and one's password.

pub(crate) mod password;
pub(crate) mod sessions;

use askama::Template;
use axum::{extract::State, response::Response};
use jiff::Timestamp as Moment;
use serde::Deserialize;
use symbolon_core::{
    Error, Timestamp,
    model::{Account, Identifier, Session, SessionKind},
};
use symbolon_protocol::SessionId;

use super::{device::device_name, notice, render::show, visitor::Member};
use crate::{
    api::views::{moment, role_name},
    error::ApiError,
    extract::Query,
    state::AppState,
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    error: Option<String>,
    notice: Option<&'static str>,
    username: String,
    identifiers: Vec<IdentifierRow>,
    roles: Vec<String>,
    sessions: Vec<SessionRow>,
    has_others: bool,
    min_length: usize,
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
    created: Time,
    last_seen: Time,
    is_current: bool,
}

/// A moment for programs and for people.
struct Time {
    exact: String,
    text: String,
}

#[derive(Deserialize)]
pub(crate) struct Params {
    notice: Option<String>,
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    member: Member,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let mut page = load(&state, &member).await?;
    page.notice = notice::text_of(params.notice.as_deref());
    Ok(show(&page))
}

/// The page without anything to say.
async fn load(state: &AppState, member: &Member) -> Result<AccountPage, Error> {
    let account = &member.0.account;
    let sessions = state.issuer().sessions_of(account.id).await?;
    let min_length = state.issuer().settings().passwords.min_length;
    Ok(AccountPage::new(
        account,
        &sessions,
        member.session(),
        min_length,
    ))
}

impl AccountPage {
    fn new(
        account: &Account,
        sessions: &[Session],
        current: Option<SessionId>,
        min_length: usize,
    ) -> Self {
        let row = |session| SessionRow::new(session, current);
        let mut sessions: Vec<_> = sessions.iter().map(row).collect();
        sessions.sort_by_key(|session| !session.is_current);
        Self {
            error: None,
            notice: None,
            username: account
                .identifiers
                .first()
                .map(|identifier| identifier.original.clone())
                .unwrap_or_default(),
            identifiers: account
                .identifiers
                .iter()
                .map(IdentifierRow::from)
                .collect(),
            roles: account.roles.iter().map(role_name).collect(),
            has_others: sessions.iter().any(|session| !session.is_current),
            sessions,
            min_length,
        }
    }
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
    fn new(session: &Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id,
            device: session
                .device_label
                .as_deref()
                .map_or_else(|| "Unknown device".to_owned(), device_name),
            kind: match session.kind {
                SessionKind::Browser => "Browser",
                SessionKind::Token => "App",
            },
            ip: session.ip.map(|ip| ip.to_string()),
            created: Time::from(session.created_at),
            last_seen: Time::from(session.last_seen),
            is_current: current == Some(session.id),
        }
    }
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self {
            exact: moment(time),
            text: Moment::from_millisecond(time.as_millis())
                .map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
