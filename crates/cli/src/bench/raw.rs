//! The bare primitives of aws-lc-rs with keys that were parsed once: what cryptography costs
//! without anything around it. Used as the measure, and nowhere else.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey, RsaKeyPair},
};
use symbolon_jose::{Algorithm, Jwk, SigningKey, base64url};

use super::failed;
use crate::failure::Failure;

/// Checks signatures, or MACs.
pub(super) enum RawVerify {
    Public(ParsedPublicKey),
    Shared(Box<hmac::Key>),
}

impl RawVerify {
    /// HMAC with SHA-256.
    pub(super) fn shared(secret: &[u8]) -> Self {
        Self::Shared(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    pub(super) fn public(alg: Algorithm, jwk: &Jwk) -> Result<Self, Failure> {
        let members = serde_json::to_value(jwk).map_err(failed)?;
        let bytes = |name: &str| {
            let text = members.get(name).and_then(serde_json::Value::as_str);
            let decoded = text.and_then(|text| base64url::decode(text).ok());
            decoded.ok_or_else(|| failed(format_args!("the public key has no {name}")))
        };
        let point = || Ok::<_, Failure>([vec![4], bytes("x")?, bytes("y")?].concat());
        let rsa = |scheme: &'static signature::RsaParameters| {
            let numbers = signature::RsaPublicKeyComponents {
                n: bytes("n")?,
                e: bytes("e")?,
            };
            numbers.to_parsed_public_key(scheme).map_err(failed)
        };
        let key = match alg {
            Algorithm::RS256 => rsa(&signature::RSA_PKCS1_2048_8192_SHA256)?,
            Algorithm::PS256 => rsa(&signature::RSA_PSS_2048_8192_SHA256)?,
            Algorithm::ES256 => ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point()?)
                .map_err(failed)?,
            Algorithm::ES384 => ParsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point()?)
                .map_err(failed)?,
            _ => ParsedPublicKey::new(&signature::ED25519, bytes("x")?).map_err(failed)?,
        };
        Ok(Self::Public(key))
    }

    pub(super) fn is_right(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
            Self::Shared(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

/// Makes signatures.
pub(super) enum RawSign {
    Rsa(RsaKeyPair, &'static dyn signature::RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl RawSign {
    pub(super) fn new(key: &SigningKey) -> Result<Self, Failure> {
        let der = key.to_pkcs8().map_err(failed)?;
        let rsa = || RsaKeyPair::from_pkcs8(&der).map_err(failed);
        let ecdsa = |scheme| EcdsaKeyPair::from_pkcs8(scheme, &der).map_err(failed);
        Ok(match key.algorithm() {
            Algorithm::RS256 => Self::Rsa(rsa()?, &signature::RSA_PKCS1_SHA256),
            Algorithm::PS256 => Self::Rsa(rsa()?, &signature::RSA_PSS_SHA256),
            Algorithm::ES256 => Self::Ecdsa(ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING)?),
            Algorithm::ES384 => Self::Ecdsa(ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING)?),
            _ => Self::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(failed)?),
        })
    }

    /// Whether a signature was made.
    pub(super) fn sign(&self, message: &[u8]) -> bool {
        match self {
            Self::Rsa(pair, scheme) => {
                let mut out = vec![0; pair.public_modulus_len()];
                let made = pair.sign(*scheme, &SystemRandom::new(), message, &mut out);
                std::hint::black_box(out);
                made.is_ok()
            }
            Self::Ecdsa(pair) => {
                std::hint::black_box(pair.sign(&SystemRandom::new(), message)).is_ok()
            }
            Self::Ed25519(pair) => {
                std::hint::black_box(pair.sign(message));
                true
            }
        }
    }
}
