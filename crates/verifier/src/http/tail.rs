//! Follows the revocation log, one long poll after the other.
//!
//! The one thing that must not be broken: nothing of an answer is looked at before its signature
//! is verified with a key of the log.

use std::{sync::Arc, time::Duration};

use symbolon_jose::{Algorithm, JwsRules, ValidationError, json};
use symbolon_protocol::{Body, Echo, Nonce, typ};
use url::Url;

use super::{
    Connection,
    backoff::Backoff,
    fetch::{self, FetchError, Request},
    log_keys::{LogKeys, OpenError},
    metadata::Endpoints,
};
use crate::{
    clock::Clock,
    health::Part,
    log::{BodyError, Exchange, LogWriter},
    state::{Live, State},
};

/// Pages have 1 MiB at most before they are signed and encoded.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Beyond `wait`, an answer takes no longer.
const GRACE: Duration = Duration::from_secs(5);
/// An answer without news that did not wait, as on drain, is not asked for again at once.
const TOO_QUICK_MILLIS: i64 = 100;

/// Why a poll brought nothing.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error("revocation log: {0}")]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("revocation log: the answer is malformed")]
    Malformed,
    #[error("revocation log: {0}")]
    Body(#[from] BodyError),
    #[error("revocation log: somebody answers our question with an old answer")]
    Replayed,
}

/// What to do before the next poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Ask again at once.
    On,
    /// Ask again at once, with a nonce: nothing is known but that it was an answer to anybody.
    Doubt,
    /// Ask again after a moment.
    Breathe,
}

/// The follower of one log.
pub(crate) struct Tail {
    state: Arc<State>,
    live: Arc<Live>,
    connection: Arc<Connection>,
    endpoints: Endpoints,
    /// `None`: it is nobody that is waited for.
    instance: Option<String>,
    writer: LogWriter,
    keys: LogKeys,
}

impl Tail {
    pub(crate) fn new(
        state: Arc<State>,
        live: Arc<Live>,
        connection: Arc<Connection>,
        endpoints: Endpoints,
    ) -> Result<Self, ValidationError> {
        let public = Algorithm::ALL.into_iter().filter(|alg| !alg.is_symmetric());
        let rules = JwsRules::new(public, typ::REVOCATIONS)?.with_max_token_bytes(MAX_BYTES);
        Ok(Self {
            writer: LogWriter::new(Arc::clone(&live.log), state.validation.issuer()),
            instance: connection.is_listed.then(|| connection.entropy.name()),
            keys: LogKeys::new(
                Arc::clone(&live),
                Arc::clone(&connection),
                Arc::clone(&endpoints),
                rules,
            ),
            state,
            live,
            connection,
            endpoints,
        })
    }

    /// Polls for ever.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let pause = match self.poll().await {
                Ok(Pace::Doubt) => Duration::ZERO,
                Ok(pace) => {
                    self.live.health.works(Part::Log);
                    backoff.reset();
                    match pace {
                        Pace::Breathe => Duration::from_millis(TOO_QUICK_MILLIS.unsigned_abs()),
                        Pace::On | Pace::Doubt => Duration::ZERO,
                    }
                }
                Err(error) => {
                    self.live.health.failed(Part::Log, &error);
                    let pause = backoff.next(&self.connection.entropy);
                    self.live.ask_for_metadata_after(&backoff);
                    pause
                }
            };
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    }

    async fn poll(&mut self) -> Result<Pace, PollError> {
        self.keys.keep(self.uptime()).await?;
        let asked = self.writer.cursor();
        let nonce = self.nonce();
        let sent = self.uptime();
        let jws = self.ask(nonce.as_ref()).await?;
        let received = self.uptime();
        let jws = std::str::from_utf8(&jws).map_err(|_| PollError::Malformed)?;
        let payload = self.keys.open(jws, received).await?;
        let body: Body = json::from_slice(&payload).map_err(|_| PollError::Malformed)?;
        let exchange = Exchange {
            asked,
            sent,
            received,
            now: self.state.clock.now().as_secs(),
            proved: nonce.is_some() && echo(&payload)? == nonce,
        };
        let applied = self.writer.apply(&body, exchange)?;
        if applied.names_keys {
            let log = &self.live.log;
            if self.state.keys.withdraw(|id| log.names(id)) {
                // Another signs instead. Whoever has its tokens should not be the first to ask.
                self.live.keys_wanted.notify_one();
            }
            self.keys.withdraw(|id| log.names(id));
        }
        if applied.another_history {
            // Keys that were made since the store was backed up are not published any more.
            self.live.keys_wanted.notify_one();
        }
        let news = self.writer.cursor() != asked;
        let took = received.saturating_sub(sent);
        match applied.progressed {
            false if nonce.is_none() => Ok(Pace::Doubt),
            false => Err(PollError::Replayed),
            true if !news && took < TOO_QUICK_MILLIS => Ok(Pace::Breathe),
            true => Ok(Pace::On),
        }
    }

    /// One that nobody can have seen before, if this question needs one.
    fn nonce(&self) -> Option<Nonce> {
        let wanted = self.writer.wants_proof();
        wanted.then(|| self.connection.entropy.name().parse().ok())?
    }

    /// Sends the long poll; the answer as it came.
    async fn ask(&self, nonce: Option<&Nonce>) -> Result<Vec<u8>, FetchError> {
        let wait = self.wait();
        let request = Request {
            url: &self.poll_url(wait, nonce),
            header: None,
            credentials: self.connection.credentials.as_ref(),
            timeout: wait + GRACE,
            max_bytes: MAX_BYTES,
        };
        let fetched = fetch::get(&self.connection.client, request).await?;
        // We sent no validator, so 304 would be no answer.
        fetched.body.ok_or(FetchError::Status(304))
    }

    /// A copy that is too old, or may be, needs an answer at once, news or not.
    fn wait(&self) -> Duration {
        if self.live.log.is_stale(self.uptime()) || self.writer.is_in_doubt() {
            Duration::ZERO
        } else {
            self.connection.wait
        }
    }

    fn poll_url(&self, wait: Duration, nonce: Option<&Nonce>) -> Url {
        let mut url = self.endpoints.load().revocations.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(cursor) = self.writer.cursor() {
                query.append_pair("after", &cursor.to_string());
            }
            query.append_pair("wait", &wait.as_secs().to_string());
            if let Some(instance) = &self.instance {
                query.append_pair("instance", instance);
                if let Some(hash) = self.live.held_keys.load().as_ref() {
                    query.append_pair("jwks", hash);
                }
            }
            if let Some(nonce) = nonce {
                query.append_pair("nonce", &nonce.to_string());
            }
        }
        url
    }

    fn uptime(&self) -> i64 {
        let clock: &dyn Clock = &*self.state.clock;
        clock.uptime_millis()
    }
}

/// The nonce that an answer repeats.
fn echo(payload: &[u8]) -> Result<Option<Nonce>, PollError> {
    let echo: Echo = serde_json::from_slice(payload).map_err(|_| PollError::Malformed)?;
    Ok(echo.nonce)
}
