//! Identifier newtypes. Row ids are UUIDv7 and never secrets; a subject is a random string that is
//! never a row id, kept on import and never reused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is no identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct InvalidId {
    /// Which identifier was wanted, e.g. `session id`.
    pub kind: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// The 16 bytes by which the revocation log names it.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Reads the hyphenated, lower-case form only, so that one id has one spelling.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { kind: $kind };
                let uuid = Uuid::try_parse(text).map_err(|_| invalid)?;
                let id = Self(uuid);
                let mut buffer = Uuid::encode_buffer();
                if *uuid.as_hyphenated().encode_lower(&mut buffer) == *text {
                    Ok(id)
                } else {
                    Err(invalid)
                }
            }
        }
    };
}

uuid_id!(
    /// Row id of an account. Never leaves the deployment in a token; that is the [`Subject`].
    AccountId, "account id"
);
uuid_id!(
    /// `sid`: one session.
    SessionId, "session id"
);
uuid_id!(
    /// `gid`: one grant, that is, one refresh-token family.
    GrantId, "grant id"
);
uuid_id!(
    /// `jti`: one access token.
    TokenId, "token id"
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let allowed: fn(char) -> bool = $allowed;
                if text.is_empty() || text.len() > $max || !text.chars().all(allowed) {
                    return Err(InvalidId { kind: $kind });
                }
                Ok(Self(text))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

text_id!(
    /// `sub`: 1 to 255 printable ASCII characters (OpenID Connect Core §2), unique, never reused.
    Subject, "subject", 255, |c| c.is_ascii_graphic()
);
text_id!(
    /// `client_id` (RFC 6749 appendix A.1: VSCHAR), here without spaces and at most 255 long.
    ClientId, "client id", 255, |c| c.is_ascii_graphic()
);

impl Subject {
    /// A subject of 128 random bits: their base64url.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(symbolon_jose::base64url::encode(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_id_has_one_spelling() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057";
        let id: SessionId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert!(text.to_uppercase().parse::<SessionId>().is_err());
        assert!(text.replace('-', "").parse::<SessionId>().is_err());
        assert!(format!("{{{text}}}").parse::<SessionId>().is_err());
    }

    #[test]
    fn a_subject_is_short_visible_ascii() {
        assert!("abc-1".parse::<Subject>().is_ok());
        for bad in ["", "a b", "a\nb", "ü", &"x".repeat(256)] {
            assert!(bad.parse::<Subject>().is_err(), "{bad:?}");
        }
    }
}
