//! A key that verifies.

use std::sync::Arc;

use super::check_rsa_strength;
use crate::{
    algorithm::{Algorithm, AlgorithmSet},
    backend::{VerifyKey, ed25519},
    error::KeyError,
    jwk::{Curve, Jwk, Material},
};

/// A key for verification, parsed once; a clone shares the parsed key.
///
/// An RSA key without `alg` serves all six RSA algorithms, a shared secret without `alg` every
/// HMAC whose hash is no longer than the secret; every other key serves one.
#[derive(Debug, Clone)]
pub struct VerifyingKey(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kid: Option<String>,
    algorithms: AlgorithmSet,
    keys: Vec<(Algorithm, VerifyKey)>,
}

impl VerifyingKey {
    /// Builds the key from the public half of `jwk` (or from a symmetric key's secret).
    ///
    /// # Errors
    /// [`KeyError::ForbidsUse`] by `use` or `key_ops`, [`KeyError::Algorithm`] if `alg` does not
    /// fit, [`KeyError::TooWeak`], [`KeyError::Invalid`] (a point off its NIST curve, an Ed25519
    /// point of small order). An Ed25519 point off the curve is taken and verifies nothing.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        jwk.check_use("verify")?;
        let keys = algorithms_of(jwk)?
            .into_iter()
            .map(|alg| parse(alg, &jwk.material).map(|key| (alg, key)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::build(jwk.kid.clone(), keys))
    }

    /// Builds the key from a shared secret, without a `kid`; see [`VerifyingKey::with_kid`].
    ///
    /// # Errors
    /// [`KeyError::Algorithm`] if `alg` is no HMAC, [`KeyError::TooWeak`] if the secret is
    /// shorter than the hash (RFC 7518 §3.2).
    pub fn hmac(secret: &[u8], alg: Algorithm) -> Result<Self, KeyError> {
        check_secret_len(alg, secret)?;
        Ok(Self::build(
            None,
            vec![(alg, VerifyKey::hmac(alg, secret)?)],
        ))
    }

    /// The same key under this `kid`.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        let kid = Some(kid.into());
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner { kid, ..inner })),
            Err(shared) => {
                let keys = shared
                    .keys
                    .iter()
                    .map(|(alg, key)| (*alg, key.clone()))
                    .collect();
                Self::build(kid, keys)
            }
        }
    }

    fn build(kid: Option<String>, keys: Vec<(Algorithm, VerifyKey)>) -> Self {
        let algorithms = keys.iter().map(|(alg, _)| *alg).collect();
        Self(Arc::new(Inner {
            kid,
            algorithms,
            keys,
        }))
    }

    /// The key's `kid`, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.0.kid.as_deref()
    }

    /// The algorithms this key may be used with.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.0.algorithms.iter()
    }

    /// Whether the key may be used with `alg`.
    #[must_use]
    pub fn allows(&self, alg: Algorithm) -> bool {
        self.0.algorithms.contains(alg)
    }

    /// Whether `signature` (raw bytes in JWS form) is this key's over `message` with `alg`;
    /// `false` as well if the key does not allow `alg`. An HMAC is compared in constant time.
    #[must_use]
    pub fn verify(&self, alg: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let key = self.0.keys.iter().find(|(of, _)| *of == alg);
        let well_formed = alg != Algorithm::EdDSA || ed25519::is_strict_signature(signature);
        key.is_some_and(|(_, key)| well_formed && key.verifies(message, signature))
    }
}

/// RFC 7517 §4.4 and RFC 8725 §3.1: `alg` narrows the list, and must fit the key.
fn algorithms_of(jwk: &Jwk) -> Result<Vec<Algorithm>, KeyError> {
    let mut possible = possible_algorithms(&jwk.material)?;
    if let Some(name) = jwk.alg() {
        let alg: Algorithm = name.parse().map_err(|_| KeyError::Algorithm)?;
        check_fits(alg, &jwk.material)?;
        possible.retain(|one| *one == alg);
    }
    Ok(possible)
}

fn possible_algorithms(material: &Material) -> Result<Vec<Algorithm>, KeyError> {
    Ok(match material {
        Material::Ed25519 { .. } => vec![Algorithm::EdDSA],
        Material::Ec {
            curve: Curve::P256, ..
        } => vec![Algorithm::ES256],
        Material::Ec {
            curve: Curve::P384, ..
        } => vec![Algorithm::ES384],
        Material::Rsa { n, e, .. } => {
            check_rsa_strength(n, e)?;
            Algorithm::RSA.to_vec()
        }
        Material::Symmetric { k } => {
            let fits = |alg: &Algorithm| check_secret_len(*alg, k).is_ok();
            let list: Vec<_> = Algorithm::HMAC.into_iter().filter(fits).collect();
            if list.is_empty() {
                return Err(KeyError::TooWeak);
            }
            list
        }
    })
}

fn check_fits(alg: Algorithm, material: &Material) -> Result<(), KeyError> {
    let fits = match material {
        Material::Ed25519 { .. } => alg == Algorithm::EdDSA,
        Material::Ec {
            curve: Curve::P256, ..
        } => alg == Algorithm::ES256,
        Material::Ec {
            curve: Curve::P384, ..
        } => alg == Algorithm::ES384,
        Material::Rsa { .. } => alg.is_rsa(),
        Material::Symmetric { k } => return check_secret_len(alg, k),
    };
    if fits {
        Ok(())
    } else {
        Err(KeyError::Algorithm)
    }
}

/// RFC 7518 §3.2: a key at least as long as the hash.
fn check_secret_len(alg: Algorithm, secret: &[u8]) -> Result<(), KeyError> {
    let len = alg.hmac_len().ok_or(KeyError::Algorithm)?;
    if secret.len() < len {
        Err(KeyError::TooWeak)
    } else {
        Ok(())
    }
}

fn parse(alg: Algorithm, material: &Material) -> Result<VerifyKey, KeyError> {
    match material {
        Material::Ed25519 { x, .. } if ed25519::is_strict_point(x) => VerifyKey::ed25519(x),
        Material::Ed25519 { .. } => Err(KeyError::Invalid),
        Material::Ec { curve, x, y, .. } => VerifyKey::ecdsa(*curve, x, y),
        Material::Rsa { n, e, .. } => VerifyKey::rsa(alg, n, e),
        Material::Symmetric { k } => VerifyKey::hmac(alg, k),
    }
}
