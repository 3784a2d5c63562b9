//! One identity domain: its settings, store, keys, log and the services on them.
//!
//! Nothing is global, so one process can hold many. The services are methods of [`Issuer`], one
//! file for each in `service/`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use crate::{
    clock_and_entropy::Ambient,
    error::Error,
    feed::Feed,
    keys::KeyService,
    master_key::MasterKeys,
    password::PasswordPool,
    service::{SessionCache, Throttles},
    settings::{MAX_LEEWAY_SECS, SESSION_CACHE_SECS, Settings},
    store::{Horizon, Store},
    tail::LogTail,
};

/// One issuer.
pub struct Issuer {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ambient: Ambient,
    pub(crate) keys: KeyService,
    pub(crate) tail: Arc<LogTail>,
    pub(crate) feed: Feed,
    pub(crate) passwords: PasswordPool,
    pub(crate) throttles: Throttles,
    pub(crate) sessions: SessionCache,
    /// Highest access-token lifetime in force within the last 24 hours, in seconds.
    lifetime_secs: AtomicU32,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("url", &self.settings.issuer)
            .finish_non_exhaustive()
    }
}

impl Issuer {
    /// Opens an issuer on its store. `tail` is the observer that the store was opened with.
    ///
    /// # Errors
    /// When the store fails, the master key does not fit or the system gives no threads.
    pub async fn open(
        settings: Settings,
        store: Arc<dyn Store>,
        tail: Arc<LogTail>,
        master: MasterKeys,
        ambient: Ambient,
    ) -> Result<Self, Error> {
        let settings = Arc::new(settings);
        tail.load(&*store).await?;
        let lifetime = store
            .note_token_lifetime(settings.highest_lifetime_secs(), ambient.now())
            .await?;
        let keys = KeyService::start(
            Arc::clone(&store),
            master,
            ambient.clone(),
            Arc::clone(&settings),
        )
        .await?;
        let passwords = PasswordPool::start(&settings.passwords, ambient.shared_entropy())?;
        Ok(Self {
            throttles: Throttles::new(&settings.limits),
            sessions: SessionCache::new(),
            feed: Feed::new(settings.issuer.clone()),
            lifetime_secs: AtomicU32::new(lifetime),
            settings,
            store,
            ambient,
            keys,
            tail,
            passwords,
        })
    }

    /// What it is configured with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its clock and randomness.
    #[must_use]
    pub const fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// Its keys.
    #[must_use]
    pub const fn keys(&self) -> &KeyService {
        &self.keys
    }

    /// Its copy of the revocation log.
    #[must_use]
    pub fn tail(&self) -> &LogTail {
        &self.tail
    }

    /// Its password pool.
    #[must_use]
    pub const fn passwords(&self) -> &PasswordPool {
        &self.passwords
    }

    /// How long what is revoked now must be remembered.
    pub(crate) fn horizon(&self) -> Horizon {
        let lifetime = i64::from(self.lifetime_secs.load(Ordering::Relaxed));
        let longest = lifetime.max(SESSION_CACHE_SECS);
        // One second for the rounding of NumericDates on either side.
        let until = self.ambient.now().as_secs() + longest + MAX_LEEWAY_SECS + 1;
        Horizon {
            until,
            lifetime_secs: lifetime,
        }
    }

    pub(crate) async fn note_lifetime(&self) -> Result<(), Error> {
        let highest = self.settings.highest_lifetime_secs();
        let lifetime = self
            .store
            .note_token_lifetime(highest, self.ambient.now())
            .await?;
        self.lifetime_secs.store(lifetime, Ordering::Relaxed);
        Ok(())
    }
}
