//! Nonces without memory (RFC 9449 §8, §9): the number of a period and its MAC.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use symbolon_jose::base64url;

use super::{DpopError, NonceSettings, random};

const SECRET_BYTES: usize = 32;
const NUMBER_BYTES: usize = 8;

/// Makes nonces and knows its own.
pub(super) struct Nonces {
    key: Key,
    period: i64,
}

impl Nonces {
    pub(super) fn new(settings: &NonceSettings) -> Result<Self, DpopError> {
        let key = match &settings.secret {
            Some(secret) if secret.len() < SECRET_BYTES => return Err(DpopError::SecretTooShort),
            Some(secret) => Key::new(HMAC_SHA256, secret),
            None => Key::new(HMAC_SHA256, &random()?),
        };
        Ok(Self {
            key,
            period: i64::from(settings.period_secs.max(1)),
        })
    }

    /// The nonce of the period that `now` lies in.
    pub(super) fn issue(&self, now: i64) -> String {
        let number = now.div_euclid(self.period).to_be_bytes();
        let mac = sign(&self.key, &number);
        base64url::encode(&[number.as_slice(), mac.as_ref()].concat())
    }

    /// Whether it was made here, in this period or in the one before; one period ahead passes too,
    /// from a node whose clock is a little fast.
    pub(super) fn is_ours(&self, nonce: &str, now: i64) -> bool {
        let Ok(bytes) = base64url::decode(nonce) else {
            return false;
        };
        let Some((number, mac)) = bytes.split_first_chunk::<NUMBER_BYTES>() else {
            return false;
        };
        let period = i64::from_be_bytes(*number);
        let current = now.div_euclid(self.period);
        period.abs_diff(current) <= 1 && verify(&self.key, number, mac).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces(secret: Option<&[u8]>) -> Result<Nonces, DpopError> {
        Nonces::new(&NonceSettings {
            secret: secret.map(<[u8]>::to_vec),
            period_secs: 60,
        })
    }

    #[test]
    fn a_nonce_is_good_for_its_period_and_the_next() {
        let ours = nonces(None).unwrap();
        let nonce = ours.issue(600);
        for (now, good) in [(600, true), (659, true), (719, true), (720, false)] {
            assert_eq!(ours.is_ours(&nonce, now), good, "{now}");
        }
        assert!(ours.is_ours(&nonce, 540), "a node with a slower clock");
        assert!(!ours.is_ours(&nonce, 539));
        assert_ne!(ours.issue(600), ours.issue(660));
    }

    #[test]
    fn nodes_with_one_secret_know_each_others_and_strangers_do_not() {
        let [one, two] = [(); 2].map(|()| nonces(Some(&[7; 32])).unwrap());
        let stranger = nonces(None).unwrap();
        assert!(two.is_ours(&one.issue(9), 9));
        assert!(!stranger.is_ours(&one.issue(9), 9));
        assert_eq!(
            nonces(Some(&[7; 31])).err(),
            Some(DpopError::SecretTooShort)
        );
    }

    #[test]
    fn nothing_else_is_a_nonce() {
        let ours = nonces(None).unwrap();
        let nonce = ours.issue(0);
        for position in 0..nonce.len() {
            let mut bent = nonce.clone().into_bytes();
            bent[position] = if bent[position] == b'A' { b'B' } else { b'A' };
            assert!(!ours.is_ours(&String::from_utf8(bent).unwrap(), 0));
        }
        for bad in ["", "A", "AAAA", &nonce[..20], &format!("{nonce}A")] {
            assert!(!ours.is_ours(bad, 0), "{bad}");
        }
    }
}
