//! Keys that were parsed once: [`VerifyingKey`], [`KeySet`], [`SigningKey`].
//!
//! The one thing that must not be broken: which algorithms a key may be used with is settled when
//! the key is built, from the key, never from a token.

mod set;
mod signing;
mod verifying;

pub use set::KeySet;
pub(crate) use set::Lookup;
pub use signing::{RsaSize, SigningKey};
pub use verifying::VerifyingKey;

use crate::error::KeyError;

/// RFC 7518 §3.3: a modulus of 2048 bits or more (8192 at most, so that one verification stays
/// cheap) that is odd, and a public exponent of 65537 or more that is odd and fits 32 bits.
fn check_rsa_strength(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    let top = n.first().map_or(8, |byte| byte.leading_zeros() as usize);
    let bits = (n.len() * 8).saturating_sub(top);
    if e.len() > 4 || bits > 8192 {
        return Err(KeyError::Invalid);
    }
    let exponent = e
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    if bits < 2048 || exponent < 65_537 {
        return Err(KeyError::TooWeak);
    }
    if exponent % 2 == 0 || n.last().is_none_or(|byte| byte % 2 == 0) {
        Err(KeyError::Invalid)
    } else {
        Ok(())
    }
}
