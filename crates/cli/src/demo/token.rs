//! What an attacker makes of a token.

use symbolon_jose::base64url;

/// The token with one claim's letter changed.
pub(super) fn tampered(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let mut claims = base64url::decode(payload).ok()?;
    let position = claims.windows(5).position(|window| window == b"sub\":")? + 6;
    let letter = claims.get_mut(position)?;
    *letter = if *letter == b'A' { b'B' } else { b'A' };
    Some(format!(
        "{header}.{}.{signature}",
        base64url::encode(&claims)
    ))
}

/// The token's claims without a signature (RFC 7519 §6).
pub(super) fn unsigned(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let header = base64url::encode(br#"{"alg":"none","typ":"at+jwt"}"#);
    Some(format!("{header}.{payload}."))
}
