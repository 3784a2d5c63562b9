//! What Ed25519 leaves open (RFC 8032 §5.1.7, §8.4) and libraries answer differently, answered
//! here for every backend, in the strictest way: points have one encoding and not a small order,
//! and a signature's second half is below the group's order.
//!
//! With a key of small order one signature fits many messages; with an `s` that is not reduced,
//! or a point with two encodings, one message has many signatures.
//!
//! Both libraries verify without multiplying by the cofactor, so what is left after these checks
//! is one equation. All of this is public data: nothing here needs constant time.

/// The `y` of the eight points whose order divides 8, little-endian, without the sign bit.
const SMALL_ORDER: [[u8; 32]; 5] = [
    little(0, 0, 0),
    little(1, 0, 0),
    little(0xec, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// The field's prime, 2^255 − 19.
const PRIME: [u8; 32] = little(0xed, 0xff, 0x7f);

/// The order of the base point (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A number of 32 little-endian bytes of which the thirty in the middle are equal.
const fn little(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    let [lowest, .., highest] = &mut bytes;
    *lowest = first;
    *highest = last;
    bytes
}

/// Whether these bytes are a point's one encoding and the point's order is not small. Says
/// nothing about whether such a point is on the curve.
pub(crate) fn is_strict_point(bytes: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(bytes) else {
        return false;
    };
    let [.., last] = &mut y;
    *last &= 0x7f;
    is_below(&y, &PRIME) && !SMALL_ORDER.contains(&y)
}

/// Whether a signature has 64 bytes, an `R` that [`is_strict_point`] and an `s` below the order.
pub(crate) fn is_strict_signature(signature: &[u8]) -> bool {
    match signature.split_at_checked(32) {
        Some((r, s)) => s.len() == 32 && is_strict_point(r) && is_below(s, &ORDER),
        None => false,
    }
}

/// Little-endian comparison.
fn is_below(number: &[u8], limit: &[u8]) -> bool {
    number.iter().rev().lt(limit.iter().rev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_one_encoding_and_no_small_order() {
        for y in SMALL_ORDER {
            let mut negative = y;
            negative[31] |= 0x80;
            assert!(!is_strict_point(&y) && !is_strict_point(&negative));
        }
        // p and p + 1 are second encodings of 0 and 1, 2^255 - 1 of 18.
        for y in [PRIME, little(0xee, 0xff, 0x7f), little(0xff, 0xff, 0x7f)] {
            assert!(!is_strict_point(&y));
        }
        let mut base = [0x66; 32];
        base[0] = 0x58;
        assert!(is_strict_point(&base));
        assert!(!is_strict_point(&base[..31]) && !is_strict_point(&[]));
    }

    #[test]
    fn the_second_half_of_a_signature_is_reduced() {
        let mut base = [0x66; 32];
        base[0] = 0x58;
        let signature = |s: [u8; 32]| [base, s].concat();
        let mut below = ORDER;
        below[0] -= 1;
        assert!(is_strict_signature(&signature(below)));
        assert!(is_strict_signature(&signature([0; 32])));
        assert!(!is_strict_signature(&signature(ORDER)));
        assert!(!is_strict_signature(&signature([0xff; 32])));
        assert!(!is_strict_signature(&signature(below)[..63]));
        assert!(!is_strict_signature(&[signature(below), vec![0]].concat()));
        assert!(!is_strict_signature(&[SMALL_ORDER[3], below].concat()));
    }
}
