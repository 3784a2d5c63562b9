//! Keys for what lies in shared memory, derived from a server secret, which every node has and nobody
//! else: names that tell nothing, and copies that only we can read or make.
//!
//! A copy is `version (1) ‖ secret id (4) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`. Its key is its
//! cookie's own, so that no copy passes for another's; the log's epoch is authenticated with it, so
//! that a store that was brought back does not meet copies of the time before.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{self, HKDF_SHA256},
    hmac::{self, HMAC_SHA256},
};
use zeroize::Zeroizing;

use crate::{
    entropy::{Entropy, EntropyExt},
    error::Error,
    refresh_token::ServerSecretKey,
    secret::CookieHash,
};

const VERSION: u8 = 1;
const ID_LEN: usize = 4;
const TAG_LEN: usize = 16;
const KEY_LEN: usize = 32;
/// Bytes of a name: nobody finds two things of one name.
const NAME_LEN: usize = 16;

/// The keys that come from one server secret.
pub(super) struct Keys {
    /// Which secret.
    pub(super) id: u32,
    names: hmac::Key,
    copies: hmac::Key,
}

impl Keys {
    pub(super) fn derive(id: u32, secret: &ServerSecretKey, issuer: &str) -> Result<Self, Error> {
        let pseudorandom =
            hkdf::Salt::new(HKDF_SHA256, b"symbolon shared memory v1").extract(secret.as_slice());
        let key = |purpose: &[u8]| {
            let mut key = Zeroizing::new([0_u8; KEY_LEN]);
            pseudorandom
                .expand(&[purpose, issuer.as_bytes()], HKDF_SHA256)
                .and_then(|okm| okm.fill(key.as_mut_slice()))
                .map_err(|_| Error::internal("HKDF failed"))?;
            Ok::<_, Error>(hmac::Key::new(HMAC_SHA256, key.as_slice()))
        };
        Ok(Self {
            id,
            names: key(b"names\0")?,
            copies: key(b"copies\0")?,
        })
    }

    /// The name of something of a kind.
    pub(super) fn name(&self, kind: &str, what: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.names);
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(what);
        let tag = context.sign();
        let cut = tag.as_ref().get(..NAME_LEN).unwrap_or_default();
        symbolon_jose::base64url::encode(cut)
    }

    fn aead(&self, cookie: &CookieHash) -> Option<LessSafeKey> {
        let key = hmac::sign(&self.copies, &cookie.0);
        let unbound = UnboundKey::new(&AES_256_GCM, key.as_ref()).ok()?;
        Some(LessSafeKey::new(unbound))
    }

    /// Seals the copy of the session of this cookie.
    pub(super) fn seal(
        &self,
        cookie: &CookieHash,
        epoch: &str,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = entropy.bytes();
        let mut sealed = Vec::with_capacity(1 + ID_LEN + NONCE_LEN + plain.len() + TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.aead(cookie)?
            .seal_in_place_append_tag(nonce, Aad::from(epoch.as_bytes()), &mut body)
            .ok()?;
        sealed.append(&mut body);
        Some(sealed)
    }

    /// Opens it; `None` for what was not sealed so, whatever is wrong with it.
    pub(super) fn open(
        &self,
        cookie: &CookieHash,
        epoch: &str,
        mut sealed: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first_mut()?;
        let (id, rest) = rest.split_first_chunk_mut::<ID_LEN>()?;
        let (nonce, body) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        if *version != VERSION || u32::from_be_bytes(*id) != self.id {
            return None;
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self
            .aead(cookie)?
            .open_in_place(nonce, Aad::from(epoch.as_bytes()), body)
            .ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(9);
        }
    }

    fn keys(secret: u8, issuer: &str) -> Keys {
        Keys::derive(1, &Zeroizing::new([secret; 32]), issuer).unwrap()
    }

    #[test]
    fn a_copy_opens_for_its_cookie_issuer_epoch_and_secret_only() {
        let cookie = CookieHash([1; 32]);
        let ours = keys(1, "https://a.example");
        let sealed = ours.seal(&cookie, "e1", b"copy", &Fixed).unwrap();
        let open = |keys: &Keys, cookie: &CookieHash, epoch| {
            keys.open(cookie, epoch, sealed.clone()).is_some()
        };
        assert!(open(&ours, &cookie, "e1"));
        assert!(!open(&ours, &CookieHash([2; 32]), "e1"));
        assert!(!open(&ours, &cookie, "e2"));
        assert!(!open(&keys(2, "https://a.example"), &cookie, "e1"));
        assert!(!open(&keys(1, "https://b.example"), &cookie, "e1"));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_nothing() {
        let cookie = CookieHash([1; 32]);
        let keys = keys(1, "https://a.example");
        let sealed = keys.seal(&cookie, "e1", b"copy", &Fixed).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut bent = sealed.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.open(&cookie, "e1", bent).is_none(), "bit {bit}");
        }
        for len in 0..sealed.len() {
            let cut = sealed[..len].to_vec();
            assert!(keys.open(&cookie, "e1", cut).is_none(), "length {len}");
        }
    }

    #[test]
    fn names_differ_by_kind_and_secret_and_tell_nothing() {
        let ours = keys(1, "https://a.example");
        let name = ours.name("account", b"ada@example.com");
        assert_eq!(name.len(), 22);
        assert_ne!(name, ours.name("address", b"ada@example.com"));
        let others = keys(2, "https://a.example");
        assert_ne!(name, others.name("account", b"ada@example.com"));
    }
}
