//! The connection in use, or that there is none.
//!
//! There is none from the first failure on, so that nobody waits for what does not answer; a task beside
//! all requests makes the next one, and tries out everything that will be asked of it before it is used.

use std::{
    io,
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use redis::{Cmd, FromRedisValue, RedisError};
use symbolon_core::{settings::Bucket, store::Unreachable};
use tokio::{
    sync::Notify,
    task::AbortHandle,
    time::{sleep, timeout},
};

use super::{
    commands,
    connection::{Connection, Connector, connection_limit},
    options::{RedisOptions, TlsFileError},
};

/// How long after a failed attempt the next one is made.
const PAUSE: Duration = Duration::from_millis(500);

/// The connection in use.
struct Current {
    /// Counts the connections, so that a failure of an earlier one does not end a later one.
    number: u64,
    connection: Option<Connection>,
}

pub(super) struct Link {
    connector: Connector,
    time_limit: Duration,
    current: RwLock<Current>,
    failed: Notify,
    task: RwLock<Option<AbortHandle>>,
}

impl Link {
    /// Tries to connect once, and from then on whenever there is no connection.
    pub(super) async fn start(options: RedisOptions) -> Result<Arc<Self>, TlsFileError> {
        let link = Arc::new(Self {
            connector: Connector::new(&options)?,
            time_limit: options.time_limit,
            current: RwLock::new(Current {
                number: 0,
                connection: None,
            }),
            failed: Notify::new(),
            task: RwLock::new(None),
        });
        metrics::gauge!("symbolon_shared_up").set(0.0);
        metrics::counter!("symbolon_shared_dropped_total").increment(0);
        let mut said = None;
        link.try_connect(&mut said).await;
        let task = tokio::spawn(Arc::clone(&link).keep_connected(said));
        *link.task.write().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
        Ok(link)
    }

    pub(super) fn stop(&self) {
        let task = self.task.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.as_ref() {
            task.abort();
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.read().connection.is_some()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a command and reads its answer, within the time limit.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Unreachable> {
        let (number, connection) = {
            let current = self.read();
            (current.number, current.connection.clone())
        };
        let mut connection = connection.ok_or(Unreachable)?;
        match timeout(self.time_limit, command.query_async(&mut connection)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if is_about_a_key(&error) => {
                tracing::debug!(%error, "what lies in Redis is not what we put there");
                Err(Unreachable)
            }
            Ok(Err(error)) => Err(self.fail(number, &error.to_string())),
            Err(_) => Err(self.fail(number, "no answer in time")),
        }
    }

    /// The connection of this number is not used any more.
    fn fail(&self, number: u64, why: &str) -> Unreachable {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.number == number && current.connection.take().is_some() {
            metrics::gauge!("symbolon_shared_up").set(0.0);
            tracing::warn!(
                why,
                "Redis fails: sessions are read in the store and attempts counted by this node alone"
            );
            self.failed.notify_one();
        }
        Unreachable
    }

    async fn keep_connected(self: Arc<Self>, mut said: Option<String>) {
        loop {
            while !self.is_up() {
                sleep(PAUSE).await;
                self.try_connect(&mut said).await;
            }
            self.failed.notified().await;
        }
    }

    /// `said` is the last reason that was told.
    async fn try_connect(&self, said: &mut Option<String>) {
        let limit = connection_limit(self.time_limit);
        let tried = timeout(limit.saturating_mul(2), self.connect()).await;
        let why = match tried {
            Ok(Ok(connection)) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                current.number += 1;
                current.connection = Some(connection);
                metrics::gauge!("symbolon_shared_up").set(1.0);
                tracing::info!("Redis is in use");
                *said = None;
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no connection in time".to_owned(),
        };
        if said.as_ref() != Some(&why) {
            tracing::warn!(why, "Redis cannot be used; this node goes on without it");
            *said = Some(why);
        }
    }

    /// A connection that does all that is needed: of a cluster every master is asked.
    async fn connect(&self) -> Result<Connection, RedisError> {
        let mut connection = self.connector.connect().await?;
        // One that is too slow for requests is not connected to.
        let limit = self.time_limit;
        let late = |_| RedisError::from(io::Error::from(io::ErrorKind::TimedOut));
        let ping = commands::ping();
        let answered = timeout(limit, ping.exec_async(&mut connection)).await;
        answered.map_err(late)??;
        let bucket = Bucket {
            burst: NonZeroU32::MAX,
            refill_ms: 1,
        };
        let probe = commands::take(commands::PROBE, bucket);
        let answered = timeout(limit, probe.exec_async(&mut connection)).await;
        answered.map_err(late)??;
        Ok(connection)
    }
}

/// Whether the server works and merely does not like what lies under the key, or us to do this.
fn is_about_a_key(error: &RedisError) -> bool {
    matches!(error.code(), Some("WRONGTYPE" | "ERR"))
        || error.kind() == redis::ErrorKind::UnexpectedReturnType
        || error.kind() == redis::ErrorKind::Parse
}
