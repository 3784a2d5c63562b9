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
    introspect::Introspector,
    keys::Keys,
    log::Log,
    state::{Live, State},
};

/// The issuer answers a long poll after 25 s at the latest.
const MAX_WAIT: Duration = Duration::from_secs(25);
/// Less would be asking without pause.
const MIN_WAIT: Duration = Duration::from_secs(1);

/// How long [`Startup::Wait`] waits unless told otherwise.
const START_LIMIT: Duration = Duration::from_secs(10);

/// What [`Builder::build`] waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Startup {
    /// Until keys and log are there, so that the first request is not refused. If they are not
    /// within this time, [`BuildError::NotLive`]. The default, with 10 s.
    Wait(Duration),
    /// For nothing: the verifier is there at once, for a service that must start while its issuer
    /// is down, and that can do something without it. Until the issuer was reached, tokens are
    /// refused with `keys_unavailable`, then with `revocation_stale` until the log is complete.
    /// What the issuer says wrong about itself shows in [`Status::problem`](crate::Status) alone.
    Lazy,
}

impl Default for Startup {
    fn default() -> Self {
        Self::Wait(START_LIMIT)
    }
}

/// Settings of the network side.
pub(crate) struct ClientSettings {
    credentials: Option<Credentials>,
    max_staleness: Duration,
    on_stale: OnStale,
    wait: Duration,
    key_cooldown: Duration,
    http: Option<reqwest::Client>,
    entropy: Entropy,
    startup: Startup,
    is_listed: bool,
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
            startup: Startup::default(),
            is_listed: true,
        }
    }
}

impl<C> Builder<C> {
    /// The client as which the revocation log is read (scope `revocations:read`), unless it is
    /// public, and tokens are introspected (scope `tokens:introspect`). Its secret is sent to the issuer's own origin only.
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

    /// What [`Builder::build`] waits for: [`Startup::Wait`] with 10 s by default.
    pub fn startup(mut self, startup: Startup) -> Self {
        self.client.startup = startup;
        self
    }

    /// Reads the log without a name, for a tool that looks and goes: the issuer then waits for it
    /// neither in receipts nor in key rotations.
    pub fn unlisted(mut self) -> Self {
        self.client.is_listed = false;
        self
    }

    /// Another source of random bits, for tests. It spreads retries, names the instance and makes
    /// nonces: who can guess it can make old answers of the log look new.
    pub fn randomness(mut self, draw: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.client.entropy = Entropy::new(draw);
        self
    }

    /// Builds the verifier and starts following the issuer; see [`Startup`] for what it waits for.
    ///
    /// Afterwards the verifier goes on by itself: whatever happens to the issuer or the way there,
    /// it keeps trying, and needs no rebuilding.
    ///
    /// # Errors
    /// [`BuildError`]: settings that cannot work, an issuer that says wrong things about itself,
    /// and, with [`Startup::Wait`], one that was not reached in time.
    pub async fn build(self) -> Result<Verifier<C>, BuildError> {
        let runtime = Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let validation = self.validation()?;
        let issuer = origin::parse_issuer(&self.issuer).ok_or(BuildError::Issuer)?;
        let dpop = self.dpop_checker()?;
        let settings = self.client;
        if settings.wait >= settings.max_staleness {
            return Err(BuildError::WaitTooLong);
        }
        if settings.on_stale == OnStale::Introspect && settings.credentials.is_none() {
            return Err(BuildError::NoClient);
        }
        let client = match settings.http {
            Some(client) => client,
            None => http::default_client()?,
        };
        let cooldown = i64::try_from(settings.key_cooldown.as_millis()).unwrap_or(i64::MAX);
        let live = Arc::new(Live {
            log: Arc::new(Log::new(settings.max_staleness)),
            on_stale: settings.on_stale,
            introspector: Introspector::new(client.clone(), settings.credentials.clone()),
            health: Health::new(),
            key_cooldown: Cooldown::new(cooldown),
            held_keys: ArcSwapOption::empty(),
            keys_wanted: Notify::new(),
            metadata_wanted: Notify::new(),
        });
        let state = Arc::new(State {
            validation,
            clock: self.clock,
            keys: Keys::new(),
            dpop,
            live: Some(Arc::clone(&live)),
        });
        let connection = Connection {
            client,
            credentials: settings.credentials,
            entropy: settings.entropy,
            is_listed: settings.is_listed,
            wait: settings.wait,
            key_cooldown: cooldown,
        };
        let follower = Follower {
            state: Arc::clone(&state),
            live,
            connection,
            issuer,
        };
        let cache = Cache::new(self.cache_bytes);
        match settings.startup {
            Startup::Lazy => {
                let following = follower.follow(None);
                Ok(Verifier::with_background(
                    state,
                    cache,
                    spawned(following, &runtime),
                ))
            }
            Startup::Wait(limit) => {
                let live = Arc::clone(&follower.live);
                let start = async {
                    let found = follower.first_look().await?;
                    let following = follower.follow(Some(found));
                    let verifier =
                        Verifier::with_background(state, cache, spawned(following, &runtime));
                    verifier.wait_until_live(Duration::MAX).await;
                    Ok(verifier)
                };
                let started = tokio::time::timeout(limit, start).await;
                started.unwrap_or_else(|_| {
                    let problem = live.health.problem();
                    Err(BuildError::NotLive { limit, problem })
                })
            }
        }
    }
}

fn spawned(task: impl Future<Output = ()> + Send + 'static, runtime: &Handle) -> JoinSet<()> {
    let mut background = JoinSet::new();
    background.spawn_on(task, runtime);
    background
}
