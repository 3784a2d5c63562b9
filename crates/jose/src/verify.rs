//! Verification, in one fixed order: size and shape, header, key, signature, payload, claims.
//!
//! The one thing that must not be broken: nothing of the payload is decoded before the signature
//! is verified, and no [`Verified`] is made before every check has passed.

mod check;
mod examine;
mod observer;
mod verified;

use serde::de::DeserializeOwned;

use crate::{
    algorithm::Algorithm,
    base64url,
    claims::RegisteredClaims,
    compact::Parts,
    error::{TokenError, VerifyError},
    header,
    json::Members,
    key::{KeySet, Lookup, VerifyingKey},
    validation::{JwsRules, Validation},
};

pub use examine::examine;
pub(crate) use observer::tell;
pub use observer::{Check, Observer, Unobserved};
pub use verified::{Verified, VerifiedJws};

/// The longest signature there is, of an 8192-bit RSA key, in bytes.
const MAX_SIGNATURE_BYTES: usize = 1024;
/// The longest signature that is not of an RSA key (ES384), in bytes.
const SHORT_SIGNATURE_BYTES: usize = 96;

/// Verifies a JWT at the time `now` (seconds since 1970 UTC) and reads its claims as `C`.
///
/// The checks run in this order, and the first that fails is the error: size and shape; header
/// (strict JSON, `alg`, `b64`, `crit`, `zip`, `typ`); key by `kid`, and `alg` on the key's list;
/// signature; payload a strict JSON object; `exp`, `nbf`, `iat`, lifetime, `iss`, `aud`; and last
/// that the claims fit `C` (RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725 §3, RFC 9068 §4).
///
/// # Errors
/// [`VerifyError`], one variant per check.
pub fn verify<C: DeserializeOwned>(
    token: &str,
    keys: &KeySet,
    validation: &Validation,
    now: i64,
) -> Result<Verified<C>, VerifyError> {
    verify_observed(token, keys, validation, now, &mut Unobserved)
}

/// Verifies as [`verify`] does, with somebody watching.
///
/// # Errors
/// [`VerifyError`], one variant per check.
pub fn verify_observed<C: DeserializeOwned>(
    token: &str,
    keys: &KeySet,
    validation: &Validation,
    now: i64,
    observer: &mut impl Observer,
) -> Result<Verified<C>, VerifyError> {
    let opened = open(token, keys, &validation.jws, observer)?;
    let mut members = Members::new();
    let registered = opened.parts.payload_bytes();
    let registered = registered
        .and_then(|payload| RegisteredClaims::read_noting(payload, |place| members.push(place)));
    let registered = tell(observer, Check::Claims, registered)?;
    let expires_at = check::claims(&registered, validation, now, observer)?;
    let claims = read_as(&members, registered.as_json());
    let claims = tell(observer, Check::ClaimsType, claims)?;
    Ok(Verified::new(
        claims,
        registered,
        expires_at,
        opened.alg,
        opened.key.clone(),
    ))
}

/// Verifies header and signature of a JWS that need not be a JWT; the payload may be any bytes.
///
/// Issuer, audience and times are not looked at: the caller knows what the payload is. If it is
/// JSON, [`json::from_slice`](crate::json::from_slice) reads it as strictly as claims are read.
///
/// # Errors
/// [`VerifyError`], one variant per check.
pub fn verify_jws(
    token: &str,
    keys: &KeySet,
    rules: &JwsRules,
) -> Result<VerifiedJws, VerifyError> {
    let opened = open(token, keys, rules, &mut Unobserved)?;
    Ok(VerifiedJws::new(
        opened.parts.payload_bytes()?,
        opened.alg,
        opened.key.clone(),
    ))
}

/// A token whose header was checked and whose signature is this key's.
struct Opened<'t, 'k> {
    parts: Parts<'t>,
    alg: Algorithm,
    key: &'k VerifyingKey,
}

/// Everything up to the signature.
fn open<'t, 'k, O: Observer>(
    token: &'t str,
    keys: &'k KeySet,
    rules: &JwsRules,
    observer: &mut O,
) -> Result<Opened<'t, 'k>, VerifyError> {
    let parts = Parts::split(token, rules.max_token_bytes);
    let parts = tell(observer, Check::Shape, parts)?;
    if !O::WATCHES
        && let Some(known) = keys.known(parts.header)
    {
        rules.check_alg(known.header.alg)?;
        rules.check_typ(known.header.typ.as_deref())?;
        check_signature(&parts, &known.key, known.header.alg)?;
        return Ok(Opened {
            parts,
            alg: known.header.alg,
            key: &known.key,
        });
    }
    let header = header::read(parts.header, rules, observer)?;
    let typ = rules.check_typ(header.typ.as_deref());
    tell(observer, Check::Type, typ)?;
    let alg = header.alg;
    let key = find_key(keys, header.kid.as_deref());
    let key = tell(observer, Check::Key, key)?;
    tell(observer, Check::KeyAlgorithm, check_key_alg(key, alg))?;
    let signature = check_signature(&parts, key, alg);
    tell(observer, Check::Signature, signature)?;
    keys.remember(parts.header, header, key);
    Ok(Opened { parts, alg, key })
}

/// The claims as the type that the caller reads.
fn read_as<C: DeserializeOwned>(members: &Members, json: &str) -> Result<C, TokenError> {
    members
        .read(json)
        .map_err(|_| TokenError::ClaimsMalformed { claim: None })
}

/// RFC 7515 §4.1.4: the key is the one that the header names, never one it brings along.
fn find_key<'k>(keys: &'k KeySet, kid: Option<&str>) -> Result<&'k VerifyingKey, VerifyError> {
    let name = || kid.unwrap_or_default().to_owned();
    match keys.lookup(kid) {
        Lookup::Found(key) => Ok(key),
        Lookup::IdMissing => Err(VerifyError::KeyIdMissing),
        Lookup::Unknown => Err(VerifyError::KeyUnknown { kid: name() }),
        Lookup::Forbidden => Err(VerifyError::KeyForbidsUse { kid: name() }),
    }
}

/// RFC 8725 §3.1: each key serves its own algorithms only.
pub(crate) fn check_key_alg(key: &VerifyingKey, alg: Algorithm) -> Result<(), VerifyError> {
    if key.allows(alg) {
        return Ok(());
    }
    let found = alg.as_str().to_owned();
    Err(VerifyError::AlgNotAllowed {
        found,
        allowed: key.algorithms().collect(),
    })
}

/// RFC 7515 §5.2 step 8.
pub(crate) fn check_signature(
    parts: &Parts<'_>,
    key: &VerifyingKey,
    alg: Algorithm,
) -> Result<(), VerifyError> {
    // Clearing a kilobyte costs as much as decoding a short signature.
    if parts.signature.len() <= base64url::encoded_len(SHORT_SIGNATURE_BYTES) {
        check_signature_in(parts, key, alg, &mut [0; SHORT_SIGNATURE_BYTES])
    } else {
        check_signature_in(parts, key, alg, &mut [0; MAX_SIGNATURE_BYTES])
    }
}

fn check_signature_in(
    parts: &Parts<'_>,
    key: &VerifyingKey,
    alg: Algorithm,
    buffer: &mut [u8],
) -> Result<(), VerifyError> {
    let signature =
        base64url::decode_into(parts.signature, buffer).map_err(|_| TokenError::Malformed)?;
    if key.verify(alg, parts.signing_input.as_bytes(), signature) {
        Ok(())
    } else {
        Err(VerifyError::SignatureInvalid)
    }
}
