//! The checks of a verification made one by one, whatever the others say: for tools that tell
//! people all that is wrong with a token.
//!
//! The one thing that must not be broken: the checks are the functions of the verification, and
//! nothing comes out of here but what the observer is told.

use serde::de::DeserializeOwned;

use super::{check, check_key_alg, check_signature, find_key, observer::tell, read_as};
use crate::{
    claims::RegisteredClaims,
    compact::Parts,
    error::VerifyError,
    header::{self, RawHeader},
    json::Members,
    key::KeySet,
    validation::{JwsRules, Validation},
    verify::{Check, Observer},
};

/// Makes every check that can be made of `token` by itself, and tells `observer` what each says.
///
/// A check that needs what another could not find is left out: without a readable header there is
/// no algorithm, without `keys` no signature. Passing all of these is **not** verification; only
/// [`verify`](super::verify) says that a token is good.
pub fn examine<C: DeserializeOwned>(
    token: &str,
    keys: Option<&KeySet>,
    validation: &Validation,
    now: i64,
    observer: &mut impl Observer,
) {
    let parts = Parts::split(token, validation.jws.max_token_bytes);
    let Ok(parts) = tell(observer, Check::Shape, parts) else {
        return;
    };
    examine_header(&parts, keys, &validation.jws, observer);
    let mut members = Members::new();
    let registered = parts
        .payload_bytes()
        .and_then(|payload| RegisteredClaims::read_noting(payload, |place| members.push(place)));
    if let Ok(registered) = tell(observer, Check::Claims, registered) {
        check::each(&registered, validation, now, observer);
        // The observer has heard it, and nobody else is to have the claims.
        drop(tell(
            observer,
            Check::ClaimsType,
            read_as::<C>(&members, registered.as_json()),
        ));
    }
}

fn examine_header(
    parts: &Parts<'_>,
    keys: Option<&KeySet>,
    rules: &JwsRules,
    observer: &mut impl Observer,
) {
    let raw = header::decode_text(parts.header).and_then(|text| RawHeader::read(&text));
    let Ok(raw) = tell(observer, Check::Header, raw) else {
        return;
    };
    drop(tell(
        observer,
        Check::Algorithm,
        header::check_alg(&raw, rules),
    ));
    for (check, outcome) in [
        (Check::Unencoded, header::check_b64(&raw)),
        (Check::Critical, header::check_crit(&raw)),
        (Check::Compression, header::check_zip(&raw)),
        (Check::Type, rules.check_typ(raw.typ.as_deref())),
    ] {
        tell(observer, check, outcome).ok();
    }
    let Some(keys) = keys else { return };
    let Ok(key) = tell(observer, Check::Key, find_key(keys, raw.kid.as_deref())) else {
        return;
    };
    let named = raw.alg.as_deref().and_then(|name| name.parse().ok());
    let Some(alg) = named else { return };
    let fits: Result<(), VerifyError> = check_key_alg(key, alg);
    if tell(observer, Check::KeyAlgorithm, fits).is_ok() {
        tell(observer, Check::Signature, check_signature(parts, key, alg)).ok();
    }
}
