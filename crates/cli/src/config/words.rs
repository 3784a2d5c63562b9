//! Types of the values within `[[clients]]` and `[[resources]]`.

use symbolon_protocol::ClientId;

use super::setting::{Setting, not_a};

/// SHA-256 of a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Sha256Hex(pub [u8; 32]);

impl std::fmt::Debug for Sha256Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256Hex([redacted])")
    }
}

impl Setting for Sha256Hex {
    const EXPECTED: &'static str = "64 hex digits: the secret's SHA-256";
    const SECRET: bool = true;

    fn from_text(text: &str) -> Result<Self, String> {
        let mut bytes = [0; 32];
        if !read_hex(text.as_bytes(), &mut bytes) {
            return Err(not_a::<Self>(text));
        }
        // What a script writes whose variable was not set: nobody would need a secret.
        if bytes == symbolon_jose::digest::sha256(b"") {
            return Err("this is the SHA-256 of nothing: the secret was empty".to_owned());
        }
        Ok(Self(bytes))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String("[redacted]".to_owned())
    }
}

/// Reads exactly 64 hex digits.
fn read_hex(text: &[u8], out: &mut [u8; 32]) -> bool {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != out.len() {
        return false;
    }
    pairs
        .iter()
        .zip(out)
        .all(|([high, low], byte)| match (digit(*high), digit(*low)) {
            (Some(high), Some(low)) => {
                *byte = high << 4 | low;
                true
            }
            _ => false,
        })
}

/// One scope value (RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(String);

impl Scope {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for Scope {
    const EXPECTED: &'static str = "a scope: visible ASCII without spaces, quotes and backslashes";

    fn from_text(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
        let valid = !text.is_empty() && text.len() <= 255 && text.chars().all(allowed);
        valid
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| not_a::<Self>(text))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.0.clone())
    }
}

/// A resource's identifier: a StringOrURI (RFC 7519 §2), so a plain name will do, but a URI is one
/// without a fragment (RFC 8707 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(String);

impl Audience {
    /// The text as `aud` carries it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for Audience {
    const EXPECTED: &'static str =
        "a name or an absolute URI without fragment: visible ASCII without spaces";

    fn from_text(text: &str) -> Result<Self, String> {
        let visible = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        // RFC 7519 §2: what has a colon is a URI.
        let sound =
            !text.contains(':') || url::Url::parse(text).is_ok_and(|url| url.fragment().is_none());
        (visible && sound && text.len() <= 1024)
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| not_a::<Self>(text))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.0.clone())
    }
}

impl Setting for ClientId {
    const EXPECTED: &'static str = "a client id: visible ASCII without spaces";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| not_a::<Self>(text))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_64_hex_digits_and_is_not_echoed() {
        assert_eq!(Sha256Hex::from_text(&"0f".repeat(32)).unwrap().0, [15; 32]);
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for bad in ["canary", of_nothing, &"0".repeat(63), &"g".repeat(64)] {
            let message = Sha256Hex::from_text(bad).unwrap_err();
            assert!(!message.contains("canary"), "{message}");
        }
    }
}
