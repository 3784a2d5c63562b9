//! The background task of a verifier: metadata first, then keys and log side by side.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time};
use url::Url;

use super::{
    Connection, TIMEOUT,
    backoff::Backoff,
    fetch::{self, FetchError, Request},
    key_source::{KeySource, KeySourceError},
    metadata::{Metadata, WELL_KNOWN},
    tail::Tail,
};
use crate::{
    MetadataError,
    health::Part,
    state::{Live, State},
};

const MAX_METADATA_BYTES: usize = 64 * 1024;

/// Why the metadata did not come.
#[derive(Debug, thiserror::Error)]
enum DiscoveryError {
    #[error("metadata: {0}")]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// Follows one issuer.
pub(crate) struct Follower {
    pub(crate) state: Arc<State>,
    pub(crate) live: Arc<Live>,
    pub(crate) connection: Connection,
    pub(crate) issuer: Url,
}

/// A follower after its first look at the issuer.
pub(crate) struct Started {
    follower: Follower,
    found: Option<Found>,
}

/// What the first look has found.
struct Found {
    metadata: Metadata,
    key_source: KeySource,
    /// When the keys are fetched again.
    pause: Duration,
}

impl Follower {
    /// Looks once for metadata and keys. An issuer out of reach is no error, one that says wrong
    /// things about itself is.
    pub(crate) async fn start(self) -> Result<Started, MetadataError> {
        let found = match self.discover().await {
            Ok(metadata) => Some(self.first_keys(metadata).await),
            Err(DiscoveryError::Metadata(error)) => return Err(error),
            Err(error) => {
                self.live.health.failed(Part::Keys, &error);
                None
            }
        };
        Ok(Started {
            follower: self,
            found,
        })
    }

    /// RFC 8414 §3.
    async fn discover(&self) -> Result<Metadata, DiscoveryError> {
        let mut url = self.issuer.clone();
        url.set_path(WELL_KNOWN);
        let request = Request {
            url: &url,
            header: None,
            credentials: None,
            timeout: TIMEOUT,
            max_bytes: MAX_METADATA_BYTES,
        };
        let fetched = fetch::get(&self.connection.client, request).await?;
        let body = fetched.body.ok_or(FetchError::Status(304))?;
        Ok(Metadata::parse(&body, self.state.validation.issuer())?)
    }

    async fn discover_at_last(&self) -> Metadata {
        let mut backoff = Backoff::default();
        loop {
            time::sleep(backoff.next(&self.connection.entropy)).await;
            match self.discover().await {
                Ok(metadata) => return metadata,
                Err(error) => self.live.health.failed(Part::Keys, &error),
            }
        }
    }

    async fn first_keys(&self, metadata: Metadata) -> Found {
        let mut key_source = KeySource::new(metadata.jwks.clone());
        let mut backoff = Backoff::default();
        let fetched = self.fetch_keys(&self.connection, &mut key_source).await;
        Found {
            pause: fetched.unwrap_or_else(|_| backoff.next(&self.connection.entropy)),
            key_source,
            metadata,
        }
    }

    async fn fetch_keys(
        &self,
        connection: &Connection,
        source: &mut KeySource,
    ) -> Result<Duration, KeySourceError> {
        fetch_keys(&self.state, &self.live, connection, source).await
    }
}

impl Started {
    /// Follows the issuer for ever.
    pub(crate) async fn run(self) {
        let Self { follower, found } = self;
        let found = match found {
            Some(found) => found,
            None => {
                let metadata = follower.discover_at_last().await;
                follower.first_keys(metadata).await
            }
        };
        let Follower {
            state,
            live,
            connection,
            issuer: _,
        } = follower;
        let connection = Arc::new(connection);
        let watched = Arc::clone(&live);
        let Metadata {
            revocations,
            log_jwks,
            jwks: _,
        } = found.metadata;
        let mut tasks = JoinSet::new();
        match Tail::new(
            Arc::clone(&state),
            Arc::clone(&live),
            Arc::clone(&connection),
            revocations,
            log_jwks,
        ) {
            Ok(tail) => drop(tasks.spawn(tail.run())),
            Err(error) => live.health.failed(Part::Log, &error),
        }
        #[cfg(feature = "metrics")]
        tasks.spawn(export(Arc::clone(&state), Arc::clone(&live)));
        tasks.spawn(keep_keys(
            state,
            live,
            connection,
            found.key_source,
            found.pause,
        ));
        // They run for ever: one that ends has panicked. The log then grows stale, visibly.
        while let Some(Err(error)) = tasks.join_next().await {
            watched.health.failed(Part::Log, &error);
        }
    }
}

/// Fetches the token keys when they are due, and when somebody saw an unknown `kid`.
async fn keep_keys(
    state: Arc<State>,
    live: Arc<Live>,
    connection: Arc<Connection>,
    mut source: KeySource,
    mut pause: Duration,
) {
    let mut backoff = Backoff::default();
    loop {
        // Whichever comes first; both mean the same.
        let wanted = time::timeout(pause, live.keys_wanted.notified()).await;
        tracing::debug!(unknown_key = wanted.is_ok(), "fetching the token keys");
        pause = match fetch_keys(&state, &live, &connection, &mut source).await {
            Ok(max_age) => {
                backoff.reset();
                max_age
            }
            Err(_) => backoff.next(&connection.entropy),
        };
    }
}

async fn fetch_keys(
    state: &State,
    live: &Live,
    connection: &Connection,
    source: &mut KeySource,
) -> Result<Duration, KeySourceError> {
    let fetched = source.fetch(connection, &state.keys, &live.log).await;
    match &fetched {
        Ok(_) => {
            live.held_keys
                .store(source.hash().map(|hash| Arc::new(hash.to_owned())));
            live.health.works(Part::Keys);
        }
        Err(error) => live.health.failed(Part::Keys, error),
    }
    fetched
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
