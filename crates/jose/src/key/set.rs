//! A set of verifying keys, found by `kid`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock},
};

use super::VerifyingKey;
use crate::{
    error::KeyError,
    header::Header,
    jwk::{Jwk, JwkSet},
};

/// Verifying keys indexed by `kid`; a clone shares them.
///
/// The set remembers, per key, the encoded headers of tokens whose signature it has verified, so
/// that the next token with the same header need not be decoded and parsed again. Nothing about a
/// token's claims is remembered.
#[derive(Clone)]
pub struct KeySet(Arc<Inner>);

struct Inner {
    entries: BTreeMap<String, Entry>,
    /// The one key of a set built for it alone: it also serves tokens that name no key.
    single: Option<VerifyingKey>,
    known: [OnceLock<KnownHeader>; KNOWN_MAX],
}

enum Entry {
    Usable(VerifyingKey),
    /// The key is there but must not verify: wrong `use`, unfit `alg`, too weak.
    Forbidden,
}

/// A header that stood on a verified token.
pub(crate) struct KnownHeader {
    pub(crate) encoded: Box<str>,
    pub(crate) header: Header,
    pub(crate) key: VerifyingKey,
}

/// More distinct headers than this are not remembered; one issuer has a few per key.
const KNOWN_MAX: usize = 16;
/// Longer headers (in characters) are not remembered.
const KNOWN_LEN_MAX: usize = 512;

/// What the set says about a `kid`.
pub(crate) enum Lookup<'k> {
    Found(&'k VerifyingKey),
    IdMissing,
    Unknown,
    Forbidden,
}

impl KeySet {
    /// The usable keys of a published set. Keys without `kid` are left out: no token could name
    /// them.
    ///
    /// A key that must not verify (its `use`, `key_ops`, `alg` or strength) keeps its place, so
    /// that a token naming it is told so.
    ///
    /// # Errors
    /// [`KeyError::PrivateMember`] and [`KeyError::DuplicateKid`], as [`JwkSet::from_json`].
    pub fn from_jwks(set: &JwkSet) -> Result<Self, KeyError> {
        set.check_public()?;
        let named = set.keys().iter().filter_map(|jwk| Some((jwk.kid()?, jwk)));
        let entries = named
            .map(|(kid, jwk)| (kid.to_owned(), Entry::of(jwk)))
            .collect();
        Ok(Self::build(entries, None))
    }

    /// These keys, each of which must have a `kid`; the way to a set of shared secrets.
    ///
    /// # Errors
    /// [`KeyError::Member`] for a key without `kid`, [`KeyError::DuplicateKid`].
    pub fn from_keys(keys: impl IntoIterator<Item = VerifyingKey>) -> Result<Self, KeyError> {
        let mut entries = BTreeMap::new();
        for key in keys {
            let kid = key
                .kid()
                .ok_or(KeyError::Member { member: "kid" })?
                .to_owned();
            if entries.insert(kid.clone(), Entry::Usable(key)).is_some() {
                return Err(KeyError::DuplicateKid { kid });
            }
        }
        Ok(Self::build(entries, None))
    }

    /// One key that was chosen by hand. It also serves tokens without `kid`, and, if it has no
    /// `kid` of its own, tokens with any.
    #[must_use]
    pub fn single(key: VerifyingKey) -> Self {
        Self::build(BTreeMap::new(), Some(key))
    }

    fn build(entries: BTreeMap<String, Entry>, single: Option<VerifyingKey>) -> Self {
        Self(Arc::new(Inner {
            entries,
            single,
            known: Default::default(),
        }))
    }

    /// The usable key with this `kid`.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&VerifyingKey> {
        match self.lookup(Some(kid)) {
            Lookup::Found(key) => Some(key),
            _ => None,
        }
    }

    /// The `kid`s of the usable keys, in lexical order.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        let named = self.0.entries.iter().filter(|(_, entry)| entry.is_usable());
        let single = self.0.single.as_ref().and_then(VerifyingKey::kid);
        named.map(|(kid, _)| kid.as_str()).chain(single)
    }

    /// Number of usable keys.
    #[must_use]
    pub fn len(&self) -> usize {
        let named = self
            .0
            .entries
            .values()
            .filter(|entry| entry.is_usable())
            .count();
        named + usize::from(self.0.single.is_some())
    }

    /// Whether there is no usable key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key for a header's `kid` (RFC 7515 §4.1.4).
    pub(crate) fn lookup(&self, kid: Option<&str>) -> Lookup<'_> {
        if let Some(key) = &self.0.single {
            return match (kid, key.kid()) {
                (Some(named), Some(own)) if named != own => Lookup::Unknown,
                _ => Lookup::Found(key),
            };
        }
        let Some(kid) = kid else {
            return Lookup::IdMissing;
        };
        match self.0.entries.get(kid) {
            Some(Entry::Usable(key)) => Lookup::Found(key),
            Some(Entry::Forbidden) => Lookup::Forbidden,
            None => Lookup::Unknown,
        }
    }

    /// The header with exactly this encoding, if a verified token has carried it.
    pub(crate) fn known(&self, encoded: &str) -> Option<&KnownHeader> {
        let filled = self.0.known.iter().map_while(OnceLock::get);
        filled.into_iter().find(|known| *known.encoded == *encoded)
    }

    /// Remembers a header. Call it only after the token's signature was verified: otherwise
    /// strangers could fill the few places.
    pub(crate) fn remember(&self, encoded: &str, header: Header, key: &VerifyingKey) {
        if encoded.len() > KNOWN_LEN_MAX {
            return;
        }
        let Some(free) = self.0.known.iter().find(|place| place.get().is_none()) else {
            return;
        };
        let known = KnownHeader {
            encoded: encoded.into(),
            header,
            key: key.clone(),
        };
        // Another thread may have taken the place: the header is then parsed once more.
        drop(free.set(known));
    }
}

impl Entry {
    fn of(jwk: &Jwk) -> Self {
        VerifyingKey::from_jwk(jwk).map_or(Self::Forbidden, Self::Usable)
    }

    const fn is_usable(&self) -> bool {
        matches!(self, Self::Usable(_))
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("kids", &self.kids().collect::<Vec<_>>())
            .field("single", &self.0.single.is_some())
            .finish_non_exhaustive()
    }
}
