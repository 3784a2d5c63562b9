//! What the page shows, above all of texts that others chose.

use symbolon_core::{
    Timestamp,
    model::{AccountState, IdentifierKind, Role, SessionState, TruncatedIp},
};
use symbolon_protocol::{AccountId, Subject};

use super::*;

const HOSTILE: &str = "<script>alert(\"x\")</script>'&";

fn id(last: u8) -> String {
    format!("01890000-0000-7000-8000-0000000000{last:02x}")
}

fn account() -> Account {
    let at = Timestamp::from_secs(1_700_000_000);
    Account {
        id: id(1).parse::<AccountId>().unwrap(),
        subject: Subject::try_from("subject".to_owned()).unwrap(),
        state: AccountState::Active,
        identifiers: vec![Identifier {
            kind: IdentifierKind::Username,
            original: HOSTILE.to_owned(),
            normalised: HOSTILE.to_owned(),
            verified_at: Some(at),
        }],
        roles: vec![Role::admin()],
        locale: None,
        profile: serde_json::Value::Null,
        created_at: at,
    }
}

fn session(last: u8, label: Option<&str>) -> Session {
    let at = Timestamp::from_secs(1_700_000_000);
    Session {
        id: id(last).parse().unwrap(),
        account: account().id,
        kind: SessionKind::Browser,
        version: 1,
        actor: None,
        state: SessionState::Active,
        created_at: at,
        auth_time: at,
        last_seen: at.plus_secs(90),
        idle_secs: 1800,
        expires_at: at.plus_secs(3600),
        amr: vec!["pwd".to_owned()],
        acr: None,
        device_label: label.map(str::to_owned),
        ip: Some(TruncatedIp::from_full("203.0.113.77".parse().unwrap())),
    }
}

fn html(sessions: &[Session], current: &Session) -> String {
    AccountPage::new(Frame::default(), &account(), sessions, Some(current.id))
        .render()
        .unwrap()
}

#[test]
fn identifiers_and_device_labels_are_text() {
    let sessions = [session(2, Some(HOSTILE)), session(3, None)];
    let html = html(&sessions, &sessions[1]);
    assert!(!html.contains("<script>"), "{html}");
    assert!(!html.contains(HOSTILE));
    let escaped = "&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;&#39;&#38;";
    // The identifier, its copy for password managers, the device label and its title.
    assert!(html.matches(escaped).count() >= 3, "{html}");
}

#[test]
fn the_session_at_hand_comes_first_and_is_marked() {
    let sessions = [session(2, Some("Elsewhere")), session(3, Some("Here"))];
    let html = html(&sessions, &sessions[1]);
    assert_eq!(html.matches("This device").count(), 1);
    assert!(html.find("Here") < html.find("Elsewhere"));
    let end = format!("href=\"/account/sessions/end?session={}\"", id(2));
    assert!(html.contains(&end), "{html}");
    assert!(html.contains("href=\"/account/sessions/end-others\""));
    assert!(html.contains("203.0.113.0") && !html.contains("203.0.113.77"));
    assert!(html.contains("datetime=\"2023-11-14T22:13:20Z\""), "{html}");
    assert!(html.contains("2023-11-14 22:14 UTC"), "{html}");
}

#[test]
fn nobody_is_offered_to_end_others_that_are_not_there() {
    let sessions = [session(2, None)];
    let html = html(&sessions, &sessions[0]);
    assert!(!html.contains("end-others"), "{html}");
}

#[test]
fn no_template_switches_escaping_off() {
    for template in [
        include_str!("../../../templates/account.html"),
        include_str!("../../../templates/base.html"),
        include_str!("../../../templates/end_sessions.html"),
        include_str!("../../../templates/error.html"),
        include_str!("../../../templates/login.html"),
        include_str!("../../../templates/logout.html"),
        include_str!("../../../templates/error_summary.html"),
        include_str!("../../../templates/new_password.html"),
        include_str!("../../../templates/reach.html"),
        include_str!("../../../templates/receipt.html"),
        include_str!("../../../templates/register.html"),
        include_str!("../../../templates/setup.html"),
    ] {
        // The one script is a file of ours.
        let template = template.replace("<script src=\"{{ crate::pages::assets::script() }}\"", "");
        for word in [
            "|safe",
            "escape",
            "<script",
            "style=",
            "javascript:",
            "http",
        ] {
            assert!(!template.contains(word), "{word}");
        }
    }
}

#[test]
fn saving_the_profile_loses_no_language() {
    let chosen = |locale: Option<&str>| {
        let all = languages(Frame::default(), locale);
        let chosen: Vec<_> = all.iter().filter(|choice| choice.is_chosen).collect();
        assert_eq!(chosen.len(), 1, "{locale:?}");
        (chosen[0].tag.clone(), all.len())
    };
    assert_eq!(chosen(None), (String::new(), 3));
    assert_eq!(chosen(Some("de")), ("de".to_owned(), 3));
    assert_eq!(chosen(Some("de-AT")), ("de-AT".to_owned(), 3));
    assert_eq!(chosen(Some("fr")), ("fr".to_owned(), 4));
}
