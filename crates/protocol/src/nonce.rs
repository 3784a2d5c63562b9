//! A question's random number, which the signed answer repeats.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::revocation::Body;

/// From 128 bits on nobody guesses one; longer ones are of no use.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

/// What a reader of the revocation log sends to have its answer made for it, and now: 16 to 64
/// characters of base64url. An answer that repeats it was made after the question was asked,
/// whatever the clocks say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce(String);

/// The text is no nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a nonce")]
pub struct NonceError;

impl TryFrom<String> for Nonce {
    type Error = NonceError;

    fn try_from(text: String) -> Result<Self, NonceError> {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if LENGTHS.contains(&text.len()) && text.bytes().all(is_base64url) {
            Ok(Self(text))
        } else {
            Err(NonceError)
        }
    }
}

impl FromStr for Nonce {
    type Err = NonceError;

    fn from_str(text: &str) -> Result<Self, NonceError> {
        text.to_owned().try_into()
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The payload of an answer that was made for one reader: the [`Body`]'s members and one more.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BoundBody<'a> {
    /// What any reader at that cursor would have got.
    #[serde(flatten)]
    pub body: &'a Body,
    /// The question's.
    pub nonce: &'a Nonce,
}

/// The nonce of a payload, the rest aside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Echo {
    /// Absent in an answer that is for all who wait at one cursor.
    #[serde(default)]
    pub nonce: Option<Nonce>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::{Cursor, Mark};

    #[test]
    fn the_wire_form_is_a_body_with_one_more_member() {
        let cursor = Cursor {
            seq: 1,
            mark: Mark([0; 16]),
        };
        let body = Body {
            iss: "https://auth.example".into(),
            epoch: "e1".into(),
            snapshot: false,
            after: Some(cursor),
            next: cursor,
            head: cursor,
            now_ms: 5,
            entries: Vec::new(),
        };
        let nonce: Nonce = "0123456789abcdef".parse().unwrap();
        let bound = BoundBody {
            body: &body,
            nonce: &nonce,
        };
        let json = serde_json::to_string(&bound).unwrap();
        let plain = serde_json::to_string(&body).unwrap();
        let plain = plain.strip_suffix('}').unwrap();
        assert_eq!(json, format!(r#"{plain},"nonce":"0123456789abcdef"}}"#));
        assert_eq!(serde_json::from_str::<Body>(&json).unwrap(), body);
        let echo: Echo = serde_json::from_str(&json).unwrap();
        assert_eq!(echo.nonce, Some(nonce));
        let echo: Echo = serde_json::from_str(&serde_json::to_string(&body).unwrap()).unwrap();
        assert_eq!(echo.nonce, None);
    }

    #[test]
    fn what_is_no_nonce_is_refused() {
        for bad in ["", "0123456789abcde", "0123456789abcde=", &"a".repeat(65)] {
            assert_eq!(bad.parse::<Nonce>(), Err(NonceError), "{bad:?}");
        }
    }
}
