//! JWK Sets for verification (RFC 7517 §5): public keys only, each `kid` once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Jwk;
use crate::{error::KeyError, json};

/// A set of public keys, as an issuer publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    #[serde(skip)]
    skipped: usize,
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<Value>,
}

impl JwkSet {
    /// A set of these public keys.
    ///
    /// # Errors
    /// [`KeyError::PrivateMember`] for a private or symmetric key, [`KeyError::DuplicateKid`].
    pub fn new(keys: impl IntoIterator<Item = Jwk>) -> Result<Self, KeyError> {
        let set = Self {
            keys: keys.into_iter().collect(),
            skipped: 0,
        };
        set.check_public()?;
        check_kids(set.keys.iter().filter_map(Jwk::kid))?;
        Ok(set)
    }

    /// Reads a set for verification. Keys of an unknown `kty` or `crv`, and keys that are
    /// malformed, are skipped (RFC 7517 §5); see [`JwkSet::skipped`].
    ///
    /// # Errors
    /// [`KeyError::Json`] for what is not strict JSON with an array `keys`,
    /// [`KeyError::PrivateMember`] if any key, skipped or not, shows private material,
    /// [`KeyError::DuplicateKid`] likewise.
    pub fn from_json(text: &str) -> Result<Self, KeyError> {
        let raw: RawSet = json::from_str(text)?;
        for value in &raw.keys {
            check_no_private_member(value)?;
        }
        check_kids(raw.keys.iter().filter_map(|key| key.get("kid")?.as_str()))?;
        let keys: Vec<_> = raw
            .keys
            .iter()
            .filter_map(|key| Jwk::from_value(key).ok())
            .collect();
        let skipped = raw.keys.len() - keys.len();
        Ok(Self { keys, skipped })
    }

    /// The keys, in their order.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// How many keys of the text were skipped.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// RFC 7517 §9.2: private and symmetric keys do not belong in a published set.
    pub(crate) fn check_public(&self) -> Result<(), KeyError> {
        match self.keys.iter().find_map(Jwk::private_member) {
            Some(member) => Err(KeyError::PrivateMember { member }),
            None => Ok(()),
        }
    }
}

/// RFC 7517 §4.5, read strictly: a `kid` that stands twice names neither key, also if one of them
/// is skipped: another reader may know its type.
fn check_kids<'k>(kids: impl Iterator<Item = &'k str>) -> Result<(), KeyError> {
    let mut seen = BTreeSet::new();
    let twice = kids.into_iter().find(|kid| !seen.insert(*kid));
    match twice {
        Some(kid) => Err(KeyError::DuplicateKid {
            kid: kid.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Also a key that would be skipped must not show a secret: the set is compromised.
pub(crate) fn check_no_private_member(key: &Value) -> Result<(), KeyError> {
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    match PRIVATE.into_iter().find(|member| key.get(member).is_some()) {
        Some(member) => Err(KeyError::PrivateMember { member }),
        None => Ok(()),
    }
}
