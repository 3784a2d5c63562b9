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

#[cfg(test)]
mod tests {
    use symbolon_protocol::EndReason;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_700_000_000_123);

    fn view() -> SessionView {
        let id: AccountId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let session = Session {
            id: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(),
            account: id,
            kind: SessionKind::Token,
            version: 3,
            actor: Some("01890a5d-ac96-774b-bcce-b302099a8059".parse().unwrap()),
            state: SessionState::Active,
            created_at: AT.plus_secs(-5),
            auth_time: AT.plus_secs(-4),
            last_seen: AT.plus_secs(-1),
            idle_secs: 60,
            expires_at: AT.plus_secs(600),
            amr: vec!["pwd".into(), "otp".into()],
            acr: Some("high".into()),
            device_label: Some("Firefox \u{1F98A}".into()),
            ip: TruncatedIp::parse("2001:db8:aaaa::"),
        };
        let mut email = Identifier::parse("Ada@Example.com").unwrap();
        email.verified_at = Some(AT);
        let account = Account {
            id,
            subject: Subject::from_random([7; 16]),
            state: AccountState::Active,
            identifiers: vec![email, Identifier::parse("ada").unwrap()],
            roles: vec![
                Role::admin(),
                Role {
                    scope: RoleScope::Within {
                        kind: "organisation".into(),
                        id: "o1".into(),
                    },
                    name: "owner".into(),
                },
            ],
            locale: Some("en-GB".into()),
            profile: serde_json::json!({"name": "Ada", "nested": {"list": [1, 2.5, null]}}),
            created_at: AT.plus_secs(-9_999),
        };
        SessionView { session, account }
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let bytes = write(&view(), AT).unwrap();
        assert_eq!(read(&bytes), Some((view(), AT)));
        for len in 0..bytes.len() {
            assert_eq!(read(&bytes[..len]), None, "{len}");
        }
    }

    #[test]
    fn what_another_release_says_is_not_understood_by_half() {
        let bytes = write(&view(), AT).unwrap();
        let mut form: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        form["session"]["new"] = true.into();
        assert_eq!(read(form.to_string().as_bytes()), None);
    }

    #[test]
    fn what_is_not_alive_is_not_copied() {
        let mut ended = view();
        ended.session.state = SessionState::Ended {
            at: AT,
            reason: EndReason::Logout,
        };
        assert_eq!(write(&ended, AT), None);
        let mut disabled = view();
        disabled.account.state = AccountState::Disabled { at: AT };
        assert_eq!(write(&disabled, AT), None);
    }
}
