//! aws-lc-rs, with keys parsed once.

use std::fmt;

use aws_lc_rs::{
    digest,
    encoding::{AsDer, Pkcs8V1Der},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPairComponents, KeySize, PublicKeyComponents},
    signature::{
        self, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, Ed25519KeyPair,
        KeyPair as _, ParsedPublicKey, RsaEncoding, RsaKeyPair, RsaParameters,
    },
};
use zeroize::Zeroizing;

use super::{rsa_der, uncompressed};
use crate::{
    algorithm::Algorithm,
    error::KeyError,
    jwk::{Curve, Material, RsaPrivate},
    key::RsaSize,
};

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let digest = digest::digest(&digest::SHA256, bytes);
    out.iter_mut()
        .zip(digest.as_ref())
        .for_each(|(to, from)| *to = *from);
    out
}

/// One key, parsed, bound to one algorithm.
#[derive(Clone)]
pub(crate) enum VerifyKey {
    Public(ParsedPublicKey),
    Shared(Box<hmac::Key>),
}

impl VerifyKey {
    pub(crate) fn ed25519(x: &[u8]) -> Result<Self, KeyError> {
        let key = ParsedPublicKey::new(&signature::ED25519, x);
        key.map(Self::Public).map_err(|_| KeyError::Invalid)
    }

    /// Refuses a point that is not on the curve.
    pub(crate) fn ecdsa(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let key = ParsedPublicKey::new(ecdsa_verification(curve), uncompressed(x, y));
        key.map(Self::Public).map_err(|_| KeyError::Invalid)
    }

    pub(crate) fn rsa(alg: Algorithm, n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let parameters = rsa_verification(alg).ok_or(KeyError::Algorithm)?;
        let key = PublicKeyComponents { n, e }.to_parsed_public_key(parameters);
        key.map(Self::Public).map_err(|_| KeyError::Invalid)
    }

    pub(crate) fn hmac(alg: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let algorithm = match alg {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            _ => return Err(KeyError::Algorithm),
        };
        Ok(Self::Shared(Box::new(hmac::Key::new(algorithm, secret))))
    }

    /// Whether `signature` is this key's over `message`; an HMAC is compared in constant time.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
            Self::Shared(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public(_) => "VerifyKey::Public",
            Self::Shared(_) => "VerifyKey::Shared([redacted])",
        })
    }
}

/// A private key, parsed, bound to one algorithm.
pub(crate) enum SignKey {
    Ed25519(Ed25519KeyPair),
    Ecdsa(Curve, EcdsaKeyPair),
    Rsa(&'static dyn RsaEncoding, RsaKeyPair),
}

impl SignKey {
    /// A new key from the library's own system randomness.
    pub(crate) fn generate(alg: Algorithm, size: RsaSize) -> Result<Self, KeyError> {
        if let Some(encoding) = rsa_signing(alg) {
            let size = match size {
                RsaSize::Bits2048 => KeySize::Rsa2048,
                RsaSize::Bits3072 => KeySize::Rsa3072,
                RsaSize::Bits4096 => KeySize::Rsa4096,
            };
            let pair = RsaKeyPair::generate(size).map_err(|_| KeyError::Backend)?;
            return Ok(Self::Rsa(encoding, pair));
        }
        if let Some(curve) = ecdsa_curve(alg) {
            let pair = EcdsaKeyPair::generate(ecdsa_signing(curve));
            return pair
                .map(|pair| Self::Ecdsa(curve, pair))
                .map_err(|_| KeyError::Backend);
        }
        match alg {
            Algorithm::EdDSA => Ed25519KeyPair::generate()
                .map(Self::Ed25519)
                .map_err(|_| KeyError::Backend),
            _ => Err(KeyError::NotForSigning),
        }
    }

    pub(crate) fn from_pkcs8(alg: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        if let Some(encoding) = rsa_signing(alg) {
            let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Invalid)?;
            return Ok(Self::Rsa(encoding, pair));
        }
        if let Some(curve) = ecdsa_curve(alg) {
            let pair = EcdsaKeyPair::from_pkcs8(ecdsa_signing(curve), der);
            return pair
                .map(|pair| Self::Ecdsa(curve, pair))
                .map_err(|_| KeyError::Invalid);
        }
        match alg {
            Algorithm::EdDSA => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                .map(Self::Ed25519)
                .map_err(|_| KeyError::Invalid),
            _ => Err(KeyError::NotForSigning),
        }
    }

