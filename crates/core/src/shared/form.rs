//! How a session and its account are written into a copy: JSON arrays, whose places are the fields below.
//!
//! Only what is alive is copied, so no state is written. A form that another release wrote differently
//! does not parse, which is as if there were no copy.

use serde::Deserialize;
use symbolon_protocol::{AccountId, SessionId, Subject, Timestamp};

use crate::{
    model::{
        Account, AccountState, Identifier, IdentifierKind, Role, RoleScope, Session, SessionKind,
        SessionState, TruncatedIp,
    },
    store::SessionView,
};

/// Which fields there are, and in which order. Another one for every change of them.
const FORM: u8 = 2;

#[derive(Deserialize)]
struct Form<'a> {
    form: u8,
    /// Milliseconds.
    read_at: i64,
    #[serde(borrow)]
    session: SessionForm<'a>,
    #[serde(borrow)]
    account: AccountForm<'a>,
}

#[derive(Deserialize)]
struct SessionForm<'a> {
    id: SessionId,
    kind: &'a str,
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
    ip: Option<&'a str>,
}

#[derive(Deserialize)]
struct AccountForm<'a> {
    id: AccountId,
    subject: Subject,
    #[serde(borrow)]
    identifiers: Vec<IdentifierForm<'a>>,
    roles: Vec<RoleForm>,
    locale: Option<String>,
    profile: serde_json::Value,
    created_at: i64,
}

#[derive(Deserialize)]
struct IdentifierForm<'a> {
    kind: &'a str,
    original: String,
    normalised: String,
    verified_at: Option<i64>,
}

#[derive(Deserialize)]
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
    let session = (
        session.id,
        session.kind.as_str(),
        session.version,
        session.actor,
        session.created_at.as_millis(),
        session.auth_time.as_millis(),
        session.last_seen.as_millis(),
        session.idle_secs,
        session.expires_at.as_millis(),
        &session.amr,
        &session.acr,
        &session.device_label,
        session.ip.map(|ip| ip.to_string()),
    );
    let identifiers = account.identifiers.iter().map(|one| {
        let verified_at = one.verified_at.map(Timestamp::as_millis);
        (
            one.kind.as_str(),
            &one.original,
            &one.normalised,
            verified_at,
        )
    });
    let roles = account.roles.iter().map(|role| {
        let within = match &role.scope {
            RoleScope::Issuer => None,
            RoleScope::Within { kind, id } => Some((kind, id)),
        };
        (&role.name, within)
    });
    let account = (
        account.id,
        &account.subject,
        identifiers.collect::<Vec<_>>(),
        roles.collect::<Vec<_>>(),
        &account.locale,
        &account.profile,
        account.created_at.as_millis(),
    );
    serde_json::to_vec(&(FORM, read_at.as_millis(), session, account)).ok()
}

/// What the bytes say, and when it was read in the store.
pub(super) fn read(bytes: &[u8]) -> Option<(SessionView, Timestamp)> {
    let Form {
        form,
        read_at,
        session,
        account,
    } = serde_json::from_slice(bytes).ok()?;
    if form != FORM {
        return None;
    }
    let ip = match session.ip {
        Some(text) => Some(TruncatedIp::parse(text)?),
        None => None,
    };
    let session = Session {
        id: session.id,
        account: account.id,
        kind: SessionKind::from_name(session.kind)?,
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
            kind: IdentifierKind::from_name(form.kind)?,
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
        let ours: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let read = |form: &serde_json::Value| read(form.to_string().as_bytes());
        assert!(read(&ours).is_some());
        // Another form, and fields more or fewer in each place.
        let mut other = ours.clone();
        other[0] = 3.into();
        assert_eq!(read(&other), None);
        for place in ["", "/2", "/3", "/3/2/0", "/3/3/0"] {
            let mut more = ours.clone();
            let fields = more.pointer_mut(place).unwrap().as_array_mut().unwrap();
            fields.push(true.into());
            assert_eq!(read(&more), None, "{place}");
            let mut fewer = ours.clone();
            let fields = fewer.pointer_mut(place).unwrap().as_array_mut().unwrap();
            fields.pop();
            assert_eq!(read(&fewer), None, "{place}");
        }
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
