//! How a reader of the revocation log tells which keys it holds.

use std::{fmt, str::FromStr};

use symbolon_jose::{base64url, digest::sha256};

/// SHA-256 of a JWK Set document, byte for byte as it was served; base64url in text. A reader sends
/// it with each poll (`jwks=`), so that a key rotation can wait for its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JwksHash([u8; 32]);

/// The text is no hash of a JWK Set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the SHA-256 of a JWK Set in base64url")]
pub struct JwksHashError;

impl JwksHash {
    /// Of this document.
    #[must_use]
    pub fn of(document: &[u8]) -> Self {
        Self(sha256(document))
    }
}

impl fmt::Display for JwksHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl FromStr for JwksHash {
    type Err = JwksHashError;

    fn from_str(text: &str) -> Result<Self, JwksHashError> {
        let bytes = base64url::decode(text).map_err(|_| JwksHashError)?;
        bytes.try_into().map(Self).map_err(|_| JwksHashError)
    }
}

impl<'de> serde::Deserialize<'de> for JwksHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_round_trips_and_anything_else_is_refused() {
        let hash = JwksHash::of(b"{\"keys\":[]}");
        let text = hash.to_string();
        assert_eq!((text.len(), text.parse()), (43, Ok(hash)));
        for bad in ["", "def", &text[1..], &format!("{text}A"), &"!".repeat(43)] {
            assert_eq!(bad.parse::<JwksHash>(), Err(JwksHashError), "{bad:?}");
        }
    }
}
