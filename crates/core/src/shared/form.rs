//! How a session and its account are written into a copy.
//!
//! Only what is alive is copied, so no state is written. A form that another release wrote differently
//! does not parse, which is as if there were no copy.

use serde::{Deserialize, Serialize};
use symbolon_protocol::{AccountId, SessionId, Subject, Timestamp};

use crate::{
    model::{
        Account, AccountState, Identifier, IdentifierKind, Role, RoleScope, Session, SessionKind,
        SessionState, TruncatedIp,
    },
    store::SessionView,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// Milliseconds.
    read_at: i64,
    session: SessionForm,
    account: AccountForm,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionForm {
    id: SessionId,
    kind: String,
    version: u32,
    actor: Option<AccountId>,
    created_at: i64,
    auth_time: i64,
    last_seen: i64,
    idle_secs: u32,
    expires_at: i64,
    amr: Vec<String>,
    acr: Option<String>,
    device_label: Option<String>,
    ip: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountForm {
    id: AccountId,
    subject: Subject,
    identifiers: Vec<IdentifierForm>,
    roles: Vec<RoleForm>,
    locale: Option<String>,
    profile: serde_json::Value,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentifierForm {
    kind: String,
    original: String,
    normalised: String,
    verified_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleForm {
    name: String,
    /// Kind and id of what it holds in; the issuer if absent.
    within: Option<(String, String)>,
}

/// The bytes; `None` for what is not to be copied.
pub(super) fn write(view: &SessionView, read_at: Timestamp) -> Option<Vec<u8>> {
    let SessionView { session, account } = view;
    if session.state != SessionState::Active || !account.is_active() {
        return None;
    }
    let form = Form {
        read_at: read_at.as_millis(),
        session: SessionForm {
            id: session.id,
            kind: session.kind.as_str().to_owned(),
            version: session.version,
            actor: session.actor,
            created_at: session.created_at.as_millis(),
            auth_time: session.auth_time.as_millis(),
            last_seen: session.last_seen.as_millis(),
            idle_secs: session.idle_secs,
            expires_at: session.expires_at.as_millis(),
            amr: session.amr.clone(),
            acr: session.acr.clone(),
            device_label: session.device_label.clone(),
            ip: session.ip.map(|ip| ip.to_string()),
        },
        account: AccountForm {
            id: account.id,
            subject: account.subject.clone(),
            identifiers: account.identifiers.iter().map(identifier_form).collect(),
            roles: account.roles.iter().map(role_form).collect(),
            locale: account.locale.clone(),
            profile: account.profile.clone(),
            created_at: account.created_at.as_millis(),
        },
    };
    serde_json::to_vec(&form).ok()
}

fn identifier_form(identifier: &Identifier) -> IdentifierForm {
    IdentifierForm {
        kind: identifier.kind.as_str().to_owned(),
        original: identifier.original.clone(),
        normalised: identifier.normalised.clone(),
        verified_at: identifier.verified_at.map(Timestamp::as_millis),
    }
}

fn role_form(role: &Role) -> RoleForm {
    RoleForm {
        name: role.name.clone(),
        within: match &role.scope {
            RoleScope::Issuer => None,
            RoleScope::Within { kind, id } => Some((kind.clone(), id.clone())),
        },
    }
}

/// What the bytes say, and when it was read in the store.
pub(super) fn read(bytes: &[u8]) -> Option<(SessionView, Timestamp)> {
    let Form {
        read_at,
        session,
        account,
    } = serde_json::from_slice(bytes).ok()?;
    let ip = match session.ip {
        Some(text) => Some(TruncatedIp::parse(&text)?),
        None => None,
    };
    let session = Session {
        id: session.id,
        account: account.id,
        kind: SessionKind::from_name(&session.kind)?,
        version: session.version,
        actor: session.actor,
        state: SessionState::Active,
        created_at: Timestamp::from_millis(session.created_at),
        auth_time: Timestamp::from_millis(session.auth_time),
        last_seen: Timestamp::from_millis(session.last_seen),
        idle_secs: session.idle_secs,
        expires_at: Timestamp::from_millis(session.expires_at),
        amr: session.amr,
        acr: session.acr,
        device_label: session.device_label,
        ip,
    };
    let identifiers = account.identifiers.into_iter().map(|form| {
        Some(Identifier {
            kind: IdentifierKind::from_name(&form.kind)?,
            original: form.original,
            normalised: form.normalised,
            verified_at: form.verified_at.map(Timestamp::from_millis),
        })
    });
    let roles = account.roles.into_iter().map(|form| Role {
        name: form.name,
        scope: match form.within {
            None => RoleScope::Issuer,
            Some((kind, id)) => RoleScope::Within { kind, id },
        },
    });
    let account = Account {
        id: account.id,
        subject: account.subject,
        state: AccountState::Active,
        identifiers: identifiers.collect::<Option<_>>()?,
        roles: roles.collect(),
        locale: account.locale,
        profile: account.profile,
        created_at: Timestamp::from_millis(account.created_at),
    };
    let view = SessionView { session, account };
    Some((view, Timestamp::from_millis(read_at)))
}
