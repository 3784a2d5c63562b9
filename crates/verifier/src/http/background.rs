//! The background tasks of a verifier: metadata first, then metadata, keys and log side by side.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::{sync::Notify, task::JoinSet, time};
use url::Url;

use super::{
    Connection,
    backoff::Backoff,
    cooldown::Cooldown,
    key_source::{KeySource, KeySourceError},
    metadata::{Endpoints, Metadata},
    metadata_source::{DiscoveryError, MetadataSource},
    tail::Tail,
};
use crate::{
    MetadataError,
    clock::Clock,
    health::Part,
    state::{Live, State},
};

/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_secs(1);
/// How often keys or log that do not come make the metadata be asked for, in milliseconds.
const METADATA_COOLDOWN: i64 = 10_000;

/// Follows one issuer.
pub(crate) struct Follower {
    pub(crate) state: Arc<State>,
    pub(crate) live: Arc<Live>,
    pub(crate) connection: Connection,
    pub(crate) issuer: Url,
}

/// What a look at the issuer has found.
pub(crate) struct Found {
    metadata: Metadata,
    metadata_source: MetadataSource,
    /// Uptime at which the metadata are fetched again.
    metadata_due: i64,
    key_source: KeySource,
    /// Uptime at which the keys are fetched again.
    keys_due: i64,
}

impl Follower {
    /// Looks for metadata and keys until there is an answer. One that says wrong things about the
    /// issuer is an error.
    pub(crate) async fn first_look(&self) -> Result<Found, MetadataError> {
        let issuer = self.state.validation.issuer();
        let mut source = MetadataSource::new(self.issuer.clone(), issuer);
        let mut backoff = Backoff::default();
        loop {
            match source.fetch(&self.connection).await {
                Ok(found) => {
                    if let Some(metadata) = found.metadata {
                        return Ok(self.first_keys(metadata, source, found.again).await);
                    }
                }
                Err(DiscoveryError::Metadata(error)) => return Err(error),
                Err(error) => self.live.health.failed(Part::Metadata, &error),
            }
            time::sleep(backoff.next(&self.connection.entropy)).await;
        }
    }

    /// As the first look, whatever the answer says: it may say something else later.
    async fn look_at_last(&self) -> Found {
        let mut backoff = Backoff::default();
        loop {
            match self.first_look().await {
                Ok(found) => return found,
                Err(error) => self.live.health.failed(Part::Metadata, &error),
            }
            time::sleep(backoff.next(&self.connection.entropy)).await;
        }
    }

    async fn first_keys(
        &self,
        metadata: Metadata,
        metadata_source: MetadataSource,
        again: i64,
    ) -> Found {
        self.live.health.works(Part::Metadata);
        let metadata_due = self.state.clock.uptime_millis().saturating_add(again);
        let mut key_source = KeySource::default();
        let (state, live, connection) = (&self.state, &self.live, &self.connection);
        let fetched = fetch_keys(state, live, connection, &mut key_source, &metadata.jwks).await;
        Found {
            metadata,
            metadata_source,
            metadata_due,
            key_source,
            // One that failed is due at once.
            keys_due: fetched.unwrap_or(i64::MIN),
        }
    }

    /// Follows the issuer for ever.
    pub(crate) async fn follow(self, found: Option<Found>) {
        let found = match found {
            Some(found) => found,
            None => self.look_at_last().await,
        };
        let Self {
            state,
            live,
            connection,
            issuer: _,
        } = self;
        let connection = Arc::new(connection);
        let introspection = found.metadata.introspection.clone();
        live.introspector.set_endpoint(introspection);
        let endpoints: Endpoints = Arc::new(ArcSwap::from_pointee(found.metadata));
        let watched = Arc::clone(&live);
        let mut tasks = JoinSet::new();
        match Tail::new(
            Arc::clone(&state),
            Arc::clone(&live),
            Arc::clone(&connection),
            Arc::clone(&endpoints),
        ) {
            Ok(tail) => drop(tasks.spawn(tail.run())),
            Err(error) => live.health.failed(Part::Log, &error),
        }
        #[cfg(feature = "metrics")]
        tasks.spawn(export(Arc::clone(&state), Arc::clone(&live)));
        let kept = Kept {
            state,
            live,
            connection,
            endpoints,
        };
        tasks.spawn(
            kept.clone()
                .keep_metadata(found.metadata_source, found.metadata_due),
        );
        tasks.spawn(kept.keep_keys(found.key_source, found.keys_due));
        // They run for ever: one that ends has panicked. The log then grows stale, visibly.
        while let Some(Err(error)) = tasks.join_next().await {
            watched.health.failed(Part::Log, &error);
        }
    }
}

