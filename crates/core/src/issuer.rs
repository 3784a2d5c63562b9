//! One identity domain: its settings, store, keys, log and the services on them.
//!
//! Nothing is global, so one process can hold many. The services are methods of [`Issuer`], one
//! file for each in `service/`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use symbolon_protocol::Timestamp;

use crate::{
    clock_and_entropy::Ambient,
    entropy::EntropyExt as _,
    error::Error,
    feed::Feed,
    keys::KeyService,
    master_key::MasterKeys,
    outcomes::Outcomes,
    password::{Breaches, PasswordPool},
    readers::{Committed, Readers},
    service::{SessionCache, Throttles, Turn, epoch_since},
    settings::{MAX_LEEWAY_SECS, MAX_SETTLING_SECS, SESSION_CACHE_SECS, Settings},
    shared::Shared,
    store::{Horizon, SharedMemory, Store},
    tail::LogTail,
};

/// Up to this age the copy of the log is as good as the store.
const LOG_FRESH: Duration = Duration::from_secs(2);

/// Seconds between two times that the store is told what the clock shows; see
/// [`Issuer::keep_house`].
const CLOCK_NOTED_SECS: i64 = 60;

/// One issuer.
pub struct Issuer {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ambient: Ambient,
    pub(crate) keys: KeyService,
    pub(crate) tail: Arc<LogTail>,
    pub(crate) feed: Feed,
    pub(crate) readers: Readers,
    pub(crate) passwords: PasswordPool,
    pub(crate) breaches: Option<Arc<dyn Breaches>>,
    pub(crate) throttles: Throttles,
    pub(crate) sessions: SessionCache,
    pub(crate) outcomes: Outcomes,
    /// Highest access-token lifetime in force within the last 24 hours, in seconds.
    lifetime_secs: AtomicU32,
    /// The latest moment, in milliseconds, that a token may have been issued at. Later than the
    /// clock only if that was set back.
    latest: AtomicI64,
    /// When the log's epoch began, or was first told to readers, in milliseconds.
    pub(crate) epoch_since: AtomicI64,
    /// What other nodes call this process.
    pub(crate) node: String,
    /// Whether the scheduled jobs are this node's.
    pub(crate) jobs: Turn,
    /// By how much the clock was ahead of the store's, in milliseconds.
    pub(crate) clock_skew: AtomicI64,
    /// When the store last removed the traces of erased accounts for this process, in milliseconds.
    pub(crate) traces_removed: AtomicI64,
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
        let now = ambient.now();
        let noted = store.note_clock(now).await?;
        // Set back while nothing ran here: tokens may be out that were issued after the last note.
        let latest = if noted > now {
            noted.plus_secs(CLOCK_NOTED_SECS)
        } else {
            now
        };
        let epoch_since = epoch_since(&*store).await?;
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
            outcomes: Outcomes::new(now),
            feed: Feed::new(settings.issuer.clone()),
            readers: Readers::new(ambient.clone(), keys.is_first_start(), store.is_shared()),
            lifetime_secs: AtomicU32::new(lifetime),
            latest: AtomicI64::new(latest.as_millis()),
            epoch_since: AtomicI64::new(epoch_since),
            traces_removed: AtomicI64::new(i64::MIN / 2),
            node: ambient
                .entropy()
                .bytes::<8>()
                .map(|byte| format!("{byte:02x}"))
                .concat(),
            jobs: Turn::none(),
            clock_skew: AtomicI64::new(0),
            settings,
            store,
            ambient,
            keys,
            tail,
            passwords,
            breaches: None,
        })
    }

    /// The same, asking these whether a new password is known from a breach.
    #[must_use]
    pub fn with_breaches(mut self, breaches: Arc<dyn Breaches>) -> Self {
        self.breaches = Some(breaches);
        self
    }

    /// The same, sharing copies of sessions and counts of attempts with other nodes by this memory.
    #[must_use]
    pub fn with_shared_memory(mut self, memory: Arc<dyn SharedMemory>) -> Self {
        self.throttles.shared = Some(Shared::new(
            memory,
            self.keys.rings(),
            Arc::clone(&self.tail),
            self.ambient.clone(),
            self.settings.issuer.clone(),
        ));
        self
    }

    /// What nodes share beside the store, if they do.
    pub(crate) const fn shared(&self) -> Option<&Shared> {
        self.throttles.shared.as_ref()
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

    /// How old the copy may be, at most; `None` if it was not read yet.
    #[must_use]
    pub fn log_age(&self) -> Option<Duration> {
        self.store.log_age()
    }

    /// Whether what other nodes append is known here as soon as they commit it.
    #[must_use]
    pub fn is_log_notified(&self) -> bool {
        self.store.is_notified()
    }

    /// Whether the copy is young enough to be asked without asking the store.
    pub(crate) fn is_log_fresh(&self) -> bool {
        self.store.log_age().is_some_and(|age| age <= LOG_FRESH)
    }

    /// Sees to it that the copy of the log may be asked. While the store does not answer it may be
    /// older, within its bound.
    ///
    /// # Errors
    /// The store's, once the copy is too old.
    pub(crate) async fn settle_log(&self) -> Result<(), Error> {
        if self.is_log_fresh() {
            return Ok(());
        }
        let Err(error) = self.store.catch_up().await else {
            return Ok(());
        };
        let most = Duration::from_secs(u64::from(self.settings.max_staleness_secs));
        if self.store.log_age().is_some_and(|age| age <= most) {
            return Ok(());
        }
        Err(error.into())
    }

    /// Who reads that log from outside.
    #[must_use]
    pub const fn readers(&self) -> &Readers {
        &self.readers
    }

    /// What is committed up to now.
    #[must_use]
    pub fn committed(&self) -> Committed {
        Committed {
            head: self.tail.head(),
            at: self.ambient.now(),
        }
    }

    /// Its password pool.
    #[must_use]
    pub const fn passwords(&self) -> &PasswordPool {
        &self.passwords
    }

    /// Notes that a token was issued at `now`.
    pub(crate) fn note_issued(&self, now: Timestamp) {
        self.latest.fetch_max(now.as_millis(), Ordering::Relaxed);
    }

    /// How long what is revoked now must be remembered: until the last token that may be out has
    /// expired, also one that was issued before the clock was set back.
    pub(crate) fn horizon(&self) -> Horizon {
        let lifetime = i64::from(self.lifetime_secs.load(Ordering::Relaxed));
        let longest = lifetime.max(SESSION_CACHE_SECS);
        let latest = Timestamp::from_millis(self.latest.load(Ordering::Relaxed));
        let latest = self.ambient.now().max(latest).as_secs() + MAX_SETTLING_SECS;
        // One second for the rounding of NumericDates on either side.
        let until = latest + longest + MAX_LEEWAY_SECS + 1;
        Horizon {
            until,
            lifetime_secs: lifetime,
        }
    }

    pub(crate) async fn note_clock(&self) -> Result<(), Error> {
        let latest = Timestamp::from_millis(self.latest.load(Ordering::Relaxed));
        self.store
            .note_clock(self.ambient.now().max(latest))
            .await?;
        Ok(())
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
