//! `/account`: who one is, where one is logged in, and one's password.

pub(super) mod confirm;
pub(super) mod ending;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod receipt;
pub(crate) mod sessions;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{
    Error,
    model::{Account, Identifier, Profile, Session, SessionKind},
};
use symbolon_protocol::SessionId;

use super::{
    device::device_name, form::FormError, frame::Frame, moment::Moment, notice, render::show,
    visitor::Member,
};
use crate::{
    api::views::role_name, error::ApiError, extract::Query, state::AppState, texts::Language,
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    t: Frame,
    error: FormError,
    notice: Option<&'static str>,
    username: String,
    identifiers: Vec<IdentifierRow>,
    roles: Vec<String>,
    created: Moment,
    profile: Profile,
    languages: Vec<Choice>,
    sessions: Vec<SessionRow>,
    has_others: bool,
    min_length: usize,
}

struct IdentifierRow {
    kind: &'static str,
    value: String,
    is_verified: bool,
}

/// A language that can be chosen; an empty tag leaves it to the browser.
struct Choice {
    tag: String,
    name: String,
    is_chosen: bool,
}

struct SessionRow {
    id: SessionId,
    device: String,
    kind: &'static str,
    ip: Option<String>,
    created: Moment,
    last_seen: Moment,
    is_current: bool,
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
    page.notice = notice::text_of(*member.1, params.notice.as_deref());
    Ok(show(member.1, &page))
}

/// The page without anything to say.
async fn load(state: &AppState, member: &Member) -> Result<AccountPage, Error> {
    let account = &member.0.account;
    let sessions = state.issuer().sessions_of(account.id).await?;
    let mut page = AccountPage::new(member.1, account, &sessions, member.session());
    page.min_length = state.issuer().settings().passwords.min_length;
    Ok(page)
}

impl AccountPage {
    fn new(t: Frame, account: &Account, sessions: &[Session], current: Option<SessionId>) -> Self {
        let row = |session| SessionRow::new(t, session, current);
        let mut sessions: Vec<_> = sessions.iter().map(row).collect();
        sessions.sort_by_key(|session| !session.is_current);
        Self {
            t,
            error: FormError::default(),
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
            created: Moment::new(*t, account.created_at),
            profile: Profile::of(account),
            languages: languages(t, account.locale.as_deref()),
            has_others: sessions.iter().any(|session| !session.is_current),
            sessions,
            min_length: 0,
        }
    }
}

/// The languages of the pages, and the account's own if it is another: saving must not lose it.
fn languages(t: Frame, chosen: Option<&str>) -> Vec<Choice> {
    let ours = |tag: &str| Language::of_tag(tag).map(Language::tag);
    let ours_is_chosen = chosen.and_then(ours);
    let mut choices = vec![Choice {
        tag: String::new(),
        name: t.language_of_browser().to_owned(),
        is_chosen: chosen.is_none(),
    }];
    choices.extend(Language::ALL.iter().map(|language| {
        let is_chosen = ours_is_chosen == Some(language.tag());
        Choice {
            // A country stays with its language.
            tag: chosen
                .filter(|_| is_chosen)
                .unwrap_or(language.tag())
                .to_owned(),
            name: language.own_name().to_owned(),
            is_chosen,
        }
    }));
    if let (Some(other), None) = (chosen, ours_is_chosen) {
        choices.push(Choice {
            tag: other.to_owned(),
            name: other.to_owned(),
            is_chosen: true,
        });
    }
    choices
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
    fn new(t: Frame, session: &Session, current: Option<SessionId>) -> Self {
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
            is_current: current == Some(session.id),
        }
    }
}

#[cfg(test)]
mod tests;
