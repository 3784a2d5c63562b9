//! The compact serialization's shape (RFC 7515 §7.1).

use crate::{base64url, error::TokenError};

/// A token cut at its dots; nothing is decoded yet.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'t> {
    /// Header and payload with the dot between them: what is signed.
    pub(crate) signing_input: &'t str,
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    pub(crate) signature: &'t str,
}

impl<'t> Parts<'t> {
    /// Cuts a token of at most `limit` bytes into its three parts.
    pub(crate) fn split(token: &'t str, limit: usize) -> Result<Self, TokenError> {
        if token.len() > limit {
            return Err(TokenError::TooLarge {
                bytes: token.len(),
                limit,
            });
        }
        let cut = two_dots(token).and_then(|(first, second)| {
            Some(Self {
                signing_input: token.get(..second)?,
                header: token.get(..first)?,
                payload: token.get(first + 1..second)?,
                signature: token.get(second + 1..)?,
            })
        });
        cut.ok_or_else(|| wrong_shape(token))
    }

    /// The payload's bytes.
    pub(crate) fn payload_bytes(&self) -> Result<Vec<u8>, TokenError> {
        base64url::decode(self.payload).map_err(|_| TokenError::Malformed)
    }
}

/// Where the dots are, if there are two and the first has something before it.
fn two_dots(token: &str) -> Option<(usize, usize)> {
    let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
    let (first, second) = (dots.next()?, dots.next()?);
    (first != 0 && dots.next().is_none()).then_some((first, second))
}

/// Names the other serializations, so that the refusal can be acted upon.
fn wrong_shape(token: &str) -> TokenError {
    if token.trim_start().starts_with('{') {
        TokenError::JsonSerializationNotSupported
    } else if token.split('.').count() == 5 {
        TokenError::JweNotSupported
    } else {
        TokenError::Malformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_are_a_token() {
        let parts = Parts::split("a.b.c", 5).unwrap();
        assert_eq!(
            (parts.header, parts.payload, parts.signature),
            ("a", "b", "c")
        );
        assert_eq!(parts.signing_input, "a.b");
    }

    #[test]
    fn other_shapes_have_their_own_refusal() {
        let refusal = |token| Parts::split(token, 20).err().unwrap();
        assert_eq!(refusal("a.b.c.d.e"), TokenError::JweNotSupported);
        assert_eq!(
            refusal(" {\"payload\":\"\"}"),
            TokenError::JsonSerializationNotSupported
        );
        for token in ["", ".", "..", ".b.c", "a", "a.b", "a.b.c.d", "a.b.c.d.e.f"] {
            assert_eq!(refusal(token), TokenError::Malformed, "{token:?}");
        }
        let long = "a.b.cccccccccccccccccccc";
        assert_eq!(
            refusal(long),
            TokenError::TooLarge {
                bytes: 24,
                limit: 20
            }
        );
    }
}
