//! Verification with RustCrypto.

use std::{fmt, sync::Arc};

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Verifier;
use rsa::{BoxedUint, pkcs1v15, pss};
use sha2::{Sha256, Sha384, Sha512};

use crate::{algorithm::Algorithm, backend::uncompressed, error::KeyError, jwk::Curve};

/// Whether a signature is a parsed key's over a message.
type Check = Arc<dyn Fn(&[u8], &[u8]) -> bool + Send + Sync>;

/// One key, parsed, bound to one algorithm.
#[derive(Clone)]
pub(crate) enum VerifyKey {
    Public(Check),
    Shared(Check),
}

impl VerifyKey {
    /// Takes a point off the curve, which then verifies nothing, as aws-lc-rs does.
    pub(crate) fn ed25519(x: &[u8]) -> Result<Self, KeyError> {
        let x: &[u8; 32] = x.try_into().map_err(|_| KeyError::Invalid)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(x).ok();
        Ok(Self::Public(Arc::new(move |message, signature| {
            let signature = ed25519_dalek::Signature::from_slice(signature);
            key.zip(signature.ok())
                .is_some_and(|(key, signature)| key.verify_strict(message, &signature).is_ok())
        })))
    }

    /// Refuses a point that is not on the curve.
    pub(crate) fn ecdsa(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let point = uncompressed(x, y);
        match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                .map(public::<_, p256::ecdsa::Signature>),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                .map(public::<_, p384::ecdsa::Signature>),
        }
        .map_err(|_| KeyError::Invalid)
    }

    /// The library holds the signature to the modulus' length and value, and PSS to a salt as
    /// long as the hash (RFC 7518 §3.5).
    pub(crate) fn rsa(alg: Algorithm, n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let [n, e] = [n, e].map(BoxedUint::from_be_slice_vartime);
        let key = rsa::PublicKey::new(n, e).map_err(|_| KeyError::Invalid)?;
        Ok(match alg {
            Algorithm::RS256 => pkcs1(pkcs1v15::VerifyingKey::<Sha256>::new(key)),
            Algorithm::RS384 => pkcs1(pkcs1v15::VerifyingKey::<Sha384>::new(key)),
            Algorithm::RS512 => pkcs1(pkcs1v15::VerifyingKey::<Sha512>::new(key)),
            Algorithm::PS256 => public::<_, pss::Signature>(pss::VerifyingKey::<Sha256>::new(key)),
            Algorithm::PS384 => public::<_, pss::Signature>(pss::VerifyingKey::<Sha384>::new(key)),
            Algorithm::PS512 => public::<_, pss::Signature>(pss::VerifyingKey::<Sha512>::new(key)),
            _ => return Err(KeyError::Algorithm),
        })
    }

    pub(crate) fn hmac(alg: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        match alg {
            Algorithm::HS256 => shared::<Sha256>(secret),
            Algorithm::HS384 => shared::<Sha384>(secret),
            Algorithm::HS512 => shared::<Sha512>(secret),
            _ => Err(KeyError::Algorithm),
        }
    }

    /// Whether `signature` is this key's over `message`; an HMAC is compared in constant time.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Public(check) | Self::Shared(check) => check(message, signature),
        }
    }
}

/// The key with the form of its signatures.
fn public<K, S>(key: K) -> VerifyKey
where
    K: Verifier<S> + Send + Sync + 'static,
    S: for<'a> TryFrom<&'a [u8]>,
{
    VerifyKey::Public(Arc::new(move |message, signature| {
        S::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }))
}

fn pkcs1<K: Verifier<pkcs1v15::Signature> + Send + Sync + 'static>(key: K) -> VerifyKey {
    public::<K, pkcs1v15::Signature>(key)
}

fn shared<H>(secret: &[u8]) -> Result<VerifyKey, KeyError>
where
    H: EagerHash + 'static,
    Hmac<H>: KeyInit + Mac + Clone + Send + Sync,
{
    let keyed = <Hmac<H> as KeyInit>::new_from_slice(secret).map_err(|_| KeyError::Invalid)?;
    Ok(VerifyKey::Shared(Arc::new(move |message, signature| {
        keyed
            .clone()
            .chain_update(message)
            .verify_slice(signature)
            .is_ok()
    })))
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public(_) => "VerifyKey::Public",
            Self::Shared(_) => "VerifyKey::Shared([redacted])",
        })
    }
}
