//! Signing keys and server secrets: opened and parsed once, published, rotated, revoked.
//!
//! Rotation: *next* (published, not signing) → *active* → *retired* (published until its last token
//! has expired) → *gone*. A new key signs only after it was published for longer than the JWKS'
//! `max-age`, so no verifier meets a token of a key that it could not know, and, where verifiers
//! report which keys they hold, once they hold it; a verifier that cannot fetch holds that up for an
//! hour at most.

mod published;
mod revoking;
mod ring;
mod rotation;

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use arc_swap::ArcSwap;
use symbolon_jose::{Algorithm, SigningKey};
use symbolon_protocol::Timestamp;
use tokio::sync::Mutex;

pub use ring::{KeyRing, PublishedKeys};
pub(crate) use ring::{key_purpose, secret_purpose};
pub use rotation::{RotateKeys, RotationReport, WaitingKey};

use crate::{
    clock_and_entropy::Ambient,
    error::Error,
    master_key::MasterKeys,
    model::{KeyPurpose, KeyState, ServerSecret, SigningKeyRecord},
    readers::{ReaderName, Readers},
    secret::Sealed,
    settings::Settings,
    store::{InitialKeys, Store},
};
use published::Published;

/// The algorithm of the key that signs the revocation log.
const LOG_ALGORITHM: Algorithm = Algorithm::EdDSA;

/// Milliseconds between two times that the keys are read because something names an unknown one.
const REFRESH_MS: i64 = 50;

/// Seconds after which every node has read a key that one of them has added; see
/// [`crate::Issuer::follow_keys`].
const NODES_SECS: i64 = 15;

/// A key as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// Its row.
    pub key: SigningKeyRecord,
    /// Of a *next* key: from when it may sign; later by an hour at most if readers do not fetch it.
    pub signs_from: Option<Timestamp>,
    /// Of a *next* key: the readers that have not fetched it.
    pub missing: Vec<ReaderName>,
}

/// Holds the keys of one issuer.
pub struct KeyService {
    store: Arc<dyn Store>,
    master: MasterKeys,
    ambient: Ambient,
    settings: Arc<Settings>,
    ring: Arc<ArcSwap<KeyRing>>,
    /// One change of the keys at a time, its reload included: an older view never replaces a newer
    /// one.
    changing: Mutex<Published>,
    is_first_start: bool,
    /// How often the keys were read because another node may have changed them, and which of these
    /// readings was the last that succeeded.
    begun: AtomicU64,
    done: AtomicU64,
    /// When that was last done for something that named an unknown key, in milliseconds.
    asked: AtomicI64,
}

impl std::fmt::Debug for KeyService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyService").finish_non_exhaustive()
    }
}

impl KeyService {
    /// Opens the issuer's keys, making the first ones for a new store and one for every algorithm
    /// that the settings name for the first time.
    ///
    /// # Errors
    /// When the store fails or the master key does not fit.
    pub async fn start(
        store: Arc<dyn Store>,
        master: MasterKeys,
        ambient: Ambient,
        settings: Arc<Settings>,
    ) -> Result<Self, Error> {
        let none = KeyRing::open(&[], &[], &master, &settings, ambient.now())?;
        let ring = Arc::new(ArcSwap::from_pointee(none));
        let changing = Mutex::new(Published::default());
        let mut service = Self {
            store,
            master,
            ambient,
            settings,
            ring,
            changing,
            is_first_start: false,
            begun: AtomicU64::new(0),
            done: AtomicU64::new(0),
            asked: AtomicI64::new(i64::MIN / 2),
        };
        service.is_first_start = service.initialise().await?;
        let mut published = service.changing.lock().await;
        service.reload(&mut published).await?;
        service.add_missing_algorithms(&mut published).await?;
        drop(published);
        Ok(service)
    }

    /// Whether the store had no keys before, so that nobody can have verified anything yet.
    pub(crate) const fn is_first_start(&self) -> bool {
        self.is_first_start
    }

    /// Makes the first keys, if there are none; the answer is whether it did.
    async fn initialise(&self) -> Result<bool, Error> {
        if !self.store.server_secrets().await?.is_empty() {
            return Ok(false);
        }
        let now = self.ambient.now();
        let since = KeyState::Active { since: now };
        let mut keys = vec![self.make_key(KeyPurpose::Log, LOG_ALGORITHM, since, now)?];
        for algorithm in self.settings.algorithms() {
            keys.push(self.make_key(KeyPurpose::Token, algorithm, since, now)?);
        }
        let secret = self.make_secret(1, now)?;
        let initial = InitialKeys { keys, secret };
        Ok(self.store.initialise_keys(initial, now).await?)
    }

