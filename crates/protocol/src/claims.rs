//! Claim sets of the tokens that Symbolon issues.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, GrantId, SessionId, Subject, TokenId};

/// `aud`: one string or an array of strings (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// The special case of one recipient.
    One(String),
    /// The general case.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `wanted` is among the recipients. Compared byte for byte.
    #[must_use]
    pub fn contains(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Many(many) => many.iter().any(|one| one == wanted),
        }
    }
}

/// `cnf` (RFC 7800 §3.1): the key that the presenter must prove to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// RFC 7638 thumbprint of the DPoP key (RFC 9449 §6.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
}

/// An access token's claims (RFC 9068 §2.2), without the ones that the JOSE layer owns
/// (`iss`, `aud`, `exp`, `iat`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Whom the token speaks for.
    pub sub: Subject,
    /// This token's own id.
    pub jti: TokenId,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// Space-separated scope values (RFC 6749 §3.3); empty scopes are left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The session it lives and dies with; absent for offline and client grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    /// The grant (refresh-token family) it was issued under.
    pub gid: GrantId,
    /// The grant's version at issue: a revocation with `below` = n names tokens with a lower one.
    pub ver: u32,
    /// When the user authenticated, NumericDate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// Authentication context class (RFC 9068 §2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Authentication methods (RFC 8176), e.g. `pwd`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Sender constraint, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

impl AccessClaims {
    /// Whether the token carries this scope value.
    #[must_use]
    pub fn has_scope(&self, wanted: &str) -> bool {
        self.scope.split(' ').any(|scope| scope == wanted)
    }
}

/// Lets a verifier be generic over claim types that hold these beside their own.
impl AsRef<Self> for AccessClaims {
    fn as_ref(&self) -> &Self {
        self
    }
}
