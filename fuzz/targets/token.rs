//! Tokens as strangers send them, and tokens with a right signature over anything.
//!
//! An input whose first byte is a control character is a header and a payload with a line feed
//! between them, to be signed here; every other input is a token.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use symbolon_fuzz::{
    keys::{self, AUDIENCE, Family, HMACS, ISSUER, NOW, PUBLIC, SHARED, TYP},
    oracle,
};
use symbolon_jose::{
    KeySet, MAX_NUMERIC_DATE, TokenError, Unverified, Verified, VerifyError, base64url, decode,
    json, verify,
};
use symbolon_protocol::AccessClaims;

const LIMIT: usize = 16 * 1024;
const LEEWAY: i64 = 5;
const FUTURE_IAT: i64 = 60;

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((first, rest)) if *first < b' ' => signed(usize::from(*first), rest),
        _ => {
            if let Ok(token) = std::str::from_utf8(data) {
                check(token);
            }
        }
    }
});

/// With a right signature, acceptance is exactly what the rules say.
fn signed(choice: usize, data: &[u8]) {
    let alg = HMACS[choice % HMACS.len()];
    let line = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (header, payload) = (&data[..line], data.get(line + 1..).unwrap_or_default());
    let token = keys::mac_token(alg, header, payload);
    check(&token);
    let accepted = verify::<Value>(&token, &SHARED.keys, &SHARED.rules, NOW).is_ok();
    let header = oracle::strict_object(header);
    let header = header.is_some_and(|members| {
        oracle::header_is_acceptable(&members, alg.as_str(), alg.as_str(), TYP)
    });
    let claims = oracle::strict_object(payload);
    let claims = claims.map_or(Some(false), |claims| claims_are_acceptable(&claims.into()));
    if let Some(claims) = claims {
        assert_eq!(accepted, header && claims && token.len() <= LIMIT);
    }
}

/// `None` where a date has a fraction or an exponent, whose digits serde does not keep.
fn claims_are_acceptable(claims: &Value) -> Option<bool> {
    let mut dates = [None; 3];
    for (name, date) in ["exp", "nbf", "iat"].into_iter().zip(&mut dates) {
        let Some(claim) = claims.get(name) else {
            continue;
        };
        if claim.is_f64() {
            return None;
        }
        match claim.as_i64() {
            Some(seconds) if (0..=MAX_NUMERIC_DATE).contains(&seconds) => *date = Some(seconds),
            _ => return Some(false),
        }
    }
    let [exp, nbf, iat] = dates;
    let text_or_absent = |name: &str| {
        claims
            .get(name)
            .is_none_or(|claim: &Value| claim.is_string())
    };
    let audience = match &claims["aud"] {
        Value::Array(all) => all.iter().all(Value::is_string) && all.iter().any(|a| a == AUDIENCE),
        one => one == AUDIENCE,
    };
    Some(
        exp.is_some_and(|exp| NOW < exp + LEEWAY)
            && nbf.is_none_or(|nbf| nbf - LEEWAY <= NOW)
            && iat.is_some_and(|iat| iat <= NOW + FUTURE_IAT)
            && claims["iss"] == ISSUER
            && audience
            && text_or_absent("sub")
            && text_or_absent("jti"),
    )
}

fn check(token: &str) {
    let decoded = decode(token);
    check_decoding(token, &decoded);
    for family in [&*PUBLIC, &*SHARED] {
        check_family(token, family, &decoded);
    }
}

/// Decoding refuses exactly what is not three canonical parts with two strict objects.
fn check_decoding(token: &str, decoded: &Result<Unverified, TokenError>) {
    let parts: Vec<_> = token.split('.').collect();
    let object = |part: &str| {
        let bytes = base64url::decode(part).ok()?;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            assert_eq!(
                json::check(text).is_ok(),
                oracle::strict_json(text).is_some(),
                "{text:?}"
            );
        }
        oracle::strict_object(&bytes)
    };
    let canonical = parts
        .iter()
        .all(|part| oracle::is_canonical_base64url(part));
    let expected = match parts[..] {
        [header, payload, _] if canonical && token.len() <= LIMIT => {
            object(header).zip(object(payload))
        }
        _ => None,
    };
    match (decoded, expected) {
        (Ok(decoded), Some((header, claims))) => {
            assert_eq!(decoded.untrusted_header().as_object(), Some(&header));
            assert_eq!(decoded.untrusted_claims().as_object(), Some(&claims));
            assert_eq!(decoded.raw_parts()[..], parts[..]);
        }
        (Err(_), None) => {}
        (found, expected) => panic!("{token:?}: {found:?}, {expected:?}"),
    }
}

