//! Base64url without padding (RFC 7515 §2), canonical in both directions.
//!
//! One byte string has exactly one encoding here: padding, white space, the standard alphabet and
//! non-zero trailing bits are refused, so two different tokens never carry the same bytes.

use base64_simd::{AsOut as _, URL_SAFE_NO_PAD};

/// Not canonical base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64url without padding")]
#[non_exhaustive]
pub struct Base64UrlError;

/// Encodes without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Appends the encoding of `bytes` to `out`.
pub(crate) fn encode_append(bytes: &[u8], out: &mut String) {
    URL_SAFE_NO_PAD.encode_append(bytes, out);
}

/// Number of characters [`encode`] makes of `len` bytes.
pub(crate) const fn encoded_len(len: usize) -> usize {
    (len * 4).div_ceil(3)
}

/// Decodes the one canonical encoding.
///
/// # Errors
/// [`Base64UrlError`] on padding, a foreign character, an impossible length or trailing bits.
pub fn decode(text: &str) -> Result<Vec<u8>, Base64UrlError> {
    URL_SAFE_NO_PAD
        .decode_to_vec(text)
        .map_err(|_| Base64UrlError)
}

/// Decodes into `buffer`; the result is the part of it that was filled.
pub(crate) fn decode_into<'b>(
    text: &str,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], Base64UrlError> {
    // The library panics when the buffer is short, so the length is settled first.
    let len = URL_SAFE_NO_PAD
        .decoded_length(text.as_bytes())
        .map_err(|_| Base64UrlError)?;
    let target = buffer.get_mut(..len).ok_or(Base64UrlError)?;
    URL_SAFE_NO_PAD
        .decode(text.as_bytes(), target.as_out())
        .map(|filled| &*filled)
        .map_err(|_| Base64UrlError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_exact() {
        for len in 0..70 {
            assert_eq!(encode(&vec![7; len]).len(), encoded_len(len));
        }
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        assert_eq!(decode("").unwrap(), b"");
        assert_eq!(decode("AA").unwrap(), [0]);
        for refused in [
            "A", "AA==", "AB", "AAB", "A A", "AA\n", "+w", "/w", "A?A", "AAAAA", "ä",
        ] {
            assert_eq!(decode(refused), Err(Base64UrlError), "{refused:?}");
            let mut buffer = [0; 16];
            assert_eq!(
                decode_into(refused, &mut buffer),
                Err(Base64UrlError),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_buffer_that_is_too_small_is_an_error() {
        assert!(decode_into(&encode(&[1; 64]), &mut [0; 8]).is_err());
    }
}
