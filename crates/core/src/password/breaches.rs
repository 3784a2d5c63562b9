//! Whether a password is known from a breach. Looking that up needs the network, which is somebody
//! else's: the binary wires it.

use async_trait::async_trait;
use aws_lc_rs::digest;

use crate::secret::Password;

/// Knows passwords from breaches by their SHA-1, which is how they are published.
#[async_trait]
pub trait Breaches: Send + Sync {
    /// Whether a password with this digest is among them; none if that cannot be found out.
    async fn know(&self, sha1: [u8; 20]) -> Option<bool>;
}

/// Whether the password is known. Nobody is kept from a password because nothing answered; that is
/// counted.
pub(crate) async fn is_known(breaches: &dyn Breaches, password: &Password) -> bool {
    let digest = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        password.expose().as_bytes(),
    );
    let known = match <[u8; 20]>::try_from(digest.as_ref()) {
        Ok(sha1) => breaches.know(sha1).await,
        Err(_) => None,
    };
    let outcome = match known {
        Some(true) => "found",
        Some(false) => "clean",
        None => "failed",
    };
    metrics::counter!("symbolon_breach_checks_total", "outcome" => outcome).increment(1);
    known.unwrap_or(false)
}
