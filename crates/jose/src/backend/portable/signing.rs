//! Signing with RustCrypto: Ed25519 and ECDSA.

use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use zeroize::Zeroizing;

use crate::{
    algorithm::Algorithm,
    backend::uncompressed,
    error::KeyError,
    jwk::{Curve, Material, RsaPrivate},
    key::RsaSize,
};

/// A private key, parsed, bound to one algorithm.
///
/// Never an RSA key ([`KeyError::NotForSigning`]): the `rsa` crate had RUSTSEC-2023-0071 (Marvin),
/// its work on constant time is not finished, its blinding and PSS' salt need randomness that
/// a wasm module may not have, and a wasm engine promises constant time for nothing.
pub(crate) enum SignKey {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
}

impl SignKey {
    /// A new key from the system's randomness, which `wasm32-unknown-unknown` does not have.
    pub(crate) fn generate(alg: Algorithm, _size: RsaSize) -> Result<Self, KeyError> {
        match alg {
            Algorithm::EdDSA => {
                let seed = random::<32>()?;
                Ok(Self::Ed25519(Box::new((&*seed).into())))
            }
            // A number that is zero or not below the order comes once in 2^32 at most.
            Algorithm::ES256 => retried(|| {
                let d = random::<32>()?;
                Ok(p256::ecdsa::SigningKey::from_slice(&*d).ok())
            })
            .map(|key| Self::P256(Box::new(key))),
            Algorithm::ES384 => retried(|| {
                let d = random::<48>()?;
                Ok(p384::ecdsa::SigningKey::from_slice(&*d).ok())
            })
            .map(|key| Self::P384(Box::new(key))),
            _ => Err(KeyError::NotForSigning),
        }
    }

    pub(crate) fn from_pkcs8(alg: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        match alg {
            Algorithm::EdDSA => {
                let key = ed25519_dalek::SigningKey::from_pkcs8_der(der);
                key.map(|key| Self::Ed25519(Box::new(key)))
            }
            Algorithm::ES256 => {
                let key = p256::ecdsa::SigningKey::from_pkcs8_der(der);
                key.map(|key| Self::P256(Box::new(key)))
            }
            Algorithm::ES384 => {
                let key = p384::ecdsa::SigningKey::from_pkcs8_der(der);
                key.map(|key| Self::P384(Box::new(key)))
            }
            _ => return Err(KeyError::NotForSigning),
        }
        .map_err(|_| KeyError::Invalid)
    }

    /// Refuses halves that do not belong together.
    pub(crate) fn ed25519(d: &[u8], x: &[u8]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::try_from(d).map_err(|_| KeyError::Invalid)?;
        if key.verifying_key().as_bytes().as_slice() == x {
            Ok(Self::Ed25519(Box::new(key)))
        } else {
            Err(KeyError::Invalid)
        }
    }

    /// Refuses halves that do not belong together.
    pub(crate) fn ecdsa(curve: Curve, d: &[u8], x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let key = match curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(d);
                key.map(|key| Self::P256(Box::new(key)))
            }
            Curve::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(d);
                key.map(|key| Self::P384(Box::new(key)))
            }
        }
        .map_err(|_| KeyError::Invalid)?;
        if key.point() == uncompressed(x, y) {
            Ok(key)
        } else {
            Err(KeyError::Invalid)
        }
    }

    pub(crate) fn rsa(
        _alg: Algorithm,
        _n: &[u8],
        _e: &[u8],
        _private: &RsaPrivate,
    ) -> Result<Self, KeyError> {
        Err(KeyError::NotForSigning)
    }

    /// PKCS#8 version 1 (RFC 5208).
    pub(crate) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match self {
            Self::Ed25519(pair) => ed25519_dalek::pkcs8::KeypairBytes {
                secret_key: pair.to_bytes(),
                public_key: None,
            }
            .to_pkcs8_der(),
            Self::P256(pair) => pair.to_pkcs8_der(),
            Self::P384(pair) => pair.to_pkcs8_der(),
        }
        .map(|der| der.to_bytes())
        .map_err(|_| KeyError::Backend)
    }

    /// The public half.
    pub(crate) fn public(&self) -> Result<Material, KeyError> {
        let curve = match self {
            Self::Ed25519(pair) => {
                return Ok(Material::Ed25519 {
                    x: pair.verifying_key().to_bytes().to_vec(),
                    d: None,
                });
            }
            Self::P256(_) => Curve::P256,
            Self::P384(_) => Curve::P384,
        };
        let point = self.point();
        let (x, y) = point
            .split_first()
            .and_then(|(_, xy)| xy.split_at_checked(curve.coordinate_len()))
            .ok_or(KeyError::Backend)?;
        Ok(Material::Ec {
            curve,
            x: x.to_vec(),
            y: y.to_vec(),
            d: None,
        })
    }

    /// The public half's bytes: SEC 1 §2.3.3 uncompressed, or RFC 8032 §5.1.2.
    fn point(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => pair.verifying_key().to_bytes().to_vec(),
            Self::P256(pair) => pair
                .verifying_key()
                .to_sec1_point(false)
                .as_bytes()
                .to_vec(),
            Self::P384(pair) => pair
                .verifying_key()
                .to_sec1_point(false)
                .as_bytes()
                .to_vec(),
        }
    }

    /// A signature in JWS form (RFC 7518 §3.4, RFC 8037 §3.1), always the same for a message.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ed25519(pair) => pair
                .try_sign(message)
                .ok()
                .map(|sig| sig.to_bytes().to_vec()),
            Self::P256(pair) => {
                let signature: Option<p256::ecdsa::Signature> = pair.try_sign(message).ok();
                signature.map(|sig| sig.to_bytes().to_vec())
            }
            Self::P384(pair) => {
                let signature: Option<p384::ecdsa::Signature> = pair.try_sign(message).ok();
                signature.map(|sig| sig.to_bytes().to_vec())
            }
        }
    }
}

/// Draws again where what was drawn is no key.
fn retried<K>(draw: impl Fn() -> Result<Option<K>, KeyError>) -> Result<K, KeyError> {
    for _ in 0..8 {
        if let Some(key) = draw()? {
            return Ok(key);
        }
    }
    Err(KeyError::Backend)
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, KeyError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| KeyError::Backend)?;
    Ok(bytes)
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, KeyError> {
    Err(KeyError::Backend)
}
