//! Who reads the revocation log.

use crate::{issuer::Issuer, readers::ListedReader};

/// Which token keys a verifier holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldKeys {
    /// Those that are published now.
    Current,
    /// Others.
    Other,
    /// It does not tell.
    Untold,
}

impl HeldKeys {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Other => "other",
            Self::Untold => "untold",
        }
    }
}

/// A verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    /// How far it is.
    pub reader: ListedReader,
    /// Which keys it holds.
    pub keys: HeldKeys,
}

impl Issuer {
    /// Every verifier that polled within the last minutes, in order. Reads nothing but memory.
    #[must_use]
    pub fn verifiers(&self) -> Vec<Verifier> {
        let published = self.keys.ring().token_keys().hash;
        let readers = self.readers.list(self.tail.head().seq);
        let keys = |reader: &ListedReader| match reader.jwks {
            None => HeldKeys::Untold,
            Some(held) if held == published => HeldKeys::Current,
            Some(_) => HeldKeys::Other,
        };
        let verifier = |reader| Verifier {
            keys: keys(&reader),
            reader,
        };
        readers.into_iter().map(verifier).collect()
    }
}
