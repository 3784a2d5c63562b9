//! The refresh token's form: `srt1.<secret id>.<grant id>.<generation>.<MAC>`.
//!
//! The MAC is HMAC-SHA-256 under HKDF(server secret, the grant's seed), over every preceding byte
//! and the client id. Forging one needs the store *and* the server secret; deriving one is
//! deterministic, so a lost answer can be given again byte for byte.

use std::fmt;

use aws_lc_rs::{
    hkdf,
    hmac::{self, HMAC_SHA256},
};
use symbolon_protocol::{ClientId, GrantId};
use zeroize::Zeroizing;

use crate::{error::Error, model::Grant};

const PREFIX: &str = "srt1";
const MAC_LEN: usize = 32;
/// Longest text that can be a refresh token: prefix, 10 digits, a UUID, 20 digits, 43 characters.
const MAX_LEN: usize = 4 + 1 + 10 + 1 + 36 + 1 + 20 + 1 + 43;

/// A server secret in the clear.
pub type ServerSecretKey = Zeroizing<[u8; 32]>;

/// A refresh token as it was presented: well-formed, and nothing more until its MAC is checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// Which server secret made it.
    pub secret_id: u32,
    /// Of which grant it says to be.
    pub grant: GrantId,
    /// Its number.
    pub generation: u64,
    mac: [u8; MAC_LEN],
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("grant", &self.grant)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl Presented {
    /// Reads a token. One token has one spelling: no leading zeros, canonical base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LEN {
            return None;
        }
        let mut parts = text.split('.');
        if parts.next()? != PREFIX {
            return None;
        }
        let secret_id = canonical_number(parts.next()?)?;
        let grant = parts.next()?.parse().ok()?;
        let generation = canonical_number(parts.next()?)?;
        let mac = parts.next()?;
        if parts.next().is_some() || mac.len() != 43 {
            return None;
        }
        let mac = symbolon_jose::base64url::decode(mac)
            .ok()?
            .try_into()
            .ok()?;
        Some(Self {
            secret_id,
            grant,
            generation,
            mac,
        })
    }

    /// Whether this token was made here for this grant. Constant time.
    ///
    /// # Errors
    /// When the key cannot be derived.
    pub fn is_genuine(&self, grant: &Grant, secret: &ServerSecretKey) -> Result<bool, Error> {
        let body = body(self.secret_id, self.grant, self.generation);
        let key = mac_key(secret, &grant.seed)?;
        Ok(self.grant == grant.id
            && hmac::verify(&key, &mac_input(&body, &grant.client), &self.mac).is_ok())
    }
}

/// Makes the refresh token of a grant's current generation.
///
/// # Errors
/// When the key cannot be derived.
pub fn derive(
    grant: GrantId,
    client: &ClientId,
    seed: &[u8; 32],
    generation: u64,
    secret_id: u32,
    secret: &ServerSecretKey,
) -> Result<String, Error> {
    let mut text = body(secret_id, grant, generation);
    let key = mac_key(secret, seed)?;
    let mac = hmac::sign(&key, &mac_input(&text, client));
    text.push_str(&symbolon_jose::base64url::encode(mac.as_ref()));
    Ok(text)
}

/// Everything before the MAC, the last dot included.
fn body(secret_id: u32, grant: GrantId, generation: u64) -> String {
    format!("{PREFIX}.{secret_id}.{grant}.{generation}.")
}

/// The body has exactly four dots and ends in one, so body and client id cannot be cut differently.
fn mac_input(body: &str, client: &ClientId) -> Vec<u8> {
    let mut input = Vec::with_capacity(body.len() + client.as_str().len());
    input.extend_from_slice(body.as_bytes());
    input.extend_from_slice(client.as_str().as_bytes());
    input
}

fn mac_key(secret: &ServerSecretKey, seed: &[u8; 32]) -> Result<hmac::Key, Error> {
    struct Len;
    impl hkdf::KeyType for Len {
        fn len(&self) -> usize {
            MAC_LEN
        }
    }
    let mut key = Zeroizing::new([0_u8; MAC_LEN]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, seed)
        .extract(secret.as_slice())
        .expand(&[b"symbolon refresh token v1"], Len)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .map_err(|_| Error::internal("HKDF failed"))?;
    Ok(hmac::Key::new(HMAC_SHA256, key.as_slice()))
}

fn canonical_number<N: std::str::FromStr + ToString>(text: &str) -> Option<N> {
    let number: N = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use symbolon_protocol::Timestamp;

    use super::*;
    use crate::model::GrantState;

    fn grant() -> Grant {
        Grant {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            account: None,
            client: "first-party".parse().unwrap(),
            resource: "orders".into(),
            scopes: vec![],
            session: None,
            parent: None,
            offline: false,
            version: 1,
            generation: 7,
            seed: [5; 32],
            secret_id: 1,
            rotated_at: None,
            created_at: Timestamp::from_millis(0),
            idle_secs: 1,
            expires_at: Timestamp::from_millis(1),
            state: GrantState::Active,
        }
    }

    fn token(grant: &Grant, secret: u8) -> String {
        let secret = Zeroizing::new([secret; 32]);
        derive(
            grant.id,
            &grant.client,
            &grant.seed,
            grant.generation,
            grant.secret_id,
            &secret,
        )
        .unwrap()
    }

    fn genuine(text: &str, grant: &Grant, secret: u8) -> bool {
        Presented::parse(text).is_some_and(|token| {
            token
                .is_genuine(grant, &Zeroizing::new([secret; 32]))
                .unwrap()
        })
    }

    #[test]
    fn a_token_is_genuine_for_its_grant_client_seed_and_secret_only() {
        let grant = grant();
        let text = token(&grant, 1);
        assert_eq!(text, token(&grant, 1), "derived again, byte for byte");
        assert!(genuine(&text, &grant, 1));
        assert!(!genuine(&text, &grant, 2));
        assert!(!genuine(
            &text,
            &Grant {
                seed: [6; 32],
                ..grant.clone()
            },
            1
        ));
        assert!(!genuine(
            &text,
            &Grant {
                client: "other".parse().unwrap(),
                ..grant.clone()
            },
            1
        ));
        let other: GrantId = "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap();
        assert!(!genuine(&text, &Grant { id: other, ..grant }, 1));
    }

    #[test]
    fn no_other_text_is_genuine() {
        let grant = grant();
        let text = token(&grant, 1);
        for position in 0..text.len() {
            for replacement in [b'A', b'0', b'.', b'~'] {
                let mut bent = text.clone().into_bytes();
                if bent[position] == replacement {
                    continue;
                }
                bent[position] = replacement;
                let bent = String::from_utf8(bent).unwrap();
                assert!(!genuine(&bent, &grant, 1), "{bent}");
            }
        }
        for bad in [
            "",
            "srt1",
            "srt1....",
            &format!("{text}."),
            &format!(" {text}"),
        ] {
            assert!(Presented::parse(bad).is_none(), "{bad}");
        }
        assert!(Presented::parse(&text.replacen(".1.", ".01.", 1)).is_none());
        assert!(Presented::parse(&text.replacen(".1.", ".+1.", 1)).is_none());
    }

    #[test]
    fn debug_shows_no_mac() {
        let text = token(&grant(), 1);
        let shown = format!("{:?}", Presented::parse(&text).unwrap());
        assert!(!shown.contains("mac"), "{shown}");
    }
}
