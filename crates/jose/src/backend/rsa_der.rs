//! The numbers of an `RSAPublicKey` (RFC 8017 appendix A.1.1) in DER, as the library writes it.

/// Modulus and exponent, without leading zeros.
pub(super) fn public_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, end) = element(0x30, der)?;
    let (n, rest) = element(0x02, sequence)?;
    let (e, rest) = element(0x02, rest)?;
    (end.is_empty() && rest.is_empty()).then(|| (without_sign(n), without_sign(e)))
}

/// The content of the element with this tag that starts `der`, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, der) = der.split_first()?;
    let (len, der) = length(der)?;
    if *found == tag {
        der.split_at_checked(len)
    } else {
        None
    }
}

/// X.690 §8.1.3: short form below 128, else the number of length bytes first.
fn length(der: &[u8]) -> Option<(usize, &[u8])> {
    let (first, der) = der.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), der));
    }
    let (bytes, der) = der.split_at_checked(usize::from(*first & 0x7f))?;
    let len = bytes.iter().try_fold(0_u32, |len, byte| {
        Some(len.checked_mul(256)?.saturating_add(u32::from(*byte)))
    })?;
    Some((usize::try_from(len).ok()?, der))
}

/// A positive INTEGER has a zero byte in front if its top bit is set.
fn without_sign(integer: &[u8]) -> Vec<u8> {
    integer.strip_prefix(&[0]).unwrap_or(integer).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_length_forms_are_read() {
        let short = [0x30, 0x07, 0x02, 0x02, 0x00, 0x81, 0x02, 0x01, 0x03];
        assert_eq!(public_numbers(&short), Some((vec![0x81], vec![3])));
        let long = [
            &[0x30, 0x81, 0x86, 0x02, 0x81, 0x80][..],
            &[7; 128],
            &[0x02, 0x01, 0x03],
        ];
        assert_eq!(
            public_numbers(&long.concat()),
            Some((vec![7; 128], vec![3]))
        );
    }

    #[test]
    fn anything_else_is_none() {
        let short = [0x30, 0x07, 0x02, 0x02, 0x00, 0x81, 0x02, 0x01, 0x03];
        for len in 0..short.len() {
            assert_eq!(public_numbers(&short[..len]), None);
        }
        assert_eq!(public_numbers(&[&short[..], &[0]].concat()), None);
        assert_eq!(public_numbers(&[0x30, 0xff, 1, 2]), None);
    }
}
