//! The master key: what seals private keys and server secrets at rest. Never in the store.
//!
//! A sealed value is `version (1) ‖ key tag (4) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`. The
//! additional data is what the value is for, so that one sealed value never passes for another.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use symbolon_jose::digest::sha256;
use zeroize::Zeroizing;

use crate::{
    entropy::{Entropy, EntropyExt},
    error::Error,
    keys::{key_purpose, secret_purpose},
    secret::Sealed,
};

const VERSION: u8 = 1;
const TAG_LEN: usize = 4;
const HEADER_LEN: usize = 1 + TAG_LEN + NONCE_LEN;

/// What a value at rest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedFor {
    /// The private part of the signing key of this `kid`.
    SigningKey(String),
    /// The server secret of this number.
    ServerSecret(u32),
}

/// The list of master keys: the first seals, all open.
pub struct MasterKeys {
    keys: Vec<MasterKey>,
}

struct MasterKey {
    tag: [u8; TAG_LEN],
    aead: LessSafeKey,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKeys([redacted]; {})", self.keys.len())
    }
}

impl MasterKeys {
    /// From 32-byte keys, the sealing one first.
    ///
    /// # Errors
    /// When the list is empty.
    pub fn new(keys: &[Zeroizing<[u8; 32]>]) -> Result<Self, Error> {
        if keys.is_empty() {
            return Err(Error::internal("no master key"));
        }
        let keys = keys
            .iter()
            .map(|key| {
                let unbound = UnboundKey::new(&AES_256_GCM, key.as_slice())
                    .map_err(|_| Error::internal("a master key has 32 bytes"))?;
                // Tells keys apart, and nothing of the key: a hash of its hash, cut off.
                let digest = sha256(&sha256(key.as_slice()));
                let mut tag = [0; TAG_LEN];
                tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
                Ok(MasterKey {
                    tag,
                    aead: LessSafeKey::new(unbound),
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { keys })
    }

    /// Seals `plain` for `purpose`.
    ///
    /// # Errors
    /// When the cipher fails, which it does for absurd lengths only.
    pub fn seal(
        &self,
        purpose: &str,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Sealed, Error> {
        let first = self
            .keys
            .first()
            .ok_or_else(|| Error::internal("no master key"))?;
        let nonce: [u8; NONCE_LEN] = entropy.bytes();
        let mut body = plain.to_vec();
        first
            .aead
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut body,
            )
            .map_err(|_| Error::internal("sealing failed"))?;
        let mut sealed = Vec::with_capacity(HEADER_LEN + body.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&first.tag);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(Sealed(sealed))
    }

    /// Whether a value at rest opens.
    ///
    /// # Errors
    /// As [`Self::open`] has them.
    pub fn check(&self, what: &SealedFor, sealed: &Sealed) -> Result<(), Error> {
        let purpose = match what {
            SealedFor::SigningKey(kid) => key_purpose(kid),
            SealedFor::ServerSecret(id) => secret_purpose(*id),
        };
        self.open(&purpose, sealed).map(drop)
    }

    /// Opens what was sealed for `purpose`.
    ///
    /// # Errors
    /// When no master key fits, the value was altered, or it was sealed for something else.
    pub fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let wrong = |what: &str| Error::Sealed(format!("sealed {purpose}: {what}"));
        let (version, rest) = sealed.0.split_first().ok_or_else(|| wrong("empty"))?;
        if *version != VERSION {
            return Err(wrong("made by a newer release"));
        }
        let (tag, rest) = rest
            .split_first_chunk::<TAG_LEN>()
            .ok_or_else(|| wrong("too short"))?;
        let (nonce, body) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or_else(|| wrong("too short"))?;
        let key = self
            .keys
            .iter()
            .find(|key| key.tag == *tag)
            .ok_or_else(|| wrong("its master key is not among those given"))?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let plain = key
            .aead
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(purpose.as_bytes()),
                &mut buffer,
            )
            .map_err(|_| wrong("altered, or sealed for something else"))?
            .len();
        buffer.truncate(plain);
        Ok(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn keys(bytes: &[u8]) -> MasterKeys {
        let keys: Vec<_> = bytes
            .iter()
            .map(|byte| Zeroizing::new([*byte; 32]))
            .collect();
        MasterKeys::new(&keys).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_any_of_the_keys_for_its_purpose() {
        let sealed = keys(&[1]).seal("a", b"secret", &Fixed(9)).unwrap();
        assert_eq!(*keys(&[2, 1]).open("a", &sealed).unwrap(), b"secret");
        assert!(keys(&[1]).open("b", &sealed).is_err());
        assert!(keys(&[2]).open("a", &sealed).is_err());
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let keys = keys(&[1]);
        let sealed = keys.seal("a", b"secret", &Fixed(9)).unwrap();
        for bit in 0..sealed.0.len() * 8 {
            let mut bent = sealed.clone();
            bent.0[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.open("a", &bent).is_err(), "bit {bit}");
        }
        for len in 0..sealed.0.len() {
            assert!(
                keys.open("a", &Sealed(sealed.0[..len].to_vec())).is_err(),
                "length {len}"
            );
        }
    }

    #[test]
    fn no_key_is_an_error() {
        assert!(MasterKeys::new(&[]).is_err());
    }
}
