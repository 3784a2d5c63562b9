//! A token that was decoded and nothing more.

use std::fmt;

use serde_json::Value;

use crate::{
    claims, compact::Parts, error::TokenError, header, json, validation::DEFAULT_MAX_TOKEN_BYTES,
};

/// What somebody wrote into a token, whoever it was. For tools that show tokens to people; no
/// function of this project takes an identity from it, and it cannot become a
/// [`Verified`](crate::Verified).
#[derive(Clone, PartialEq)]
pub struct Unverified {
    token: String,
    header: Value,
    claims: Value,
}

/// Decodes a token of at most 16 KiB without verifying anything.
///
/// # Errors
/// [`TokenError`]; the same strictness as in verification.
pub fn decode(token: &str) -> Result<Unverified, TokenError> {
    let parts = Parts::split(token, DEFAULT_MAX_TOKEN_BYTES)?;
    let header = json::from_str(&header::decode_text(parts.header)?).map_err(header::refusal)?;
    let payload = String::from_utf8(parts.payload_bytes()?);
    let payload = payload.map_err(|_| TokenError::ClaimsMalformed { claim: None })?;
    let claims = json::from_str(&payload).map_err(claims::refusal)?;
    crate::base64url::decode(parts.signature).map_err(|_| TokenError::Malformed)?;
    Ok(Unverified {
        token: token.to_owned(),
        header,
        claims,
    })
}

impl Unverified {
    /// The header, which anybody may have written.
    #[must_use]
    pub const fn untrusted_header(&self) -> &Value {
        &self.header
    }

    /// The claims, which anybody may have written.
    #[must_use]
    pub const fn untrusted_claims(&self) -> &Value {
        &self.claims
    }

    /// Header, payload and signature as they stand in the token, in base64url.
    #[must_use]
    pub fn raw_parts(&self) -> [&str; 3] {
        let mut parts = self.token.split('.');
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
