//! JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2), read strictly.
//!
//! A [`Jwk`] is checked for shape only: members present, lengths exact, numbers minimal. Whether
//! its numbers make a key, and what the key may do, is decided once when it becomes a
//! [`VerifyingKey`](crate::VerifyingKey) or a [`SigningKey`](crate::SigningKey).
//!
//! The one thing that must not be broken: serialising a [`Jwk`] writes public members only.

mod raw;
mod set;
mod thumbprint;

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use zeroize::Zeroizing;

use crate::{base64url, error::KeyError, json};

pub use set::JwkSet;
pub(crate) use set::check_no_private_member;

/// A byte string that is wiped when dropped.
pub(crate) type Secret = Zeroizing<Vec<u8>>;

/// The key types this crate knows, with their curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// `kty` "RSA".
    Rsa,
    /// `kty` "EC", `crv` "P-256".
    P256,
    /// `kty` "EC", `crv` "P-384".
    P384,
    /// `kty` "OKP", `crv` "Ed25519".
    Ed25519,
    /// `kty` "oct": a shared secret.
    Symmetric,
}

/// What a key is made of, big-endian.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
        private: Option<RsaPrivate>,
    },
    Ec {
        curve: Curve,
        x: Vec<u8>,
        y: Vec<u8>,
        d: Option<Secret>,
    },
    Ed25519 {
        x: Vec<u8>,
        d: Option<Secret>,
    },
    Symmetric {
        k: Secret,
    },
}

/// The private half of an RSA key (RFC 7518 §6.3.2); all of it is required here.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RsaPrivate {
    pub(crate) d: Secret,
    pub(crate) p: Secret,
    pub(crate) q: Secret,
    pub(crate) dp: Secret,
    pub(crate) dq: Secret,
    pub(crate) qi: Secret,
}

/// A NIST curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    /// Length of a coordinate in bytes (RFC 7518 §6.2.1.2).
    pub(crate) const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// A JSON Web Key, public, private or symmetric.
///
/// `Debug` shows no key material; `Serialize` writes the public members and is an error for a
/// symmetric key, which has none.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwk {
    pub(crate) material: Material,
    pub(crate) kid: Option<String>,
    pub(crate) alg: Option<String>,
    pub(crate) key_use: Option<String>,
    pub(crate) key_ops: Option<Vec<String>>,
}

impl Jwk {
    /// Reads one JWK, public or private. Members this crate does not know are ignored
    /// (RFC 7517 §4).
    ///
    /// # Errors
    /// [`KeyError::Json`] for what is not strict JSON, [`KeyError::UnknownKeyType`] for another
    /// `kty` or `crv`, [`KeyError::Member`] for a missing or malformed member.
    pub fn from_json(text: &str) -> Result<Self, KeyError> {
        json::from_str::<raw::RawJwk>(text)?.try_into()
    }

    /// Reads a JWK that is a member of something else (a DPoP header, a configuration).
    ///
    /// # Errors
    /// As [`Jwk::from_json`].
    pub fn from_value(value: &serde_json::Value) -> Result<Self, KeyError> {
        use serde::Deserialize as _;
        if !value.is_object() {
            return Err(KeyError::Json(json::JsonError::NotAnObject));
        }
        raw::RawJwk::deserialize(value)
            .map_err(|_| KeyError::Json(json::JsonError::Type))?
            .try_into()
    }

    pub(crate) const fn new(material: Material) -> Self {
        Self {
            material,
            kid: None,
            alg: None,
            key_use: None,
            key_ops: None,
        }
    }

