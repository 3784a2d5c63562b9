//! What a check compared: for showing only, the verdict is the verifier's.

use serde_json::Value;
use symbolon_core::Clock as _;
use symbolon_jose::{
    Check as Token,
    loose::{Content, LooseToken},
};
use symbolon_protocol::typ;
use symbolon_verifier::Check;

use super::{Explain, Prepared};
use crate::{moment, system::SystemClock};

/// What was found, and what was expected.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) found: Option<String>,
    pub(super) expected: Option<String>,
}

impl Values {
    pub(super) const fn new(found: Option<String>, expected: Option<String>) -> Self {
        Self { found, expected }
    }

    pub(super) fn passed(&self) -> String {
        self.found.clone().unwrap_or_default()
    }

    pub(super) fn failed(&self, name: &str) -> String {
        let found = self.found.as_deref().unwrap_or("not there");
        let subject = match name {
            "metadata" => "the metadata's issuer",
            "shape" => "the token",
            "algorithm" | "key_algorithm" => "alg",
            "key" => "kid",
            "claims_type" => "the set of claims",
            "revocation" => return format!("one of {found} is in the revocation log"),
            own => own,
        };
        match &self.expected {
            Some(expected) => format!("{subject} is {found}, this verifier expects {expected}"),
            None => format!("{subject} is {found}"),
        }
    }
}

impl Explain {
    pub(super) fn values(&self, check: Check, token: &LooseToken, prepared: &Prepared) -> Values {
        let absent = Some("not there".to_owned());
        let header = |name: &str| shown(&token.header, name);
        let claim = |name: &str| shown(&token.claims, name);
        let now = self.now.unwrap_or_else(|| SystemClock.now().as_secs());
        let kids = || join(&prepared.verifier.status().keys);
        let (found, expected) = match check {
            Check::Keys => (kids(), None),
            Check::Token(Token::Shape) => (
                None,
                Some("three parts of base64url, 16 KiB at most".into()),
            ),
            Check::Token(Token::Header) => {
                (readable(&token.header), Some("a strict JSON object".into()))
            }
            Check::Token(Token::Algorithm) => {
                let names: Vec<_> = self.algorithm.iter().map(ToString::to_string).collect();
                (header("alg"), join(&names))
            }
            Check::Token(Token::Unencoded) => (header("b64").or_else(|| absent.clone()), absent),
            Check::Token(Token::Critical) => (header("crit").or_else(|| absent.clone()), absent),
            Check::Token(Token::Compression) => (header("zip").or_else(|| absent.clone()), absent),
            Check::Token(Token::Type) => (header("typ"), Some(typ::ACCESS_TOKEN.into())),
            Check::Token(Token::Key) => (header("kid"), kids()),
            Check::Token(Token::KeyAlgorithm) => (header("alg"), Some("the key's own".into())),
            Check::Token(Token::Signature) => {
                let bytes = token.signature_bytes.map(|bytes| format!("{bytes} bytes"));
                (
                    bytes,
                    Some("the key's signature over header and payload".into()),
                )
            }
            Check::Token(Token::Claims) => {
                (readable(&token.claims), Some("a strict JSON object".into()))
            }
            Check::Token(Token::Expiry) => (
                date(&token.claims, "exp", now),
                Some(at_most("now or later", now)),
            ),
            Check::Token(Token::NotBefore) => (
                date(&token.claims, "nbf", now).or_else(|| absent.clone()),
                Some(at_most("now or earlier", now)),
            ),
            Check::Token(Token::IssuedAt) => (
                date(&token.claims, "iat", now),
                Some(at_most("now or earlier", now)),
            ),
            Check::Token(Token::Lifetime) => {
                (lifetime(&token.claims), Some("3600 s at most".into()))
            }
            Check::Token(Token::Issuer) => (claim("iss"), Some(self.issuer.clone())),
            Check::Token(Token::Audience) => (claim("aud"), join(&self.audience)),
            Check::Token(Token::ClaimsType) => (
                Some(completeness(&token.claims)),
                Some("the claims of Symbolon's access tokens".into()),
            ),
            Check::Confirmation => (
                Some(
                    claim("cnf")
                        .map_or_else(|| "not bound".to_owned(), |cnf| format!("bound: {cnf}")),
                ),
                Some("no bound token, or the proof of its key".into()),
            ),
            Check::Revocation => {
                let names = ["sid", "gid", "jti"].into_iter();
                let ids: Vec<_> = names
                    .filter_map(|name| Some(format!("{name} {}", claim(name)?)))
                    .collect();
                (
                    join(&ids),
                    Some("nothing of it in the revocation log".into()),
                )
            }
            Check::Scope => (claim("scope"), join(&self.scope)),
            _ => (None, None),
        };
        Values::new(found, expected)
    }
}

/// A member's text, if it is one.
pub(super) fn text(content: &Content, name: &str) -> Option<String> {
    Some(value(content, name)?.as_str()?.to_owned())
}

fn value<'c>(content: &'c Content, name: &str) -> Option<&'c Value> {
    let mut members = content.members().iter().rev();
    members
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}

fn shown(content: &Content, name: &str) -> Option<String> {
    const LONGEST: usize = 200;
    let shown = match value(content, name)? {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    };
    Some(match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    })
}

fn readable(content: &Content) -> Option<String> {
    Some(match content {
        Content::Members(members) => format!("an object of {} members", members.0.len()),
        Content::Text(_) => "no JSON object".to_owned(),
        Content::Unreadable => "not readable".to_owned(),
        Content::Absent => "not there".to_owned(),
    })
}

/// Which of the claims that every access token has are not there.
fn completeness(content: &Content) -> String {
    let names = ["sub", "jti", "client_id", "gid", "ver"].into_iter();
    let missing: Vec<_> = names
        .filter(|name| value(content, name).is_none())
        .collect();
    if missing.is_empty() {
        "complete".to_owned()
    } else {
        format!("without {}", missing.join(", "))
    }
}

fn date(content: &Content, name: &str, now: i64) -> Option<String> {
    let value = value(content, name)?;
    let Some(secs) = value.as_i64() else {
        return Some(value.to_string());
    };
    let utc = moment::utc(secs).unwrap_or_else(|| secs.to_string());
    Some(format!("{utc} ({})", moment::relative(secs, now)))
}

fn at_most(which: &str, now: i64) -> String {
    let utc = moment::utc(now).unwrap_or_else(|| now.to_string());
    format!("{which}, it is {utc}")
}

fn lifetime(content: &Content) -> Option<String> {
    let seconds = |name: &str| value(content, name).and_then(Value::as_i64);
    Some(format!(
        "{} s",
        seconds("exp")?.checked_sub(seconds("iat")?)?
    ))
}

fn join(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(", "))
}
