//! Proofs of possession: a JWS that brings its own public key (RFC 9449 §4.3).
//!
//! The one place where an embedded key is looked at. What comes out says that the sender holds the
//! private half of that key, and nothing else: whose key it is must be known from elsewhere, as a
//! DPoP-bound token knows it by the key's thumbprint.

use std::fmt;

use crate::{
    algorithm::Algorithm,
    compact::Parts,
    error::{KeyError, TokenError, VerifyError},
    header, json,
    jwk::Jwk,
    key::VerifyingKey,
    validation::JwsRules,
    verify::{Unobserved, check_key_alg, check_signature},
};

/// Why a proof of possession proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PossessionError {
    /// Shape, header or signature, as with any JWS.
    #[error(transparent)]
    Jws(#[from] VerifyError),
    /// The header has no `jwk`.
    #[error("the header carries no jwk")]
    KeyMissing,
    /// The header's `jwk` is no key, may not verify, is too weak, or is not public.
    #[error("the header's jwk is refused: {0}")]
    Key(#[from] KeyError),
}

/// A JWS whose sender holds the key that it carries. Only [`verify_possession`] makes one.
#[derive(Clone)]
pub struct Possession {
    payload: Vec<u8>,
    thumbprint: String,
    alg: Algorithm,
}

/// Verifies a JWS with the public key in its own header.
///
/// **No identity follows from it**: anybody can make a key and sign with it. Compare
/// [`Possession::thumbprint`] with what is known from a source that is trusted.
///
/// # Errors
/// [`PossessionError`].
pub fn verify_possession(jws: &str, rules: &JwsRules) -> Result<Possession, PossessionError> {
    let parts = Parts::split(jws, rules.max_token_bytes).map_err(VerifyError::from)?;
    let header = header::read(parts.header, rules, &mut Unobserved)?;
    rules.check_typ(header.typ.as_deref())?;
    let jwk = embedded_key(parts.header)?;
    if let Some(member) = jwk.private_member() {
        return Err(KeyError::PrivateMember { member }.into());
    }
    let key = VerifyingKey::from_jwk(&jwk)?;
    check_key_alg(&key, header.alg)?;
    check_signature(&parts, &key, header.alg)?;
    Ok(Possession {
        payload: parts.payload_bytes().map_err(VerifyError::from)?,
        thumbprint: jwk.thumbprint(),
        alg: header.alg,
    })
}

/// RFC 7515 §4.1.3: the header's `jwk`. The header was read before, so it is a strict object.
fn embedded_key(encoded: &str) -> Result<Jwk, PossessionError> {
    let text = header::decode_text(encoded).map_err(VerifyError::from)?;
    let mut place = None;
    json::scan_object(&text, |name, found| {
        if name == "jwk" {
            place = Some(found.range);
        }
    })
    .map_err(|error| VerifyError::from(header::refusal(error)))?;
    let range = place.ok_or(PossessionError::KeyMissing)?;
    let jwk = text
        .get(range)
        .ok_or(VerifyError::Token(TokenError::HeaderMalformed))?;
    Ok(Jwk::from_json(jwk)?)
}

impl Possession {
    /// The payload's bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload's bytes, given away.
    #[must_use]
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// The RFC 7638 thumbprint of the key that signed it.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The algorithm of the signature.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.alg
    }
}

impl fmt::Debug for Possession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Possession")
            .field("thumbprint", &self.thumbprint)
            .field("alg", &self.alg)
            .finish_non_exhaustive()
    }
}
