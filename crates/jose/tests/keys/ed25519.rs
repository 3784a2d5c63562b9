//! Ed25519 at its edges, where libraries differ (RFC 8032 §5.1.7, §8.4).

use serde_json::json;
use symbolon_jose::{Algorithm, Jwk, KeyError, SigningKey, VerifyingKey, base64url};

/// The order of the base point, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn key(x: &[u8]) -> Result<VerifyingKey, KeyError> {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(x)});
    VerifyingKey::from_jwk(&Jwk::from_value(&key)?)
}

fn little(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// With a key of order 1 this signature would fit every message.
#[test]
fn a_signature_of_small_order_is_none() {
    let signing = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let identity = [little(1, 0, 0), [0; 32]].concat();
    let key = signing.verifying_key();
    assert!(!key.verify(Algorithm::EdDSA, b"message", &identity));
}

#[test]
fn a_signature_has_one_form() {
    let signing = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let key = signing.verifying_key();
    let signature = signing.sign(b"message").unwrap();
    assert!(key.verify(Algorithm::EdDSA, b"message", &signature));
    let mut carry = 0;
    let mut larger = signature.clone();
    for (byte, order) in larger[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert!(!key.verify(Algorithm::EdDSA, b"message", &larger));
    assert!(!key.verify(Algorithm::EdDSA, b"message", &signature[..63]));
    let longer = [signature.as_slice(), &[0]].concat();
    assert!(!key.verify(Algorithm::EdDSA, b"message", &longer));
}

/// About half of all numbers are no `y` of the curve: neither backend may fail otherwise.
#[test]
fn a_point_off_the_curve_verifies_nothing() {
    let signature = SigningKey::generate(Algorithm::EdDSA)
        .unwrap()
        .sign(b"message")
        .unwrap();
    for first in 2..66 {
        let key = key(&little(first, 7, 7)).unwrap();
        assert!(!key.verify(Algorithm::EdDSA, b"message", &signature));
    }
}
