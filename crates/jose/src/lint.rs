//! The linter: what is unwise, odd or dangerous about a token, a JWK Set or an issuer's metadata,
//! although it may well verify.
//!
//! Every finding has a stable code, says where it is, what was found, why that matters and how to
//! mend it. A rule is one small function in a table; `docs/lint.md` lists them all.
//!
//! The one thing that must not be broken: nothing here says that a token is good, and no finding
//! repeats a secret, a person's data or a whole token.

mod document;
mod key_set;
mod metadata;
mod rule;
mod token;

use crate::json;

pub use rule::{Finding, RuleInfo, Severity};

/// What a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A token.
    Token,
    /// A JWK Set.
    KeySet,
    /// An issuer's metadata (RFC 8414, OpenID Connect Discovery).
    Metadata,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Token, Self::KeySet, Self::Metadata];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::KeySet => "jwks",
            Self::Metadata => "metadata",
        }
    }

    /// What `text` most likely is. What is no JSON object is a token.
    #[must_use]
    pub fn detect(text: &str) -> Self {
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).unwrap_or_default();
        let has = |name: &str| members.contains_key(name);
        if has("keys") || has("kty") {
            Self::KeySet
        } else if has("issuer") || has("jwks_uri") || has("token_endpoint") {
            Self::Metadata
        } else {
            Self::Token
        }
    }

    /// The rules for this kind, in the order in which they are applied.
    pub fn rules(self) -> impl Iterator<Item = &'static RuleInfo> {
        let (token, keys, metadata) = match self {
            Self::Token => (token::GROUPS, &[][..], &[][..]),
            Self::KeySet => (&[][..], key_set::RULES, &[][..]),
            Self::Metadata => (&[][..], &[][..], metadata::RULES),
        };
        let token = token
            .iter()
            .flat_map(|group| group.iter())
            .map(|rule| &rule.info);
        let keys = keys.iter().map(|rule| &rule.info);
        token
            .chain(keys)
            .chain(metadata.iter().map(|rule| &rule.info))
    }
}

/// Every rule of a token, at the time `now` (seconds since 1970 UTC).
///
/// `secrets` are words beside the built-in ones that a shared secret might be. The token is read
/// as far as it can be read.
#[must_use]
pub fn token(text: &str, now: i64, secrets: &[String]) -> Vec<Finding> {
    let subject = token::Subject::read(text, now, secrets);
    token::GROUPS
        .iter()
        .flat_map(|rules| rule::apply(rules, &subject))
        .collect()
}

/// Every rule of a published JWK Set; a single JWK is taken as a set of one.
#[must_use]
pub fn key_set(text: &str) -> Vec<Finding> {
    rule::apply(key_set::RULES, &key_set::Subject::read(text))
}

/// Every rule of an issuer's metadata. `issuer` is the URL at which it was found, if that is known.
#[must_use]
pub fn metadata(text: &str, issuer: Option<&str>) -> Vec<Finding> {
    rule::apply(metadata::RULES, &metadata::Subject::read(text, issuer))
}

/// Where in a JSON text a name stands a second time in its object, like `a.b[2].c`.
///
/// Empty if there is none, and if the text is no JSON at all.
#[must_use]
pub fn duplicate_members(text: &str) -> Vec<String> {
    // The strict check is the judge of what a duplicate is; the list is for people.
    match json::check(text) {
        Err(json::JsonError::DuplicateMember { .. }) => document::Tree::read(text).duplicates(""),
        _ => Vec::new(),
    }
}