    /// Refuses halves that do not belong together.
    pub(crate) fn ed25519(d: &[u8], x: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_and_public_key(d, x);
        pair.map(Self::Ed25519).map_err(|_| KeyError::Invalid)
    }

    /// Refuses halves that do not belong together.
    pub(crate) fn ecdsa(curve: Curve, d: &[u8], x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let point = uncompressed(x, y);
        let pair = EcdsaKeyPair::from_private_key_and_public_key(ecdsa_signing(curve), d, &point);
        pair.map(|pair| Self::Ecdsa(curve, pair))
            .map_err(|_| KeyError::Invalid)
    }

    /// Refuses numbers that are not consistent.
    pub(crate) fn rsa(
        alg: Algorithm,
        n: &[u8],
        e: &[u8],
        private: &RsaPrivate,
    ) -> Result<Self, KeyError> {
        let encoding = rsa_signing(alg).ok_or(KeyError::Algorithm)?;
        let pair = RsaKeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n, e },
            d: private.d.as_slice(),
            p: private.p.as_slice(),
            q: private.q.as_slice(),
            dP: private.dp.as_slice(),
            dQ: private.dq.as_slice(),
            qInv: private.qi.as_slice(),
        });
        pair.map(|pair| Self::Rsa(encoding, pair))
            .map_err(|_| KeyError::Invalid)
    }

    /// PKCS#8 version 1 (RFC 5208).
    pub(crate) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let copy = |der: &[u8]| Zeroizing::new(der.to_vec());
        match self {
            Self::Ed25519(pair) => pair.to_pkcs8v1().map(|der| copy(der.as_ref())),
            Self::Ecdsa(_, pair) => pair.to_pkcs8v1().map(|der| copy(der.as_ref())),
            Self::Rsa(_, pair) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| copy(der.as_ref()))
            }
        }
        .map_err(|_| KeyError::Backend)
    }

    /// The public half.
    pub(crate) fn public(&self) -> Result<Material, KeyError> {
        match self {
            Self::Ed25519(pair) => Ok(Material::Ed25519 {
                x: pair.public_key().as_ref().to_vec(),
                d: None,
            }),
            Self::Ecdsa(curve, pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point
                    .split_first()
                    .and_then(|(_, xy)| xy.split_at_checked(curve.coordinate_len()))
                    .ok_or(KeyError::Backend)?;
                Ok(Material::Ec {
                    curve: *curve,
                    x: x.to_vec(),
                    y: y.to_vec(),
                    d: None,
                })
            }
            Self::Rsa(_, pair) => {
                let der = pair.public_key().as_ref();
                let (n, e) = rsa_der::public_numbers(der).ok_or(KeyError::Backend)?;
                Ok(Material::Rsa {
                    n,
                    e,
                    private: None,
                })
            }
        }
    }

    /// A signature in JWS form (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        // The library draws its own randomness; the argument is there for compatibility.
        let unused = SystemRandom::new();
        match self {
            Self::Ed25519(pair) => pair.try_sign(message).ok().map(|sig| sig.as_ref().to_vec()),
            Self::Ecdsa(_, pair) => pair
                .sign(&unused, message)
                .ok()
                .map(|sig| sig.as_ref().to_vec()),
            Self::Rsa(encoding, pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &unused, message, &mut out)
                    .ok()
                    .map(|()| out)
            }
        }
    }
}

const fn ecdsa_curve(alg: Algorithm) -> Option<Curve> {
    match alg {
        Algorithm::ES256 => Some(Curve::P256),
        Algorithm::ES384 => Some(Curve::P384),
        _ => None,
    }
}

fn ecdsa_verification(curve: Curve) -> &'static EcdsaVerificationAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED,
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED,
    }
}

fn ecdsa_signing(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
    }
}

fn rsa_verification(alg: Algorithm) -> Option<&'static RsaParameters> {
    Some(match alg {
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

fn rsa_signing(alg: Algorithm) -> Option<&'static dyn RsaEncoding> {
    Some(match alg {
        Algorithm::RS256 => &signature::RSA_PKCS1_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}
