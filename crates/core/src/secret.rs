//! Secrets: plain and hashed are different types, `Debug` tells nothing, comparison takes the same
//! time whatever differs.

use std::fmt;

use subtle::ConstantTimeEq;
use symbolon_jose::digest::sha256;
use zeroize::Zeroize;

/// A session cookie's value as the browser sends it: 256 random bits.
#[derive(Clone, Zeroize)]
#[zeroize(drop)]
pub struct CookieValue([u8; 32]);

/// What the store keeps of a [`CookieValue`]: its SHA-256. 256 random bits need no slow hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CookieHash(pub [u8; 32]);

impl CookieValue {
    /// From 32 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the cookie's text: exactly 43 characters of canonical base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let mut bytes = [0_u8; 32];
        let decoded = base64_simd::URL_SAFE_NO_PAD
            .decode(text.as_bytes(), base64_simd::Out::from_slice(&mut bytes))
            .ok()?;
        (decoded.len() == 32).then_some(Self(bytes))
    }

    /// The text for `Set-Cookie`.
    #[must_use]
    pub fn expose(&self) -> String {
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(self.0)
    }

    /// What to look up.
    #[must_use]
    pub fn hash(&self) -> CookieHash {
        CookieHash(sha256(&self.0))
    }
}

impl fmt::Debug for CookieValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieValue([redacted])")
    }
}

impl fmt::Debug for CookieHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieHash([redacted])")
    }
}

/// The device cookie's value.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCookie(String);

impl DeviceCookie {
    /// Takes the text as the browser sent it.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text for `Set-Cookie`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCookie([redacted])")
    }
}

/// A password as typed, until it is hashed.
#[derive(Clone, Zeroize)]
#[zeroize(drop)]
pub struct Password(String);

impl Password {
    /// Takes the text as it was typed; rules are applied where a password is set.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

impl<'de> serde::Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// A password hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string.
    #[must_use]
    pub const fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash([redacted])")
    }
}

/// SHA-256 of a high-entropy one-time code or client secret.
#[derive(Clone, Copy)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    /// The hash of a plain secret.
    #[must_use]
    pub fn of(plain: &str) -> Self {
        Self(sha256(plain.as_bytes()))
    }

    /// Whether `plain` is the secret; constant time.
    #[must_use]
    pub fn matches(&self, plain: &str) -> bool {
        self.0.ct_eq(&sha256(plain.as_bytes())).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash([redacted])")
    }
}

/// Bytes sealed under the master key, as they rest in the store.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_value_round_trips_and_refuses_other_forms() {
        let value = CookieValue::from_bytes([7; 32]);
        let text = value.expose();
        assert_eq!(text.len(), 43);
        assert_eq!(CookieValue::parse(&text).unwrap().hash(), value.hash());
        // The last character carries two bits that must be zero: one value, one spelling.
        let mut bent = text.clone();
        bent.pop();
        bent.push('d');
        assert!(CookieValue::parse(&bent).is_none(), "{bent}");
        for bad in ["", "a", &format!("{text}A"), &format!("{}=", &text[..42])] {
            assert!(CookieValue::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(
            format!("{:?}", Password::new("hunter2".into())),
            "Password([redacted])"
        );
        assert_eq!(
            format!("{:?}", CookieValue::from_bytes([1; 32])),
            "CookieValue([redacted])"
        );
    }
}
