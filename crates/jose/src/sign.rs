//! Signing in the compact serialization (RFC 7515 §3.1).

use serde::Serialize;

use crate::{
    base64url,
    error::SignError,
    json::{self, JsonError},
    key::SigningKey,
};

/// A signing key with its protected header, encoded once.
#[derive(Debug, Clone)]
pub struct Signer {
    key: SigningKey,
    /// The encoded header and the dot behind it.
    prefix: String,
}

#[derive(Serialize)]
struct ProtectedHeader<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'a str,
}

impl Signer {
    /// Tokens with the header `{"alg","kid","typ"}`; `typ` as in "at+jwt" (RFC 9068 §2.1).
    #[must_use]
    pub fn new(key: &SigningKey, typ: &str) -> Self {
        let header = ProtectedHeader {
            alg: key.algorithm().as_str(),
            kid: key.kid(),
            typ,
        };
        // Three strings always serialise.
        let json = serde_json::to_vec(&header).unwrap_or_default();
        let mut prefix = base64url::encode(&json);
        prefix.push('.');
        Self {
            key: key.clone(),
            prefix,
        }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs claims or another JSON object. What our own strict verifier would refuse (a member
    /// that stands twice, a payload that is no object) is not signed.
    ///
    /// # Errors
    /// [`SignError`], see its variants.
    pub fn sign<P: Serialize + ?Sized>(&self, payload: &P) -> Result<String, SignError> {
        let json = serde_json::to_string(payload).map_err(|_| SignError::Serialize)?;
        json::scan_object(&json, |_, _| ()).map_err(SignError::Payload)?;
        self.sign_bytes(json.as_bytes())
    }

    /// Signs bytes as they are.
    ///
    /// # Errors
    /// [`SignError::Backend`].
    pub fn sign_bytes(&self, payload: &[u8]) -> Result<String, SignError> {
        let unsigned = self.prefix.len() + base64url::encoded_len(payload.len());
        let mut token = String::with_capacity(unsigned + SIGNATURE_ROOM);
        token.push_str(&self.prefix);
        base64url::encode_append(payload, &mut token);
        let signature = self.key.sign(token.as_bytes())?;
        token.push('.');
        base64url::encode_append(&signature, &mut token);
        Ok(token)
    }
}

/// Room for the dot and an RSA-2048 signature; a longer one makes the text grow.
const SIGNATURE_ROOM: usize = 1 + base64url::encoded_len(256);

/// Signs one payload; whoever signs more than one keeps a [`Signer`].
///
/// # Errors
/// [`SignError`], see its variants.
pub fn sign_compact<P: Serialize + ?Sized>(
    key: &SigningKey,
    typ: &str,
    payload: &P,
) -> Result<String, SignError> {
    Signer::new(key, typ).sign(payload)
}

impl From<JsonError> for SignError {
    fn from(error: JsonError) -> Self {
        Self::Payload(error)
    }
}
