//! The checks of the claims, one function each.

use crate::{
    claims::RegisteredClaims,
    error::VerifyError,
    validation::{FUTURE_IAT_TOLERANCE, Validation},
    verify::{Check, Observer, tell},
};

/// Every check, in order; the result is `exp`.
pub(super) fn claims(
    claims: &RegisteredClaims,
    validation: &Validation,
    now: i64,
    observer: &mut impl Observer,
) -> Result<i64, VerifyError> {
    let exp = tell(observer, Check::Expiry, check_exp(claims, validation, now))?;
    let nbf = check_nbf(claims, validation, now);
    tell(observer, Check::NotBefore, nbf)?;
    let iat = check_iat(claims, validation, now);
    tell(observer, Check::IssuedAt, iat)?;
    let lifetime = check_lifetime(claims, validation, exp);
    tell(observer, Check::Lifetime, lifetime)?;
    tell(observer, Check::Issuer, check_issuer(claims, validation))?;
    let audience = check_audience(claims, validation);
    tell(observer, Check::Audience, audience)?;
    Ok(exp)
}

/// Each check by itself, whatever the others say.
pub(super) fn each(
    claims: &RegisteredClaims,
    validation: &Validation,
    now: i64,
    observer: &mut impl Observer,
) {
    let exp = check_exp(claims, validation, now).map(|_| ());
    let lifetime = claims
        .expires_at()
        .map(|exp| check_lifetime(claims, validation, exp));
    for (check, outcome) in [
        (Check::Expiry, Some(exp)),
        (Check::NotBefore, Some(check_nbf(claims, validation, now))),
        (Check::IssuedAt, Some(check_iat(claims, validation, now))),
        (Check::Lifetime, lifetime),
        (Check::Issuer, Some(check_issuer(claims, validation))),
        (Check::Audience, Some(check_audience(claims, validation))),
    ] {
        if let Some(outcome) = outcome {
            tell(observer, check, outcome).ok();
        }
    }
}

/// RFC 7519 §4.1.4: `exp` is there, and now is before it.
fn check_exp(
    claims: &RegisteredClaims,
    validation: &Validation,
    now: i64,
) -> Result<i64, VerifyError> {
    let exp = claims.expires_at().ok_or(VerifyError::ExpMissing)?;
    if now >= exp.saturating_add(validation.leeway) {
        return Err(VerifyError::TokenExpired { exp, now });
    }
    Ok(exp)
}

/// RFC 7519 §4.1.5: now is not before `nbf`.
fn check_nbf(
    claims: &RegisteredClaims,
    validation: &Validation,
    now: i64,
) -> Result<(), VerifyError> {
    match claims.not_before() {
        Some(nbf) if now < nbf.saturating_sub(validation.leeway) => {
            Err(VerifyError::TokenNotYetValid { nbf, now })
        }
        _ => Ok(()),
    }
}

/// RFC 7519 §4.1.6, RFC 9068 §2.2: `iat` is there if required, and not in the future.
fn check_iat(
    claims: &RegisteredClaims,
    validation: &Validation,
    now: i64,
) -> Result<(), VerifyError> {
    match claims.issued_at() {
        Some(iat) if iat.saturating_sub(FUTURE_IAT_TOLERANCE) > now => {
            Err(VerifyError::IssuedInFuture { iat, now })
        }
        None if validation.requires_iat => Err(VerifyError::IatMissing),
        _ => Ok(()),
    }
}

/// RFC 8725 §3.12 in spirit: a token that lives too long was not made for this verifier.
fn check_lifetime(
    claims: &RegisteredClaims,
    validation: &Validation,
    exp: i64,
) -> Result<(), VerifyError> {
    let Some(limit) = validation.max_lifetime else {
        return Ok(());
    };
    let iat = claims.issued_at().ok_or(VerifyError::IatMissing)?;
    let seconds = exp.saturating_sub(iat);
    if seconds > limit {
        Err(VerifyError::LifetimeTooLong { seconds, limit })
    } else {
        Ok(())
    }
}

/// RFC 8725 §3.8, RFC 9068 §4: `iss` is our issuer, byte for byte.
fn check_issuer(claims: &RegisteredClaims, validation: &Validation) -> Result<(), VerifyError> {
    let found = claims.issuer().ok_or(VerifyError::IssuerMissing)?;
    if found == validation.issuer {
        return Ok(());
    }
    let expected = validation.issuer.clone();
    Err(VerifyError::IssuerMismatch {
        expected,
        found: found.to_owned(),
    })
}

/// RFC 7519 §4.1.3, RFC 8725 §3.9: `aud` names one of our audiences.
fn check_audience(claims: &RegisteredClaims, validation: &Validation) -> Result<(), VerifyError> {
    if !claims.has_audience() {
        return Err(VerifyError::AudienceMissing);
    }
    if claims
        .audiences()
        .any(|found| validation.audiences.iter().any(|ours| ours == found))
    {
        return Ok(());
    }
    let found = claims.audiences().map(str::to_owned).collect();
    Err(VerifyError::AudienceMismatch {
        expected: validation.audiences.clone(),
        found,
    })
}
