//! A user as Auth0's export of password hashes has it.

use serde_json::{Map, Value};

use super::fields::{Draft, Rejection};
use crate::admin::ForeignAccount;

/// Whether the line has this form.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    members.contains_key("_id") || members.contains_key("passwordHash")
}

/// The account. In tokens Auth0 writes the connection's kind before the id.
pub(super) fn read(members: &Map<String, Value>) -> Result<ForeignAccount, Rejection> {
    let text = |name: &str| {
        members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let id = match members.get("_id") {
        Some(Value::Object(id)) => id.get("$oid").and_then(Value::as_str),
        Some(Value::String(id)) => Some(id.as_str()),
        _ => None,
    };
    let subject = match (text("user_id"), id) {
        ("", Some(id)) => Some(format!("auth0|{id}")),
        ("", None) => None,
        (user_id, _) => Some(user_id.to_owned()),
    };
    let mut draft = Draft {
        subject,
        email_verified: members.get("email_verified") == Some(&Value::Bool(true)),
        disabled: members.get("blocked") == Some(&Value::Bool(true)),
        ..Draft::default()
    };
    draft.add_email(text("email"));
    draft.add_name(text("username"));
    for claim in ["name", "given_name", "family_name", "nickname"] {
        draft.claim(claim, text(claim));
    }
    draft.password_hash = Some(text("passwordHash").to_owned()).filter(|hash| !hash.is_empty());
    Ok(draft.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_read_with_the_subject_of_its_tokens() {
        let line = json!({
            "_id": {"$oid": "60425dc43519d90068f82973"}, "email_verified": true,
            "email": "ada@example.com", "passwordHash": "$2b$10$x",
            "password_set_date": {"$date": "2021-03-05T16:34:54.138Z"}, "tenant": "dev",
            "connection": "Users", "_tmp_is_unique": true,
        });
        let account = read(line.as_object().unwrap()).unwrap();
        assert_eq!(
            account.subject.as_deref(),
            Some("auth0|60425dc43519d90068f82973")
        );
        assert_eq!(account.identifiers.len(), 1);
        assert!(account.identifiers[0].verified);
        assert_eq!(account.password_hash.as_deref(), Some("$2b$10$x"));
    }
}