    /// The key's type.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        match &self.material {
            Material::Rsa { .. } => KeyType::Rsa,
            Material::Ec {
                curve: Curve::P256, ..
            } => KeyType::P256,
            Material::Ec {
                curve: Curve::P384, ..
            } => KeyType::P384,
            Material::Ed25519 { .. } => KeyType::Ed25519,
            Material::Symmetric { .. } => KeyType::Symmetric,
        }
    }

    /// The `kid` member (RFC 7517 §4.5).
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The `alg` member as it stands (RFC 7517 §4.4).
    #[must_use]
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// The `use` member (RFC 7517 §4.2).
    #[must_use]
    pub fn key_use(&self) -> Option<&str> {
        self.key_use.as_deref()
    }

    /// The `key_ops` member (RFC 7517 §4.3).
    #[must_use]
    pub fn key_ops(&self) -> Option<&[String]> {
        self.key_ops.as_deref()
    }

    /// How large the key is, in bits: an RSA key's modulus, a curve's coordinate, a secret.
    #[must_use]
    pub fn bits(&self) -> usize {
        match &self.material {
            Material::Rsa { n, .. } => {
                let top = n.first().map_or(8, |byte| byte.leading_zeros() as usize);
                (n.len() * 8).saturating_sub(top)
            }
            Material::Ec { curve, .. } => curve.coordinate_len() * 8,
            Material::Ed25519 { .. } => 256,
            Material::Symmetric { k } => k.len() * 8,
        }
    }

    /// Whether the key holds a private half or a shared secret.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private_member().is_some()
    }

    /// The same key with this `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// The thumbprint: SHA-256 over the required members in their order, base64url (RFC 7638 §3,
    /// RFC 8037 §2).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        thumbprint::thumbprint(&self.material)
    }

    /// Name of the first private member, if the key has one.
    pub(crate) const fn private_member(&self) -> Option<&'static str> {
        match &self.material {
            Material::Rsa {
                private: Some(_), ..
            }
            | Material::Ec { d: Some(_), .. }
            | Material::Ed25519 { d: Some(_), .. } => Some("d"),
            Material::Symmetric { .. } => Some("k"),
            _ => None,
        }
    }

    /// `use` and `key_ops`, when present, must both allow `operation` (RFC 7517 §4.2, §4.3), and
    /// an operation must not stand twice.
    pub(crate) fn check_use(&self, operation: &str) -> Result<(), KeyError> {
        let use_allows = self
            .key_use
            .as_deref()
            .is_none_or(|key_use| key_use == "sig");
        let ops_allow = self.key_ops.as_deref().is_none_or(|ops| {
            let unique = ops
                .iter()
                .enumerate()
                .all(|(i, op)| !ops.iter().take(i).any(|o| o == op));
            let consistent = self.key_use.is_none() || ops.iter().all(|op| is_signature_op(op));
            unique && consistent && ops.iter().any(|op| op == operation)
        });
        if use_allows && ops_allow {
            Ok(())
        } else {
            Err(KeyError::ForbidsUse)
        }
    }
}

fn is_signature_op(op: &str) -> bool {
    matches!(op, "sign" | "verify")
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("key_type", &self.key_type())
            .field("kid", &self.kid)
            .field("alg", &self.alg)
            .field("use", &self.key_use)
            .field("key_ops", &self.key_ops)
            .field(
                "private",
                &if self.is_private() {
                    "[redacted]"
                } else {
                    "none"
                },
            )
            .finish_non_exhaustive()
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.material {
            Material::Rsa { n, e, .. } => {
                map.serialize_entry("kty", "RSA")?;
                map.serialize_entry("n", &base64url::encode(n))?;
                map.serialize_entry("e", &base64url::encode(e))?;
            }
            Material::Ec { curve, x, y, .. } => {
                map.serialize_entry("kty", "EC")?;
                map.serialize_entry("crv", curve.name())?;
                map.serialize_entry("x", &base64url::encode(x))?;
                map.serialize_entry("y", &base64url::encode(y))?;
            }
            Material::Ed25519 { x, .. } => {
                map.serialize_entry("kty", "OKP")?;
                map.serialize_entry("crv", "Ed25519")?;
                map.serialize_entry("x", &base64url::encode(x))?;
            }
            Material::Symmetric { .. } => {
                return Err(serde::ser::Error::custom(
                    "a symmetric key has no public members",
                ));
            }
        }
        let texts = [
            ("kid", &self.kid),
            ("use", &self.key_use),
            ("alg", &self.alg),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        if let Some(ops) = &self.key_ops {
            map.serialize_entry("key_ops", ops)?;
        }
        map.end()
    }
}
