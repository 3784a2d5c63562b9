//! One proof (RFC 9449 §4.2, §4.3).

use serde::Deserialize;
use symbolon_jose::{RegisteredClaims, base64url, digest::sha256, verify_possession};
use symbolon_protocol::RejectReason;

use super::Checker;

/// Longer `jti`s are refused, in bytes; a UUID has 36.
const MAX_JTI_BYTES: usize = 256;

/// A proof that is right in itself. Whether it is new is asked last, see [`Checker::spend`].
#[derive(Debug)]
pub(crate) struct Proof {
    /// RFC 7638 thumbprint of the key that signed it.
    pub(crate) thumbprint: String,
    pub(super) fingerprint: u128,
    pub(super) issued_at: i64,
}

/// What a proof must have been made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) token: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    ath: Option<String>,
    nonce: Option<String>,
}

impl Checker {
    /// RFC 9449 §4.3, checks 2 to 11 and the token's hash; that it is one proof (check 1) and that
    /// the token is bound to its key (§7.1) is the caller's to see.
    pub(crate) fn check(
        &self,
        proof: &str,
        purpose: Purpose<'_>,
        now: i64,
    ) -> Result<Proof, RejectReason> {
        let possession =
            verify_possession(proof, &self.rules).map_err(|_| RejectReason::DpopProofInvalid)?;
        let thumbprint = possession.thumbprint().to_owned();
        let registered = RegisteredClaims::read(possession.into_payload())
            .map_err(|_| RejectReason::DpopProofInvalid)?;
        let claims: Claims = serde_json::from_str(registered.as_json())
            .map_err(|_| RejectReason::DpopProofInvalid)?;
        let issued_at = registered
            .issued_at()
            .ok_or(RejectReason::DpopProofInvalid)?;
        check_jti(&claims.jti)?;
        self.check_purpose(&claims, purpose)?;
        self.check_nonce(claims.nonce.as_deref(), now)?;
        self.check_age(issued_at, now)?;
        Ok(Proof {
            fingerprint: self.replay.fingerprint(&thumbprint, &claims.jti),
            thumbprint,
            issued_at,
        })
    }

    /// Checks 8 and 9, and §7.1: `ath` is the hash of this very token.
    fn check_purpose(&self, claims: &Claims, purpose: Purpose<'_>) -> Result<(), RejectReason> {
        let hash = base64url::encode(&sha256(purpose.token.as_bytes()));
        let right = claims.htm == purpose.method
            && self.public_url.names(&claims.htu, purpose.path)
            && claims.ath.as_deref() == Some(&*hash);
        if right {
            Ok(())
        } else {
            Err(RejectReason::DpopProofMismatch)
        }
    }

    /// Check 10.
    fn check_nonce(&self, nonce: Option<&str>, now: i64) -> Result<(), RejectReason> {
        let Some(nonces) = &self.nonces else {
            return Ok(());
        };
        if nonce.is_some_and(|nonce| nonces.is_ours(nonce, now)) {
            Ok(())
        } else {
            Err(RejectReason::DpopNonceRequired)
        }
    }

    /// Check 11.
    fn check_age(&self, issued_at: i64, now: i64) -> Result<(), RejectReason> {
        let window = now.saturating_sub(self.max_age)..=now.saturating_add(self.max_future);
        if window.contains(&issued_at) {
            Ok(())
        } else {
            Err(RejectReason::DpopProofStale)
        }
    }
}

/// RFC 9449 §4.2: there is one, and it names the proof; what is too long to be an id is none.
fn check_jti(jti: &str) -> Result<(), RejectReason> {
    if (1..=MAX_JTI_BYTES).contains(&jti.len()) {
        Ok(())
    } else {
        Err(RejectReason::DpopProofInvalid)
    }
}
