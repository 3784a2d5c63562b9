//! A key that signs.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{VerifyingKey, check_rsa_strength};
use crate::{
    algorithm::Algorithm,
    backend::SignKey,
    error::{KeyError, SignError},
    jwk::{Jwk, Material},
};

/// Size of a new RSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RsaSize {
    /// 2048 bits.
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

/// A private key bound to one algorithm, parsed once; a clone shares the parsed key.
///
/// Its `kid` is the RFC 7638 thumbprint of its public half, unless it came from a JWK with
/// another one.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    alg: Algorithm,
    kid: String,
    key: SignKey,
    public: Jwk,
    verifying: VerifyingKey,
}

impl SigningKey {
    /// A new key from the system's randomness; RSA keys have 2048 bits.
    ///
    /// # Errors
    /// [`KeyError::NotForSigning`] for HMAC and for RSA in the portable backend,
    /// [`KeyError::Backend`] if the system has no entropy (as on `wasm32-unknown-unknown`).
    pub fn generate(alg: Algorithm) -> Result<Self, KeyError> {
        Self::generate_sized(alg, RsaSize::default())
    }

    /// As [`SigningKey::generate`], with the size of an RSA key (no effect on other keys).
    ///
    /// # Errors
    /// As [`SigningKey::generate`].
    pub fn generate_sized(alg: Algorithm, size: RsaSize) -> Result<Self, KeyError> {
        Self::build(alg, SignKey::generate(alg, size)?, None)
    }

    /// Reads PKCS#8 DER (RFC 5208, RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::Invalid`] if the bytes are no key for `alg`, [`KeyError::TooWeak`],
    /// [`KeyError::NotForSigning`] for HMAC and for RSA in the portable backend.
    pub fn from_pkcs8(alg: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        Self::build(alg, SignKey::from_pkcs8(alg, der)?, None)
    }

    /// Reads a private JWK. Without an `alg`, Ed25519, P-256 and P-384 keys have only one; an RSA
    /// key then signs RS256.
    ///
    /// # Errors
    /// [`KeyError::NotPrivate`] for a public key, [`KeyError::NotForSigning`] for a symmetric
    /// one and for RSA in the portable backend, [`KeyError::ForbidsUse`] by `use` or `key_ops`, [`KeyError::Algorithm`],
    /// [`KeyError::TooWeak`], [`KeyError::Invalid`] if the halves do not belong together.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        jwk.check_use("sign")?;
        let public = public_of(jwk)?;
        let verifying = VerifyingKey::from_jwk(&public)?;
        let alg = verifying.algorithms().next().ok_or(KeyError::Algorithm)?;
        let alg = if verifying.allows(Algorithm::RS256) {
            Algorithm::RS256
        } else {
            alg
        };
        let key = match &jwk.material {
            Material::Ed25519 { x, d: Some(d) } => SignKey::ed25519(d, x)?,
            Material::Ec {
                curve,
                x,
                y,
                d: Some(d),
            } => SignKey::ecdsa(*curve, d, x, y)?,
            Material::Rsa {
                n,
                e,
                private: Some(private),
            } => SignKey::rsa(alg, n, e, private)?,
            _ => return Err(KeyError::NotPrivate),
        };
        Self::build(alg, key, jwk.kid.clone())
    }

    fn build(alg: Algorithm, key: SignKey, kid: Option<String>) -> Result<Self, KeyError> {
        let mut public = Jwk::new(key.public()?);
        if let Material::Rsa { n, e, .. } = &public.material {
            check_rsa_strength(n, e)?;
        }
        let kid = kid.unwrap_or_else(|| public.thumbprint());
        public.kid = Some(kid.clone());
        public.alg = Some(alg.as_str().to_owned());
        public.key_use = Some("sig".to_owned());
        let verifying = VerifyingKey::from_jwk(&public)?;
        Ok(Self(Arc::new(Inner {
            alg,
            kid,
            key,
            public,
            verifying,
        })))
    }

    /// The private key as PKCS#8 version 1 DER (RFC 5208), wiped when dropped.
    ///
    /// # Errors
    /// [`KeyError::Backend`] if the library cannot encode its own key.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.0.key.to_pkcs8()
    }

    /// The algorithm it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.alg
    }

    /// The `kid`: the RFC 7638 thumbprint, or the JWK's own.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The public half with `kid`, `alg` and `use` "sig", as it is published.
    #[must_use]
    pub fn public_jwk(&self) -> Jwk {
        self.0.public.clone()
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.0.verifying.clone()
    }

    /// Signs `message`; the signature has JWS form (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
    ///
    /// # Errors
    /// [`SignError::Backend`] if the library fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.0.key.sign(message).ok_or(SignError::Backend)
    }
}

/// The public half with its `alg`; a symmetric key has none.
fn public_of(jwk: &Jwk) -> Result<Jwk, KeyError> {
    let material = match jwk.material.clone() {
        Material::Rsa { n, e, .. } => Material::Rsa {
            n,
            e,
            private: None,
        },
        Material::Ec { curve, x, y, .. } => Material::Ec {
            curve,
            x,
            y,
            d: None,
        },
        Material::Ed25519 { x, .. } => Material::Ed25519 { x, d: None },
        Material::Symmetric { .. } => return Err(KeyError::NotForSigning),
    };
    Ok(Jwk {
        alg: jwk.alg.clone(),
        ..Jwk::new(material)
    })
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("alg", &self.0.alg)
            .field("kid", &self.0.kid)
            .field("private", &"[redacted]")
            .finish()
    }
}
