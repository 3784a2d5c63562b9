//! The JSON forms in which entities go out.

use jiff::Timestamp as Moment;
use serde::Serialize;
use symbolon_core::{
    Timestamp,
    model::{Account, AccountState, Role, RoleScope, Session},
    readers::Waiter,
    service::{Ended, IssuedTokens},
};
use symbolon_protocol::{AccountId, GrantId, SessionId, Subject};
use utoipa::ToSchema;

use super::receipt::ReceiptView;
use crate::{extract::ReceiptWait, openapi::schemas, state::AppState};

/// RFC 3339 in UTC, to the millisecond.
pub(crate) fn moment(time: Timestamp) -> String {
    Moment::from_millisecond(time.as_millis())
        .map(|at| at.to_string())
        .unwrap_or_default()
}

/// The moment that a text in RFC 3339 names.
pub(crate) fn moment_of(text: &str) -> Option<Timestamp> {
    let at: Moment = text.parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountView {
    #[schema(value_type = String, format = "uuid")]
    id: AccountId,
    /// `sub` of its tokens: random, never reused.
    #[schema(value_type = String)]
    subject: Subject,
    #[schema(schema_with = schemas::account_state)]
    state: &'static str,
    identifiers: Vec<IdentifierView>,
    /// `admin` is built in; `kind/id:name` is a role within something.
    roles: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// A name or address of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = Identifier)]
struct IdentifierView {
    #[schema(schema_with = schemas::identifier_kind)]
    kind: &'static str,
    /// As it was typed.
    value: String,
    verified: bool,
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            subject: account.subject.clone(),
            state: match account.state {
                AccountState::Active => "active",
                AccountState::Disabled { .. } => "disabled",
                AccountState::Erased { .. } => "erased",
            },
            identifiers: account
                .identifiers
                .iter()
                .map(|identifier| IdentifierView {
                    kind: identifier.kind.as_str(),
                    value: identifier.original.clone(),
                    verified: identifier.verified_at.is_some(),
                })
                .collect(),
            roles: account.roles.iter().map(role_name).collect(),
            created_at: moment(account.created_at),
        }
    }
}

/// `admin`, or `kind/id:name` for a role within something.
pub(crate) fn role_name(role: &Role) -> String {
    match &role.scope {
        RoleScope::Issuer => role.name.clone(),
        RoleScope::Within { kind, id } => format!("{kind}/{id}:{}", role.name),
    }
}

/// A session.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    #[schema(schema_with = schemas::session_kind)]
    kind: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    /// To the minute.
    #[schema(format = DateTime)]
    last_seen: String,
    /// When it ends whatever is done; an idle one ends before.
    #[schema(format = DateTime)]
    expires_at: String,
    /// What the device list shows.
    device: Option<String>,
    /// The address of the log-in, truncated.
    ip: Option<String>,
    /// How its owner proved who they are (RFC 8176).
    amr: Vec<String>,
    /// Whether the request itself belongs to it; where the caller's own sessions are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    current: Option<bool>,
}

impl SessionView {
    pub(crate) fn new(session: &Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id,
            kind: session.kind.as_str(),
            created_at: moment(session.created_at),
            last_seen: moment(session.last_seen),
            expires_at: moment(session.expires_at),
            device: session.device_label.clone(),
            ip: session.ip.map(|ip| ip.to_string()),
            amr: session.amr.clone(),
            current: current.map(|current| current == session.id),
        }
    }
}

/// A list of sessions.
#[derive(Serialize, ToSchema)]
#[schema(as = Sessions)]
pub(crate) struct SessionList {
    sessions: Vec<SessionView>,
}

impl SessionList {
    pub(crate) fn new(sessions: &[Session], current: Option<SessionId>) -> Self {
        let view = |session| SessionView::new(session, current);
        Self {
            sessions: sessions.iter().map(view).collect(),
        }
    }
}

/// Tokens (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView {
    /// A JWT (RFC 9068).
    access_token: String,
    #[schema(schema_with = schemas::token_type)]
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    refresh_token: String,
    /// Space-separated.
    scope: String,
    /// With which they end; none for those of an offline grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid", nullable = false)]
    session: Option<SessionId>,
    #[schema(value_type = String, format = "uuid")]
    grant: GrantId,
}

impl From<IssuedTokens> for TokensView {
    fn from(tokens: IssuedTokens) -> Self {
        Self {
            access_token: tokens.access.jwt,
            token_type: "Bearer",
            expires_in: tokens.access.expires_in,
            refresh_token: tokens.refresh,
            scope: tokens.scopes.join(" "),
            session: tokens.session,
            grant: tokens.grant,
        }
    }
}

/// What ending something did.
#[derive(Serialize, ToSchema)]
#[schema(as = Ended)]
pub(crate) struct EndedView {
    sessions_ended: u32,
    grants_ended: u32,
    /// Milliseconds since the epoch.
    revoked_at_ms: i64,
    /// If one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    receipt: Option<ReceiptView>,
}

impl EndedView {
    /// Of what was ended, with its receipt if one was asked for.
    pub(crate) async fn with_receipt(
        ended: Ended,
        wait: ReceiptWait,
        waiter: Waiter,
        state: &AppState,
    ) -> Self {
        Self {
            sessions_ended: ended.sessions,
            grants_ended: ended.grants,
            revoked_at_ms: ended.at.as_millis(),
            receipt: wait.receipt(state, ended.committed, waiter).await,
        }
    }
}
