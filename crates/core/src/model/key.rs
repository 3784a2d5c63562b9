//! Signing keys and server secrets, as they rest.

use symbolon_jose::Algorithm;
use symbolon_protocol::Timestamp;

use crate::secret::Sealed;

/// What a signing key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Access tokens.
    Token,
    /// The revocation log's body.
    Log,
}

impl KeyPurpose {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Log => "log",
        }
    }

    /// The purpose of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Token, Self::Log]
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// A key's lifecycle: next → active → retired → gone (no row's material is used any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published in the JWKS, not signing yet.
    Next,
    /// Signing.
    Active {
        /// Since when.
        since: Timestamp,
    },
    /// Published until the last token that it signed has expired.
    Retired {
        /// When it stopped signing.
        at: Timestamp,
        /// When it leaves the JWKS.
        until: Timestamp,
    },
    /// Compromised or past its time: not published, verifies nothing.
    Gone {
        /// Since when.
        at: Timestamp,
    },
}

impl KeyState {
    /// The stable name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active { .. } => "active",
            Self::Retired { .. } => "retired",
            Self::Gone { .. } => "gone",
        }
    }

    /// Whether the JWKS lists it at `now`.
    #[must_use]
    pub fn is_published(&self, now: Timestamp) -> bool {
        match self {
            Self::Next | Self::Active { .. } => true,
            Self::Retired { until, .. } => now < *until,
            Self::Gone { .. } => false,
        }
    }
}

/// A signing key's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRecord {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// What it signs.
    pub purpose: KeyPurpose,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// Where in its life it is.
    pub state: KeyState,
    /// The private key (PKCS#8), sealed under the master key.
    pub private: Sealed,
    /// The public JWK as JSON.
    pub public_jwk: String,
    /// When it was made. Published from when a process next reads its keys.
    pub created_at: Timestamp,
}

/// A secret that makes refresh tokens, sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSecret {
    /// Its number, as in `srt1.<secret id>.…`; the highest makes new tokens.
    pub id: u32,
    /// 32 random bytes, sealed.
    pub secret: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
}
