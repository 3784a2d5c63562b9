//! A verifier that follows its issuer.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use tokio::{runtime::Handle, sync::Notify, task::JoinSet};

use super::{BuildError, Builder};
use crate::{
    Verifier,
    cache::Cache,
    demand::OnStale,
    entropy::Entropy,
    health::Health,
    http::{self, Connection, Credentials, background::Follower, cooldown::Cooldown, origin},
    keys::Keys,
    log::Log,
    state::{Live, State},
};

/// The issuer answers a long poll after 25 s at the latest.
const MAX_WAIT: Duration = Duration::from_secs(25);
/// Less would be asking without pause.
const MIN_WAIT: Duration = Duration::from_secs(1);

/// Settings of the network side.
pub(crate) struct ClientSettings {
    credentials: Option<Credentials>,
    max_staleness: Duration,
    on_stale: OnStale,
    wait: Duration,
    key_cooldown: Duration,
    http: Option<reqwest::Client>,
    entropy: Entropy,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            credentials: None,
            max_staleness: Duration::from_secs(30),
            on_stale: OnStale::Reject,
            wait: Duration::from_secs(2),
            key_cooldown: Duration::from_secs(10),
            http: None,
            entropy: Entropy::system(),
        }
    }
}

impl<C> Builder<C> {
    /// The client as which the revocation log is read (scope `revocations:read`), unless it is
    /// public. Its secret is sent to the issuer's own origin only.
    pub fn client(mut self, id: &str, secret: &str) -> Self {
        self.client.credentials = Some(Credentials::new(id, secret));
        self
    }

    /// How old the local copy of the log may be, counted from when the request was sent that
    /// brought the last answer; 30 s by default.
    pub fn max_staleness(mut self, limit: Duration) -> Self {
        self.client.max_staleness = limit;
        self
    }

    /// What happens when it is older; a [`Demand`](crate::Demand) can differ.
    pub fn on_stale(mut self, on_stale: OnStale) -> Self {
        self.client.on_stale = on_stale;
        self
    }

    /// How long the issuer may hold back an answer without news, in whole seconds: 2 s by default,
    /// from 1 s to 25 s. Shorter notices a silent issuer earlier, longer asks less often.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.client.wait = wait.clamp(MIN_WAIT, MAX_WAIT);
        self
    }

    /// How often, at most, a token with an unknown `kid` makes the keys be fetched again; 10 s by
    /// default.
    pub fn key_cooldown(mut self, cooldown: Duration) -> Self {
        self.client.key_cooldown = cooldown;
        self
    }

    /// Another HTTP client, with your proxy or your certificate authorities. It should not follow
    /// redirects. The default one uses rustls with the process's crypto provider, or aws-lc-rs
    /// when none is installed.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.client.http = Some(client);
        self
    }

    /// Another source of random bits, for tests. It spreads retries and names the instance.
    pub fn randomness(mut self, draw: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.client.entropy = Entropy::new(draw);
        self
    }

    /// Builds the verifier and starts following the issuer.
    ///
    /// Fetches metadata and keys once before it returns. If the issuer is out of reach, the
    /// verifier is built nevertheless, refuses tokens (`keys_unavailable`, `revocation_stale`) and
    /// goes on trying; see [`Verifier::wait_until_live`].
    ///
    /// # Errors
    /// [`BuildError`]: what waiting would not mend.
    pub async fn build(self) -> Result<Verifier<C>, BuildError> {
        let runtime = Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let validation = self.validation()?;
        let issuer = origin::parse_issuer(&self.issuer).ok_or(BuildError::Issuer)?;
        let settings = self.client;
        if settings.wait >= settings.max_staleness {
            return Err(BuildError::WaitTooLong);
        }
        let client = match settings.http {
            Some(client) => client,
            None => http::default_client()?,
        };
        let cooldown = i64::try_from(settings.key_cooldown.as_millis()).unwrap_or(i64::MAX);
        let live = Arc::new(Live {
            log: Arc::new(Log::new(settings.max_staleness)),
            on_stale: settings.on_stale,
            health: Health::new(),
            key_cooldown: Cooldown::new(cooldown),
            held_keys: ArcSwapOption::empty(),
            keys_wanted: Notify::new(),
        });
        let state = Arc::new(State {
            validation,
            clock: self.clock,
            keys: Keys::new(),
            live: Some(Arc::clone(&live)),
        });
        let connection = Connection {
            client,
            credentials: settings.credentials,
            entropy: settings.entropy,
            wait: settings.wait,
            key_cooldown: cooldown,
        };
        let follower = Follower {
            state: Arc::clone(&state),
            live,
            connection,
            issuer,
        };
        let started = follower.start().await?;
        let mut background = JoinSet::new();
        background.spawn_on(started.run(), &runtime);
        let cache = Cache::new(self.cache_bytes);
        Ok(Verifier::with_background(state, cache, background))
    }
}
