//! A line of JSON: in our own form, or as Keycloak or Auth0 export it.

use serde_json::{Map, Value};
use symbolon_jose::json::JsonError;

use super::{
    auth0,
    fields::{Draft, Rejection},
    keycloak,
};
use crate::admin::ForeignAccount;

/// The account of a line.
pub(super) fn read(line: &[u8]) -> Result<ForeignAccount, Rejection> {
    // The parser's own message would quote the line, which has a hash in it.
    let value = symbolon_jose::json::from_slice(line);
    // Of two members of one name nobody can know which is meant.
    if let Err(JsonError::DuplicateMember { .. }) = value {
        return Err(Rejection::malformed("a member stands in the line twice"));
    }
    let Ok(Value::Object(members)) = value else {
        return Err(Rejection::malformed("the line is no JSON object"));
    };
    if keycloak::is_one(&members) {
        keycloak::read(&members)
    } else if auth0::is_one(&members) {
        auth0::read(&members)
    } else {
        own(&members)
    }
}

fn own(members: &Map<String, Value>) -> Result<ForeignAccount, Rejection> {
    let mut draft = Draft::default();
    for (name, value) in members {
        match (name.as_str(), value) {
            ("profile", Value::Object(profile)) => draft.profile.extend(profile.clone()),
            ("roles", Value::Array(roles)) => {
                for role in roles {
                    draft.add_roles(&scalar(name, role)?);
                }
            }
            _ => {
                if !draft.set(name, &scalar(name, value)?)? {
                    return Err(Rejection::malformed(format!(
                        "the member {} is unknown",
                        name.escape_debug()
                    )));
                }
            }
        }
    }
    Ok(draft.finish())
}

/// A text, a number or a truth value as text.
pub(super) fn scalar(name: &str, value: &Value) -> Result<String, Rejection> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(_) | Value::Object(_) => Err(Rejection::malformed(format!(
            "the member {} is no text",
            name.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_form_is_read() {
        let line = r#"{"subject":"s1","email":"ada@example.com","email_verified":true,
            "username":"ada","password_hash":"$2b$10$x","roles":["editor","auditor"],
            "locale":"de","disabled":false,"profile":{"nickname":"A"}}"#;
        let account = read(line.as_bytes()).unwrap();
        assert_eq!(account.subject.as_deref(), Some("s1"));
        assert_eq!(account.identifiers.len(), 2);
        assert_eq!(account.roles, ["editor", "auditor"]);
        assert_eq!(account.profile["nickname"], "A");
    }

    #[test]
    fn what_is_no_account_says_why_and_quotes_no_value() {
        for (line, said) in [
            ("", "the line is no JSON object"),
            (r#"{"password_hash":"canary""#, "the line is no JSON object"),
            (r#"["canary"]"#, "the line is no JSON object"),
            (
                r#"{"email":"canary","email":"other"}"#,
                "a member stands in the line twice",
            ),
            (
                r#"{"shoe_size":"canary"}"#,
                "the member shoe_size is unknown",
            ),
            (r#"{"email":["canary"]}"#, "the member email is no text"),
        ] {
            let rejection = read(line.as_bytes()).err().unwrap();
            assert_eq!(rejection, Rejection::malformed(said), "{line}");
        }
    }
}