/// What is kept up to date beside the log.
#[derive(Clone)]
struct Kept {
    state: Arc<State>,
    live: Arc<Live>,
    connection: Arc<Connection>,
    endpoints: Endpoints,
}

impl Kept {
    /// Fetches the token keys when they are due, and when somebody saw an unknown `kid` or they
    /// have moved.
    async fn keep_keys(self, mut source: KeySource, mut due: i64) {
        let (state, live, connection) = (&*self.state, &*self.live, &*self.connection);
        let mut backoff = Backoff::default();
        loop {
            let wanted = wait_until(due, &live.keys_wanted, &*state.clock).await;
            tracing::debug!(wanted, "fetching the token keys");
            let url = self.endpoints.load().jwks.clone();
            match fetch_keys(state, live, connection, &mut source, &url).await {
                Ok(next) => {
                    backoff.reset();
                    due = next;
                }
                Err(_) => {
                    due = i64::MIN;
                    let pause = backoff.next(&connection.entropy);
                    live.ask_for_metadata_after(&backoff);
                    time::sleep(pause).await;
                }
            }
        }
    }

    /// Fetches the metadata when they are due, and when keys or log fail again and again: they may
    /// have moved.
    async fn keep_metadata(self, mut source: MetadataSource, mut due: i64) {
        let (live, clock) = (&*self.live, &*self.state.clock);
        let cooldown = Cooldown::new(METADATA_COOLDOWN);
        let mut backoff = Backoff::default();
        loop {
            let wanted = wait_until(due, &live.metadata_wanted, clock).await;
            if wanted && !cooldown.try_take(clock.uptime_millis()) {
                continue;
            }
            tracing::debug!(wanted, "fetching the issuer's metadata");
            match source.fetch(&self.connection).await {
                Ok(found) => {
                    live.health.works(Part::Metadata);
                    backoff.reset();
                    due = clock.uptime_millis().saturating_add(found.again);
                    if let Some(metadata) = found.metadata {
                        self.take(metadata);
                    }
                }
                Err(error) => {
                    live.health.failed(Part::Metadata, &error);
                    due = i64::MIN;
                    time::sleep(backoff.next(&self.connection.entropy)).await;
                }
            }
        }
    }

    /// Everybody goes by what is said now; keys that have moved are fetched at once.
    fn take(&self, metadata: Metadata) {
        let before = self.endpoints.load_full();
        if *before == metadata {
            return;
        }
        tracing::info!("the issuer's metadata have changed");
        let introspection = metadata.introspection.clone();
        self.live.introspector.set_endpoint(introspection);
        let have_keys_moved = before.jwks != metadata.jwks;
        self.endpoints.store(Arc::new(metadata));
        if have_keys_moved {
            self.live.keys_wanted.notify_one();
        }
    }
}

/// Waits until it is due, or wanted before; says which. Due by an uptime that also counts while the
/// machine sleeps, which timers do not.
async fn wait_until(due: i64, wanted: &Notify, clock: &dyn Clock) -> bool {
    loop {
        let left = due.saturating_sub(clock.uptime_millis());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        if time::timeout(left.min(TICK), wanted.notified())
            .await
            .is_ok()
        {
            return true;
        }
        if left <= TICK {
            return false;
        }
    }
}

/// Uptime at which the next fetch is due.
async fn fetch_keys(
    state: &State,
    live: &Live,
    connection: &Connection,
    source: &mut KeySource,
    url: &Url,
) -> Result<i64, KeySourceError> {
    let fetched = source.fetch(url, connection, &state.keys, &live.log).await;
    match &fetched {
        Ok(_) => {
            live.held_keys
                .store(source.hash().map(|hash| Arc::new(hash.to_string())));
            live.health.works(Part::Keys);
        }
        Err(error) => live.health.failed(Part::Keys, error),
    }
    Ok(state.clock.uptime_millis().saturating_add(fetched?))
}

/// Exports age, size and staleness once a second, also while the issuer is silent.
#[cfg(feature = "metrics")]
async fn export(state: Arc<State>, live: Arc<Live>) {
    let gauges = crate::outcome::Gauges::new();
    let mut every = time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        gauges.set(&live.log, state.clock.uptime_millis());
    }
}
