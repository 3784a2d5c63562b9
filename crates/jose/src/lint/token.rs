//! The rules of a token.

mod claims;
mod header;
mod kid;
mod privacy;
mod secrets;
mod shape;
mod times;

use serde_json::Value;

use super::{document::Document, rule::Rule};
use crate::{base64url, json::JsonError};

/// The rules, group by group.
pub(super) const GROUPS: &[&[Rule<Subject>]] = &[
    shape::RULES,
    header::RULES,
    kid::RULES,
    secrets::RULES,
    claims::RULES,
    times::RULES,
    privacy::RULES,
];

/// A token as far as it can be read.
pub(super) struct Subject {
    text: String,
    parts: Vec<String>,
    header: Document,
    claims: Document,
    /// `None` if it cannot be read.
    signature: Option<Vec<u8>>,
    now: i64,
    secrets: Vec<String>,
}

impl Subject {
    pub(super) fn read(text: &str, now: i64, secrets: &[String]) -> Self {
        let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        let part = |index: usize| parts.get(index).map(String::as_str);
        Self {
            text: text.to_owned(),
            header: document(part(0), "header"),
            claims: document(part(1), "claims"),
            signature: part(2).and_then(|part| base64url::decode(part).ok()),
            parts,
            now,
            secrets: secrets.to_vec(),
        }
    }

    fn alg(&self) -> Option<&str> {
        self.header.text("alg")
    }

    fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.members.get(name)
    }

    /// The claim as a number of seconds; fractions are dropped, as in verification.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and the rule of the range looks at the number itself"
    )]
    fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.claim(name)?;
        value
            .as_i64()
            .or_else(|| value.as_f64().map(|float| float.floor() as i64))
    }

    /// The values of `aud`, be it a string or an array.
    fn audiences(&self) -> Vec<&str> {
        match self.claim("aud") {
            Some(Value::String(one)) => vec![one],
            _ => self.claims.list("aud"),
        }
    }

    /// ID tokens (OpenID Connect Core §2) are no access tokens and have no type of their own.
    fn is_id_token(&self) -> bool {
        ["nonce", "at_hash", "c_hash"]
            .iter()
            .any(|name| self.claims.has(name))
    }

    /// Whether there are claims at all: without any, saying that each is missing helps nobody.
    fn has_claims(&self) -> bool {
        self.claims.problem.is_none()
    }

    fn has_header(&self) -> bool {
        self.header.problem.is_none()
    }
}

fn document(part: Option<&str>, root: &str) -> Document {
    let text = part
        .and_then(|part| base64url::decode(part).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match text {
        Some(text) => Document::read(&text, root),
        None => Document {
            problem: Some(JsonError::NotUtf8),
            ..Document::default()
        },
    }
}