    fn make_secret(&self, id: u32, now: Timestamp) -> Result<ServerSecret, Error> {
        let mut secret = zeroize::Zeroizing::new([0_u8; 32]);
        self.ambient.entropy().fill(secret.as_mut_slice());
        let purpose = secret_purpose(id);
        let sealed = self
            .master
            .seal(&purpose, secret.as_slice(), self.ambient.entropy())?;
        Ok(ServerSecret {
            id,
            secret: sealed,
            created_at: now,
        })
    }

    /// Seals under the master key what is no key.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Sealed, Error> {
        self.master.seal(purpose, plain, self.ambient.entropy())
    }

    /// Opens what was sealed by [`Self::seal`] for this purpose.
    pub(crate) fn unseal(
        &self,
        purpose: &str,
        sealed: &Sealed,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
        self.master.open(purpose, sealed)
    }

    fn make_key(
        &self,
        purpose: KeyPurpose,
        algorithm: Algorithm,
        state: KeyState,
        now: Timestamp,
    ) -> Result<SigningKeyRecord, Error> {
        let key = SigningKey::generate(algorithm).map_err(Error::internal)?;
        let kid = key.kid().to_owned();
        let private = self.master.seal(
            &key_purpose(&kid),
            &key.to_pkcs8().map_err(Error::internal)?,
            self.ambient.entropy(),
        )?;
        let public_jwk = serde_json::to_string(&key.public_jwk()).map_err(Error::internal)?;
        Ok(SigningKeyRecord {
            kid,
            purpose,
            algorithm,
            state,
            private,
            public_jwk,
            created_at: now,
        })
    }

    /// Reads the keys again. When the store fails or a key does not open, the keys at hand stay.
    async fn reload(&self, published: &mut Published) -> Result<(), Error> {
        let keys = self.store.signing_keys().await?;
        let secrets = self.store.server_secrets().await?;
        let ring = KeyRing::open(
            &keys,
            &secrets,
            &self.master,
            &self.settings,
            self.ambient.now(),
        )?;
        let document = ring.token_keys().hash;
        self.ring.store(Arc::new(ring));
        published.note(&keys, document, self.ambient.now());
        Ok(())
    }

    /// Reads the keys again, because another node may have changed them.
    ///
    /// # Errors
    /// The store's failures; the keys at hand stay.
    pub(crate) async fn follow(&self) -> Result<(), Error> {
        let mut published = self.changing.lock().await;
        self.follow_locked(&mut published).await
    }

    async fn follow_locked(&self, published: &mut Published) -> Result<(), Error> {
        let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        self.reload(published).await?;
        self.done.store(number, Ordering::Release);
        Ok(())
    }

    /// The same for something that names a key which is not at hand: whether keys are at hand that were
    /// read since it came. Strangers can name any, so once for all who come meanwhile, not where nobody
    /// else makes keys, and not right after the last one who asked.
    ///
    /// # Errors
    /// The store's failures; the keys at hand stay.
    pub(crate) async fn refresh(&self) -> Result<bool, Error> {
        if !self.store.is_shared() {
            return Ok(false);
        }
        // A reading that has begun already may not show what another node has just made.
        let begun = self.begun.load(Ordering::Acquire);
        let mut published = self.changing.lock().await;
        if self.done.load(Ordering::Acquire) > begun {
            return Ok(true);
        }
        let now = self.ambient.now().as_millis();
        let last = self.asked.swap(now, Ordering::AcqRel);
        if (0..REFRESH_MS).contains(&now.saturating_sub(last)) {
            self.asked.store(last, Ordering::Release);
            return Ok(false);
        }
        self.follow_locked(&mut published).await?;
        Ok(true)
    }

    /// Sees to it that a server secret of this number is at hand, if there is one.
    ///
    /// # Errors
    /// The store's failures.
    pub(crate) async fn know_secret(&self, id: u32) -> Result<(), Error> {
        if self.ring().secret(id).is_err() {
            self.refresh().await?;
        }
        Ok(())
    }

    /// The keys at hand, as a snapshot that takes no lock.
    #[must_use]
    pub fn ring(&self) -> arc_swap::Guard<Arc<KeyRing>> {
        self.ring.load()
    }

    /// The same for whoever outlives the call.
    pub(crate) fn rings(&self) -> Arc<ArcSwap<KeyRing>> {
        Arc::clone(&self.ring)
    }

    pub(crate) async fn list(&self, readers: &Readers) -> Result<Vec<ListedKey>, Error> {
        let published = self.changing.lock().await;
        let keys = self.store.signing_keys().await?;
        let list = |key: &SigningKeyRecord| ListedKey {
            signs_from: self.next_signs_from(key, &keys, &published),
            missing: published.missing(key, readers),
            key: key.clone(),
        };
        Ok(keys.iter().map(list).collect())
    }
}
