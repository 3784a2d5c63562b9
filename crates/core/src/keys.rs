//! Signing keys and server secrets: opened and parsed once, published, rotated, revoked.
//!
//! Rotation: *next* (published, not signing) → *active* → *retired* (published until its last token
//! has expired) → *gone*. A new key signs only after it was published for longer than the JWKS'
//! `max-age`, so no verifier meets a token of a key that it could not know.

mod ring;
mod rotation;

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use symbolon_jose::{Algorithm, SigningKey};
use symbolon_protocol::Timestamp;
use tokio::sync::Mutex;

pub use ring::{KeyRing, PublishedKeys};
pub use rotation::{RotateKeys, RotationReport};

use crate::{
    clock_and_entropy::Ambient,
    error::Error,
    master_key::MasterKeys,
    model::{KeyPurpose, KeyState, ServerSecret, SigningKeyRecord},
    settings::Settings,
    store::{InitialKeys, Store},
};

/// The algorithm of the key that signs the revocation log.
const LOG_ALGORITHM: Algorithm = Algorithm::EdDSA;

/// Holds the keys of one issuer.
pub struct KeyService {
    store: Arc<dyn Store>,
    master: MasterKeys,
    ambient: Ambient,
    settings: Arc<Settings>,
    ring: ArcSwap<KeyRing>,
    /// One change of the keys at a time, its reload included: an older view never replaces a newer
    /// one. Holds since when each *next* key has been published by this process.
    changing: Mutex<HashMap<String, Timestamp>>,
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
        let ring = ArcSwap::from_pointee(none);
        let changing = Mutex::new(HashMap::new());
        let service = Self {
            store,
            master,
            ambient,
            settings,
            ring,
            changing,
        };
        service.initialise().await?;
        let mut published = service.changing.lock().await;
        service.reload(&mut published).await?;
        service.add_missing_algorithms(&mut published).await?;
        drop(published);
        Ok(service)
    }

    async fn initialise(&self) -> Result<(), Error> {
        if !self.store.server_secrets().await?.is_empty() {
            return Ok(());
        }
        let now = self.ambient.now();
        let since = KeyState::Active { since: now };
        let mut keys = vec![self.make_key(KeyPurpose::Log, LOG_ALGORITHM, since, now)?];
        for algorithm in self.settings.algorithms() {
            keys.push(self.make_key(KeyPurpose::Token, algorithm, since, now)?);
        }
        let mut secret = zeroize::Zeroizing::new([0_u8; 32]);
        self.ambient.entropy().fill(secret.as_mut_slice());
        let secret = ServerSecret {
            id: 1,
            secret: self.master.seal(
                &ring::secret_purpose(1),
                secret.as_slice(),
                self.ambient.entropy(),
            )?,
            created_at: now,
        };
        self.store
            .initialise_keys(InitialKeys { keys, secret }, now)
            .await?;
        Ok(())
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
            &ring::key_purpose(&kid),
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
    async fn reload(&self, published: &mut HashMap<String, Timestamp>) -> Result<(), Error> {
        let keys = self.store.signing_keys().await?;
        let secrets = self.store.server_secrets().await?;
        let ring = KeyRing::open(
            &keys,
            &secrets,
            &self.master,
            &self.settings,
            self.ambient.now(),
        )?;
        self.ring.store(Arc::new(ring));
        let now = self.ambient.now();
        let is_next = |key: &&SigningKeyRecord| key.state == KeyState::Next;
        *published = keys
            .iter()
            .filter(is_next)
            .map(|key| {
                (
                    key.kid.clone(),
                    published.get(&key.kid).copied().unwrap_or(now),
                )
            })
            .collect();
        Ok(())
    }

    /// The keys at hand, as a snapshot that takes no lock.
    #[must_use]
    pub fn ring(&self) -> arc_swap::Guard<Arc<KeyRing>> {
        self.ring.load()
    }

    /// Every key's row, gone ones included, for the administrator's list.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<SigningKeyRecord>, Error> {
        Ok(self.store.signing_keys().await?)
    }
}
