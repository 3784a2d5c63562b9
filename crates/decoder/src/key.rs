//! The key that was pasted: a JWK, or a JWK Set.

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, Jwk, JwkSet, KeyError, KeySet, VerifyingKey, loose::Members};

/// What came of it.
pub(crate) enum Pasted {
    /// Nothing was pasted.
    Nothing,
    /// It cannot be used.
    Unusable(String),
    /// PEM, which is not read.
    Pem,
    /// It can.
    Usable(Usable),
}

/// Keys to verify with.
pub(crate) struct Usable {
    pub(crate) keys: KeySet,
    pub(crate) algorithms: Vec<Algorithm>,
    skipped: usize,
    is_private: bool,
}

/// Reads what was pasted.
pub(crate) fn read(text: &str) -> Pasted {
    let text = text.trim();
    if text.is_empty() {
        return Pasted::Nothing;
    }
    if text.starts_with("-----") {
        return Pasted::Pem;
    }
    let members = serde_json::from_str::<Members>(text).unwrap_or_default();
    let is_set = members.0.iter().any(|(name, _)| name == "keys");
    let usable = if is_set { set(text) } else { single(text) };
    usable.map_or_else(|error| Pasted::Unusable(error.to_string()), Pasted::Usable)
}

fn set(text: &str) -> Result<Usable, KeyError> {
    let set = JwkSet::from_json(text)?;
    Ok(Usable {
        keys: KeySet::from_jwks(&set)?,
        algorithms: with_public_keys(),
        skipped: set.skipped(),
        is_private: false,
    })
}

fn single(text: &str) -> Result<Usable, KeyError> {
    let jwk = Jwk::from_json(text)?;
    let key = VerifyingKey::from_jwk(&jwk)?;
    let own: Vec<_> = key.algorithms().collect();
    let is_secret = own.iter().any(|alg| alg.is_symmetric());
    Ok(Usable {
        keys: KeySet::single(key),
        // A secret verifies with HMAC alone, which must not stand beside public keys.
        algorithms: if is_secret { own } else { with_public_keys() },
        skipped: 0,
        is_private: jwk.is_private() && !is_secret,
    })
}

/// Everything that is verified with a public key.
pub(crate) fn with_public_keys() -> Vec<Algorithm> {
    let all = Algorithm::ALL.into_iter();
    all.filter(|alg| !alg.is_symmetric()).collect()
}

impl Pasted {
    pub(crate) const fn usable(&self) -> Option<&Usable> {
        match self {
            Self::Usable(usable) => Some(usable),
            _ => None,
        }
    }

    pub(crate) fn shown(&self) -> Value {
        match self {
            Self::Nothing => json!({"state": "absent"}),
            Self::Pem => json!({"state": "pem"}),
            Self::Unusable(why) => json!({"state": "unusable", "reason": why}),
            Self::Usable(usable) => json!({
                "state": "usable",
                "kids": usable.keys.kids().collect::<Vec<_>>(),
                "keys": usable.keys.len(),
                "skipped": usable.skipped,
                "private": usable.is_private,
            }),
        }
    }
}