fn check_family(token: &str, family: &Family, decoded: &Result<Unverified, TokenError>) {
    let at = |token: &str, keys: &KeySet| verify::<Value>(token, keys, &family.rules, NOW);
    let code = |verdict: &Result<Verified<Value>, VerifyError>| {
        verdict.as_ref().err().map(VerifyError::code)
    };
    let verdict = at(token, &family.keys);
    if matches!(verdict, Err(VerifyError::SignatureInvalid)) {
        // Most inputs end here, and asking again would cost three signatures an input.
        return;
    }
    // A remembered header changes nothing, and nor does the type that claims are read as.
    assert_eq!(code(&verdict), code(&at(token, &family.fresh_keys())));
    let typed = verify::<AccessClaims>(token, &family.keys, &family.rules, NOW);
    assert!(typed.is_err() || verdict.is_ok(), "{token:?}");
    let Ok(verified) = verdict else { return };
    let decoded = decoded.as_ref().expect("what is accepted can be decoded");
    check_accepted(token, &verified, decoded);
    let by_serde = serde_json::from_str::<AccessClaims>(verified.registered().as_json());
    assert_eq!(typed.is_ok(), by_serde.is_ok(), "{token:?}");
    let smaller = family.rules.clone().with_max_token_bytes(token.len() - 1);
    let refused = verify::<Value>(token, &family.keys, &smaller, NOW).expect_err("too long");
    assert_eq!(refused.code(), "token_too_large");
    assert!(at(&spoiled(token), &family.keys).is_err(), "{token:?}");
}

fn check_accepted(token: &str, verified: &Verified<Value>, decoded: &Unverified) {
    let header = decoded.untrusted_header().as_object().expect("an object");
    let kid = verified.kid().expect("every key has one");
    assert!(oracle::header_is_acceptable(
        header,
        verified.algorithm().as_str(),
        kid,
        TYP
    ));
    if verified.algorithm().is_symmetric() {
        let (input, tag) = token.rsplit_once('.').expect("three parts");
        let expected = keys::mac(verified.algorithm(), input.as_bytes());
        assert_eq!(base64url::encode(&expected), tag);
    }
    let claims = verified.claims();
    assert_eq!(claims, decoded.untrusted_claims());
    assert_ne!(claims_are_acceptable(claims), Some(false), "{claims}");
    let registered = verified.registered();
    assert_eq!(
        &serde_json::from_str::<Value>(registered.as_json()).expect("JSON"),
        claims
    );
    for (name, text) in [
        ("iss", registered.issuer()),
        ("sub", registered.subject()),
        ("jti", registered.id()),
    ] {
        assert_eq!(claims.get(name).and_then(Value::as_str), text, "{name}");
    }
    for (name, seconds) in [
        ("exp", registered.expires_at()),
        ("nbf", registered.not_before()),
        ("iat", registered.issued_at()),
    ] {
        let number = claims.get(name).and_then(Value::as_f64);
        // Fractions count against the token; a double may have rounded one to a full second.
        let against = |(number, seconds): (f64, i64)| match name {
            "nbf" => (0.0..=1.0).contains(&(seconds as f64 - number)),
            _ => (0.0..=1.0).contains(&(number - seconds as f64)),
        };
        assert!(
            number.zip(seconds).is_none_or(against),
            "{name}: {number:?} {seconds:?}"
        );
        assert_eq!(number.is_some(), seconds.is_some(), "{name}");
    }
    assert_eq!(Some(verified.expires_at()), registered.expires_at());
    assert!(verified.expires_at() + LEEWAY > NOW);
}

/// The token with one character changed, at a place that depends on all of it.
fn spoiled(token: &str) -> String {
    let sum = token.bytes().fold(7_usize, |sum, byte| {
        sum.wrapping_mul(31) ^ usize::from(byte)
    });
    let mut bytes = token.as_bytes().to_vec();
    let at = sum % bytes.len();
    bytes[at] ^= 1;
    String::from_utf8(bytes).expect("a token is ASCII, and a bit of it does not change that")
}
