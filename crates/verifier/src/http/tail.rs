//! Follows the revocation log, one long poll after the other.
//!
//! The one thing that must not be broken: nothing of an answer is looked at before its signature
//! is verified with a key of the log.

use std::{sync::Arc, time::Duration};

use symbolon_jose::{Algorithm, JwsRules, ValidationError, VerifyError, verify_jws};
use symbolon_protocol::{Body, typ};
use url::Url;

use super::{
    Connection,
    backoff::Backoff,
    cooldown::Cooldown,
    fetch::{self, FetchError, Request},
    key_source::{KeySource, KeySourceError},
};
use crate::{
    clock::Clock,
    health::Part,
    keys::Keys,
    log::{BodyError, Exchange, LogWriter},
    state::{Live, State},
};

/// Pages have 1 MiB at most before they are signed and encoded.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Beyond `wait`, an answer takes no longer.
const GRACE: Duration = Duration::from_secs(5);
/// An answer without news that did not wait, as on drain, is not asked for again at once.
const TOO_QUICK_MILLIS: i64 = 100;
/// How soon a fetch of the log's keys is tried again that was due and failed, in milliseconds.
const KEY_RETRY: i64 = 30_000;

/// Why a poll brought nothing.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error("revocation log {0}")]
    Keys(#[from] KeySourceError),
    #[error("revocation log: {0}")]
    Fetch(#[from] FetchError),
    #[error("revocation log: {0}")]
    Signature(#[from] VerifyError),
    #[error("revocation log: its keys are not known")]
    NoKeys,
    #[error("revocation log: the answer is malformed")]
    Malformed,
    #[error("revocation log: {0}")]
    Body(#[from] BodyError),
    #[error(
        "revocation log: the answer is not newer than the last one; the issuer's clock went back, \
         or somebody replays old answers"
    )]
    NotNewer,
}

/// What to do before the next poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Ask again at once.
    On,
    /// Ask again after a moment.
    Breathe,
}

/// The follower of one log.
pub(crate) struct Tail {
    state: Arc<State>,
    live: Arc<Live>,
    connection: Arc<Connection>,
    url: Url,
    instance: String,
    rules: JwsRules,
    writer: LogWriter,
    keys: Keys,
    key_source: KeySource,
    keys_due: i64,
    key_cooldown: Cooldown,
}

impl Tail {
    pub(crate) fn new(
        state: Arc<State>,
        live: Arc<Live>,
        connection: Arc<Connection>,
        url: Url,
        keys: Url,
    ) -> Result<Self, ValidationError> {
        let public = Algorithm::ALL.into_iter().filter(|alg| !alg.is_symmetric());
        let rules = JwsRules::new(public, typ::REVOCATIONS)?.with_max_token_bytes(MAX_BYTES);
        Ok(Self {
            writer: LogWriter::new(Arc::clone(&live.log), state.validation.issuer()),
            instance: connection.entropy.name(),
            key_cooldown: Cooldown::new(connection.key_cooldown),
            keys: Keys::new(),
            key_source: KeySource::new(keys),
            keys_due: i64::MIN,
            state,
            live,
            connection,
            url,
            rules,
        })
    }

    /// Polls for ever.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let pause = match self.poll().await {
                Ok(pace) => {
                    self.live.health.works(Part::Log);
                    backoff.reset();
                    match pace {
                        Pace::Breathe => Duration::from_millis(TOO_QUICK_MILLIS.unsigned_abs()),
                        Pace::On => Duration::ZERO,
                    }
                }
                Err(error) => {
                    self.live.health.failed(Part::Log, &error);
                    backoff.next(&self.connection.entropy)
                }
            };
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    }

    async fn poll(&mut self) -> Result<Pace, PollError> {
        self.renew_keys_if_due().await?;
        let asked = self.writer.cursor();
        let sent = self.uptime();
        let jws = self.ask().await?;
        let exchange = Exchange {
            asked,
            sent,
            received: self.uptime(),
            now: self.state.clock.now().as_secs(),
        };
        let body = self.open(&jws).await?;
        let applied = self.writer.apply(&body, exchange)?;
        if applied.names_keys {
            let log = &self.live.log;
            self.state.keys.withdraw(|id| log.names(id));
            self.keys.withdraw(|id| log.names(id));
        }
        let news = self.writer.cursor() != asked;
        let took = exchange.received.saturating_sub(sent);
        match applied.progressed {
            false => Err(PollError::NotNewer),
            true if !news && took < TOO_QUICK_MILLIS => Ok(Pace::Breathe),
            true => Ok(Pace::On),
        }
    }

    /// Sends the long poll; the answer as it came.
    async fn ask(&self) -> Result<Vec<u8>, FetchError> {
        let wait = self.wait();
        let request = Request {
            url: &self.poll_url(wait),
            header: None,
            credentials: self.connection.credentials.as_ref(),
            timeout: wait + GRACE,
            max_bytes: MAX_BYTES,
        };
        let fetched = fetch::get(&self.connection.client, request).await?;
        // We sent no validator, so 304 would be no answer.
        fetched.body.ok_or(FetchError::Status(304))
    }

    /// A copy that is too old needs an answer at once, news or not.
    fn wait(&self) -> Duration {
        if self.live.log.is_stale(self.uptime()) {
            Duration::ZERO
        } else {
            self.connection.wait
        }
    }

    fn poll_url(&self, wait: Duration) -> Url {
        let mut url = self.url.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(cursor) = self.writer.cursor() {
                query.append_pair("after", &cursor.to_string());
            }
            query.append_pair("wait", &wait.as_secs().to_string());
            query.append_pair("instance", &self.instance);
            if let Some(hash) = self.live.held_keys.load().as_ref() {
                query.append_pair("jwks", hash);
            }
        }
        url
    }

    /// Verifies an answer; an unknown key is fetched, once per cooldown of its own.
    async fn open(&mut self, jws: &[u8]) -> Result<Body, PollError> {
        let jws = std::str::from_utf8(jws).map_err(|_| PollError::Malformed)?;
        match self.try_open(jws) {
            Err(PollError::Signature(VerifyError::KeyUnknown { .. }))
                if self.key_cooldown.try_take(self.uptime()) =>
            {
                self.renew_keys().await?;
                self.try_open(jws)
            }
            other => other,
        }
    }

    fn try_open(&self, jws: &str) -> Result<Body, PollError> {
        let keys = self.keys.load();
        let keys = keys.as_ref().ok_or(PollError::NoKeys)?;
        let payload = verify_jws(jws.trim_ascii_end(), keys.set(), &self.rules)?.into_payload();
        serde_json::from_slice(&payload).map_err(|_| PollError::Malformed)
    }

    /// Keys that we have go on serving when they cannot be renewed.
    async fn renew_keys_if_due(&mut self) -> Result<(), KeySourceError> {
        if self.uptime() < self.keys_due {
            return Ok(());
        }
        match self.renew_keys().await {
            Err(_) if self.keys.load().is_some() => {
                self.keys_due = self.uptime().saturating_add(KEY_RETRY);
                Ok(())
            }
            other => other,
        }
    }

    async fn renew_keys(&mut self) -> Result<(), KeySourceError> {
        let source = &mut self.key_source;
        let max_age = source
            .fetch(&self.connection, &self.keys, &self.live.log)
            .await?;
        let max_age = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        self.keys_due = self.uptime().saturating_add(max_age);
        Ok(())
    }

    fn uptime(&self) -> i64 {
        let clock: &dyn Clock = &*self.state.clock;
        clock.uptime_millis()
    }
}
