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
/// How often it is looked whether keys are due.
const TICK: Duration = Duration::from_secs(1);

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

/// What a look at the issuer has found.
pub(crate) struct Found {
    metadata: Metadata,
    key_source: KeySource,
    /// Uptime at which the keys are fetched again.
    keys_due: i64,
}

impl Follower {
    /// Looks for metadata and keys until there is an answer. One that says wrong things about the
    /// issuer is an error.
    pub(crate) async fn first_look(&self) -> Result<Found, MetadataError> {
        let mut backoff = Backoff::default();
        loop {
            match self.discover().await {
                Ok(metadata) => return Ok(self.first_keys(metadata).await),
                Err(DiscoveryError::Metadata(error)) => return Err(error),
                Err(error) => self.live.health.failed(Part::Keys, &error),
            }
            time::sleep(backoff.next(&self.connection.entropy)).await;
        }
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

    /// As the first look, whatever the answer says: it may say something else later.
    async fn look_at_last(&self) -> Found {
        let mut backoff = Backoff::default();
        loop {
            match self.first_look().await {
                Ok(found) => return found,
                Err(error) => self.live.health.failed(Part::Keys, &error),
            }
            time::sleep(backoff.next(&self.connection.entropy)).await;
        }
    }

    async fn first_keys(&self, metadata: Metadata) -> Found {
        let mut key_source = KeySource::new(metadata.jwks.clone());
        let (state, live, connection) = (&self.state, &self.live, &self.connection);
        let fetched = fetch_keys(state, live, connection, &mut key_source).await;
        Found {
            // One that failed is due at once.
            keys_due: fetched.unwrap_or(i64::MIN),
            key_source,
            metadata,
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
        let watched = Arc::clone(&live);
        let Metadata {
            revocations,
            log_jwks,
            introspection,
            jwks: _,
        } = found.metadata;
        live.introspector.set_endpoint(introspection);
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
            found.keys_due,
        ));
        // They run for ever: one that ends has panicked. The log then grows stale, visibly.
        while let Some(Err(error)) = tasks.join_next().await {
            watched.health.failed(Part::Log, &error);
        }
    }
}

/// Fetches the token keys when they are due, and when somebody saw an unknown `kid`. Due by an
/// uptime that also counts while the machine sleeps, which timers do not.
async fn keep_keys(
    state: Arc<State>,
    live: Arc<Live>,
    connection: Arc<Connection>,
    mut source: KeySource,
    mut due: i64,
) {
    let mut backoff = Backoff::default();
    loop {
        let left = due.saturating_sub(state.clock.uptime_millis());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let unknown_key = time::timeout(left.min(TICK), live.keys_wanted.notified())
            .await
            .is_ok();
        if !unknown_key && left > TICK {
            continue;
        }
        tracing::debug!(unknown_key, "fetching the token keys");
        match fetch_keys(&state, &live, &connection, &mut source).await {
            Ok(next) => {
                backoff.reset();
                due = next;
            }
            Err(_) => {
                due = i64::MIN;
                time::sleep(backoff.next(&connection.entropy)).await;
            }
        }
    }
}

/// Uptime at which the next fetch is due.
async fn fetch_keys(
    state: &State,
    live: &Live,
    connection: &Connection,
    source: &mut KeySource,
) -> Result<i64, KeySourceError> {
    let fetched = source.fetch(connection, &state.keys, &live.log).await;
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
