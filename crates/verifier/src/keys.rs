//! The issuer's keys as they stand, and whether each is still to be believed.
//!
//! A key has one [`Life`] for as long as it is published under the same `kid` with the same
//! numbers. What a key has verified holds on to its life, so that withdrawing the key withdraws
//! it all, also what is being verified at this moment.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwapOption;
use symbolon_jose::{Jwk, JwkSet, KeyError, KeySet};
use symbolon_protocol::RevocationId;

/// Whether a key is still published and not revoked.
#[derive(Debug)]
pub(crate) struct Life {
    id: RevocationId,
    ended: AtomicBool,
}

impl Life {
    fn of(kid: &str) -> Self {
        Self {
            id: RevocationId::of_text(kid),
            ended: AtomicBool::new(false),
        }
    }

    #[cfg(feature = "client")]
    /// How the revocation log names the key.
    pub(crate) const fn id(&self) -> RevocationId {
        self.id
    }

    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// One state of the published keys.
#[derive(Debug)]
pub(crate) struct Published {
    set: KeySet,
    /// As published, revoked keys included.
    jwks: JwkSet,
    lives: BTreeMap<String, Arc<Life>>,
}

impl Published {
    /// The keys that may verify.
    pub(crate) const fn set(&self) -> &KeySet {
        &self.set
    }

    pub(crate) fn life(&self, kid: &str) -> Option<&Arc<Life>> {
        self.lives.get(kid)
    }

    fn jwk(&self, kid: &str) -> Option<&Jwk> {
        self.jwks.keys().iter().find(|jwk| jwk.kid() == Some(kid))
    }
}

/// The published keys, swapped whole.
#[derive(Debug)]
pub(crate) struct Keys {
    current: ArcSwapOption<Published>,
    writing: Mutex<()>,
}

impl Keys {
    /// No keys yet.
    pub(crate) fn new() -> Self {
        Self {
            current: ArcSwapOption::empty(),
            writing: Mutex::new(()),
        }
    }

    /// The present state; `None` before the first.
    #[inline]
    pub(crate) fn load(&self) -> arc_swap::Guard<Option<Arc<Published>>> {
        self.current.load()
    }

    /// The `kid`s that may verify.
    pub(crate) fn kids(&self) -> Vec<String> {
        self.load().as_ref().map_or_else(Vec::new, |published| {
            published.set.kids().map(str::to_owned).collect()
        })
    }

    /// Takes in what the issuer publishes now. Keys that are no longer there, have other numbers
    /// under their `kid` or are revoked end, and with them all that they verified.
    pub(crate) fn publish(
        &self,
        jwks: JwkSet,
        is_revoked: impl Fn(&RevocationId) -> bool,
    ) -> Result<(), KeyError> {
        let _one_writer = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.replace(jwks, is_revoked)
    }

    /// Ends those of the present keys that are revoked. Answers whether any was.
    #[cfg(feature = "client")]
    pub(crate) fn withdraw(&self, is_revoked: impl Fn(&RevocationId) -> bool) -> bool {
        let _one_writer = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.kids().len();
        let jwks = self.load().as_ref().map(|published| published.jwks.clone());
        if let Some(jwks) = jwks {
            // A part of a set that was accepted before is accepted.
            drop(self.replace(jwks, is_revoked));
        }
        self.kids().len() < before
    }

    fn replace(
        &self,
        jwks: JwkSet,
        is_revoked: impl Fn(&RevocationId) -> bool,
    ) -> Result<(), KeyError> {
        let before = self.current.load_full();
        let mut lives = BTreeMap::new();
        let mut usable = Vec::new();
        for jwk in jwks.keys() {
            let Some(kid) = jwk.kid() else { continue };
            let life = before
                .as_ref()
                .filter(|before| before.jwk(kid) == Some(jwk))
                .and_then(|before| before.life(kid).cloned())
                .unwrap_or_else(|| Arc::new(Life::of(kid)));
            if !is_revoked(&life.id) {
                usable.push(jwk.clone());
                lives.insert(kid.to_owned(), life);
            }
        }
        let set = KeySet::from_jwks(&JwkSet::new(usable)?)?;
        let ended = before.iter().flat_map(|before| &before.lives);
        let ended: Vec<_> = ended
            .filter(|(kid, life)| !lives.get(*kid).is_some_and(|kept| Arc::ptr_eq(kept, life)))
            .map(|(_, life)| Arc::clone(life))
            .collect();
        self.current
            .store(Some(Arc::new(Published { set, jwks, lives })));
        for life in ended {
            life.ended.store(true, Ordering::Release);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use symbolon_jose::{Algorithm, SigningKey};

    use super::*;

    fn key() -> Jwk {
        SigningKey::generate(Algorithm::EdDSA).unwrap().public_jwk()
    }

    fn life_of(keys: &Keys, kid: &str) -> Option<Arc<Life>> {
        keys.load().as_ref().unwrap().life(kid).cloned()
    }

    #[test]
    fn a_key_that_stays_keeps_its_life_and_one_that_goes_ends() {
        let keys = Keys::new();
        let (stays, goes) = (key().with_kid("stays"), key().with_kid("goes"));
        let both = JwkSet::new([stays.clone(), goes]).unwrap();
        keys.publish(both, |_| false).unwrap();
        let (stays_life, goes_life) = (life_of(&keys, "stays"), life_of(&keys, "goes"));
        keys.publish(JwkSet::new([stays]).unwrap(), |_| false)
            .unwrap();
        assert!(!stays_life.unwrap().is_over());
        assert!(goes_life.unwrap().is_over());
        assert_eq!(keys.kids(), ["stays"]);
    }

    #[test]
    fn other_numbers_under_the_same_kid_are_another_key() {
        let keys = Keys::new();
        keys.publish(JwkSet::new([key().with_kid("k")]).unwrap(), |_| false)
            .unwrap();
        let first = life_of(&keys, "k").unwrap();
        keys.publish(JwkSet::new([key().with_kid("k")]).unwrap(), |_| false)
            .unwrap();
        assert!(first.is_over());
        assert!(!life_of(&keys, "k").unwrap().is_over());
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_revoked_key_ends_although_it_is_still_published() {
        let keys = Keys::new();
        let set = JwkSet::new([key().with_kid("k")]).unwrap();
        keys.publish(set.clone(), |_| false).unwrap();
        let life = life_of(&keys, "k").unwrap();
        let is_revoked = |id: &RevocationId| *id == RevocationId::of_text("k");
        keys.withdraw(is_revoked);
        assert!(life.is_over());
        keys.publish(set, is_revoked).unwrap();
        assert!(keys.kids().is_empty());
    }
}
