//! A user as Keycloak's realm export has it: one member of `users`, a line each
//! (`jq -c '.users[]' realm.json`). Roles and groups are Keycloak's own and stay there.

use serde_json::{Map, Value};

use super::fields::{Draft, Rejection};
use crate::admin::ForeignAccount;

/// Whether the line has this form.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    members.contains_key("credentials") || members.contains_key("emailVerified")
}

/// The account.
pub(super) fn read(members: &Map<String, Value>) -> Result<ForeignAccount, Rejection> {
    let text = |name: &str| {
        members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut draft = Draft {
        subject: members.get("id").and_then(Value::as_str).map(str::to_owned),
        email_verified: members.get("emailVerified") == Some(&Value::Bool(true)),
        disabled: members.get("enabled") == Some(&Value::Bool(false)),
        ..Draft::default()
    };
    draft.add_email(text("email"));
    draft.add_name(text("username"));
    draft.claim("given_name", text("firstName"));
    draft.claim("family_name", text("lastName"));
    draft.locale = members
        .get("attributes")
        .and_then(|attributes| attributes.pointer("/locale/0"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let credentials = members.get("credentials").and_then(Value::as_array);
    let mut passwords = credentials
        .into_iter()
        .flatten()
        .filter(|credential| credential.get("type").and_then(Value::as_str) == Some("password"));
    if let Some(credential) = passwords.next() {
        draft.password_hash = Some(hash(credential)?);
    }
    Ok(draft.finish())
}

/// The two members that hold a hash are JSON within JSON.
fn hash(credential: &Value) -> Result<String, Rejection> {
    let part = |name: &str| {
        credential
            .get(name)
            .and_then(Value::as_str)
            .and_then(|text| symbolon_jose::json::from_str::<Value>(text).ok())
            .ok_or_else(|| {
                Rejection::new("hash_malformed", format!("Keycloak's {name} is not JSON"))
            })
    };
    let (secret, how) = (part("secretData")?, part("credentialData")?);
    let text = |member: &str| {
        let found = secret.get(member).and_then(Value::as_str);
        // PHC strings have base64 without padding.
        found.map(|text| text.trim_end_matches('='))
    };
    let (Some(salt), Some(output)) = (text("salt"), text("value")) else {
        return Err(Rejection::new(
            "hash_malformed",
            "Keycloak's secretData has no salt or no value",
        ));
    };
    let iterations = how
        .get("hashIterations")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let extra = |name: &str| {
        let found = how.pointer(&format!("/additionalParameters/{name}/0"));
        found.and_then(Value::as_str).unwrap_or_default()
    };
    match how.get("algorithm").and_then(Value::as_str) {
        Some("pbkdf2") => Ok(format!("$pbkdf2-sha1$i={iterations}${salt}${output}")),
        Some(name @ ("pbkdf2-sha256" | "pbkdf2-sha512")) => {
            Ok(format!("${name}$i={iterations}${salt}${output}"))
        }
        Some("argon2") => {
            let version = if extra("version") == "1.0" { 16 } else { 19 };
            Ok(format!(
                "$argon2{}$v={version}$m={},t={iterations},p={}${salt}${output}",
                extra("type"),
                extra("memory"),
                extra("parallelism")
            ))
        }
        _ => Err(Rejection::new(
            "hash_unknown",
            "Keycloak's algorithm is none that is known here",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(algorithm: &str, more: &Value) -> Map<String, Value> {
        let user = json!({
            "id": "f3a1", "username": "ada", "email": "ada@example.com", "emailVerified": true,
            "enabled": true, "firstName": "Ada", "attributes": {"locale": ["de"]},
            "realmRoles": ["default-roles-main"],
            "credentials": [
                {"type": "otp"},
                {
                    "type": "password",
                    "secretData": r#"{"value":"b3V0","salt":"c2FsdA==","additionalParameters":{}}"#,
                    "credentialData": json!({
                        "hashIterations": 5, "algorithm": algorithm, "additionalParameters": more,
                    }).to_string(),
                },
            ],
        });
        user.as_object().unwrap().clone()
    }

    #[test]
    fn a_user_is_read_with_the_hash_in_one_line() {
        let read = |algorithm: &str, more: Value| read(&user(algorithm, &more));
        let account = read("pbkdf2-sha512", json!({})).unwrap();
        assert_eq!(account.subject.as_deref(), Some("f3a1"));
        assert_eq!(account.locale.as_deref(), Some("de"));
        assert_eq!(account.profile["given_name"], "Ada");
        assert!(account.roles.is_empty() && !account.disabled);
        let hash = account.password_hash.unwrap();
        assert_eq!(hash, "$pbkdf2-sha512$i=5$c2FsdA$b3V0");
        let sha1 = read("pbkdf2", json!({})).unwrap().password_hash.unwrap();
        assert_eq!(sha1, "$pbkdf2-sha1$i=5$c2FsdA$b3V0");
        let more = json!({
            "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"],
        });
        let argon2 = read("argon2", more).unwrap().password_hash.unwrap();
        assert_eq!(argon2, "$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$b3V0");
        let unknown = read("md5-of-ours", json!({})).err().unwrap();
        assert_eq!(unknown.code, "hash_unknown");
    }
}
