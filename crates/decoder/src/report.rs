//! What is asked, and the whole answer.

use serde_json::{Value, json};
use symbolon_jose::{TokenError, lint, loose};

use crate::{checks, content, key};

/// A token and what it is to be held against. A text that is empty was not given.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The token, also with "Bearer" before it.
    pub token: &'r str,
    /// A JWK or a JWK Set.
    pub key: &'r str,
    /// The issuer that is expected.
    pub issuer: &'r str,
    /// The audience that is expected.
    pub audience: &'r str,
    /// The `typ` that is expected. With "JWT" the header may as well have none.
    pub typ: &'r str,
    /// Seconds since 1970 UTC.
    pub now: i64,
}

/// Everything that can be said of the token.
#[must_use]
pub fn report(request: &Request<'_>) -> Value {
    let token = loose::bare(request.token);
    let refusal = symbolon_jose::decode(token).err();
    let loose = loose::read(token);
    let pasted = key::read(request.key);
    let checked = checks::make(token, &loose, &pasted, request);
    json!({
        "decoded": refusal.is_none(),
        "code": refusal.as_ref().map(TokenError::code),
        "reason": refusal.as_ref().map(ToString::to_string),
        "oddities": loose.oddities,
        "header": content::shown(&loose.header),
        "claims": content::shown(&loose.claims),
        "signature_bytes": loose.signature_bytes,
        "findings": lint::token(token, request.now, &[]),
        "key": pasted.shown(),
        "verdict": checked.verdict,
        "missing": checked.missing,
        "checks": checked.lines,
    })
}
