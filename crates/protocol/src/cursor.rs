//! The opaque position in the revocation log that a reader hands back.

use std::{fmt, str::FromStr};

/// The random 16 bytes that every entry carries, so that a log which was rolled back and
/// continued differently is noticed although its numbers look right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark(pub [u8; 16]);

/// A position: the last entry that the reader has applied. Opaque on the wire
/// (base64url of 8 bytes `seq` big-endian and 16 bytes mark).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Sequence number of that entry; 0 before the first.
    pub seq: u64,
    /// Its mark; for `seq` 0 the mark of the empty log.
    pub mark: Mark,
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a revocation log cursor")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0_u8; 24];
        let (seq, mark) = bytes.split_at_mut(8);
        seq.copy_from_slice(&self.seq.to_be_bytes());
        mark.copy_from_slice(&self.mark.0);
        f.write_str(&base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = base64_simd::URL_SAFE_NO_PAD
            .decode_to_vec(text)
            .map_err(|_| CursorError)?;
        let (seq, mark) = bytes.split_first_chunk::<8>().ok_or(CursorError)?;
        let mark = <[u8; 16]>::try_from(mark).map_err(|_| CursorError)?;
        Ok(Self {
            seq: u64::from_be_bytes(*seq),
            mark: Mark(mark),
        })
    }
}

impl serde::Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_round_trips() {
        let cursor = Cursor {
            seq: 7,
            mark: Mark([9; 16]),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        let json = serde_json::to_string(&cursor).unwrap();
        assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", "AAAA", "!", &"A".repeat(33), &"A".repeat(31)] {
            assert_eq!(bad.parse::<Cursor>(), Err(CursorError), "{bad:?}");
        }
    }
}
