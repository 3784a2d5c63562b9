//! What an issuer is configured with. Validated before it gets here; nothing here is global.

use std::num::NonZeroU32;

use symbolon_jose::Algorithm;
use symbolon_protocol::ClientId;

use crate::secret::SecretHash;

/// The client of first-party log-ins. Built in, public.
pub const FIRST_PARTY_CLIENT: &str = "first-party";

/// Leeway that a verifier may be configured with at most, in seconds (the log remembers that much
/// longer).
pub const MAX_LEEWAY_SECS: i64 = 60;

/// How long what is decided by a request may take, in seconds, until every node goes by it: the wait for
/// a connection, for locks and for the commit, and clocks of nodes that differ. Tokens may be issued
/// meanwhile, so what is remembered for the sake of tokens is remembered that much longer.
pub const MAX_SETTLING_SECS: i64 = 30;

/// How long a session may be answered from a cache, in seconds.
pub const SESSION_CACHE_SECS: i64 = 60;

/// One issuer's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer's origin without a path or trailing slash, e.g. `https://auth.example`.
    pub issuer: String,
    /// Sessions.
    pub sessions: SessionSettings,
    /// Tokens.
    pub tokens: TokenSettings,
    /// Passwords.
    pub passwords: PasswordSettings,
    /// Rate limits.
    pub limits: LimitSettings,
    /// Signing keys.
    pub keys: KeySettings,
    /// Whether strangers may register.
    pub registration_open: bool,
    /// Whether anybody may read the revocation log.
    pub revocations_public: bool,
    /// Clients with a secret.
    pub clients: Vec<ClientSettings>,
    /// How old this process's copy of the revocation log may be, in seconds, while the store does not
    /// answer. Beyond it nothing is accepted from memory.
    pub max_staleness_secs: u32,
    /// How long one node does for all what is due by the clock, in seconds, after it was last heard of.
    pub lease_secs: u32,
    /// APIs, the issuer's own aside.
    pub resources: Vec<ResourceSettings>,
}

/// Timeouts, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// Idle timeout of browser sessions.
    pub browser_idle_secs: u32,
    /// Absolute timeout of browser sessions.
    pub browser_absolute_secs: u32,
    /// Idle timeout of token sessions.
    pub token_idle_secs: u32,
    /// Absolute timeout of token sessions.
    pub token_absolute_secs: u32,
    /// Live sessions an account may have; the oldest makes room.
    pub max_per_account: u32,
}

/// Tokens.
#[derive(Debug, Clone, Copy)]
pub struct TokenSettings {
    /// Lifetime of access tokens in seconds, unless the resource says otherwise.
    pub access_lifetime_secs: u32,
    /// Algorithm, unless the resource says otherwise.
    pub algorithm: Algorithm,
    /// Grace window of a rotated refresh token in milliseconds.
    pub refresh_grace_ms: u32,
    /// Seconds without a refresh after which a grant is dead.
    pub refresh_idle_secs: u32,
    /// Seconds after which a grant is dead at the latest.
    pub refresh_absolute_secs: u32,
    /// Whether reuse of a refresh token ends the session too.
    pub reuse_ends_session: bool,
}

/// Argon2id and its pool.
#[derive(Debug, Clone, Copy)]
pub struct PasswordSettings {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Threads that hash; 0: one a core.
    pub workers: usize,
    /// How many may wait; beyond it the answer is "busy".
    pub queue: usize,
    /// Shortest password, in characters.
    pub min_length: usize,
    /// Lowest score of a new password, from 0 to 4; see [`crate::password::Strength`].
    pub min_score: u8,
}

/// One token bucket.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    /// How many attempts may come at once.
    pub burst: NonZeroU32,
    /// Milliseconds after which one attempt is regained.
    pub refill_ms: u32,
}

/// Rate limits of attempts.
#[derive(Debug, Clone, Copy)]
pub struct LimitSettings {
    /// Failed log-ins of one account from browsers that never logged in to it.
    pub login_per_account: Bucket,
    /// Failed log-ins of one account from one browser that did.
    pub login_per_device: Bucket,
    /// Failed log-ins from one address (IPv6: /64).
    pub login_per_address: Bucket,
    /// Registrations from one address.
    pub register_per_address: Bucket,
}

/// Signing keys, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct KeySettings {
    /// `max-age` of the JWKS: a next key signs only after it was published for longer.
    pub jwks_max_age_secs: u32,
    /// How long ahead a scheduled key is published.
    pub next_ahead_secs: u32,
    /// How long a key signs before the next is scheduled.
    pub rotate_every_secs: u32,
}

/// A client with a secret.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// `client_id`.
    pub id: ClientId,
    /// SHA-256 of its secret.
    pub secret: SecretHash,
    /// What it may do, e.g. `revocations:read`.
    pub scopes: Vec<String>,
}

/// An API that tokens are issued for.
#[derive(Debug, Clone)]
pub struct ResourceSettings {
    /// `aud`.
    pub audience: String,
    /// Scope values that can be asked for.
    pub scopes: Vec<String>,
    /// Lifetime of its access tokens in seconds.
    pub access_lifetime_secs: Option<u32>,
    /// Algorithm of its access tokens.
    pub algorithm: Option<Algorithm>,
}

/// A resource with every choice made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource<'a> {
    /// `aud`.
    pub audience: &'a str,
    /// Scope values that can be asked for.
    pub scopes: &'a [String],
    /// Lifetime of its access tokens in seconds.
    pub access_lifetime_secs: u32,
    /// Algorithm of its access tokens.
    pub algorithm: Algorithm,
}

impl Settings {
    /// The resource with this audience. The issuer's own URL is built in.
    #[must_use]
    pub fn resource(&self, audience: &str) -> Option<Resource<'_>> {
        if audience == self.issuer {
            return Some(Resource {
                audience: &self.issuer,
                scopes: &[],
                access_lifetime_secs: self.tokens.access_lifetime_secs,
                algorithm: self.tokens.algorithm,
            });
        }
        let found = self
            .resources
            .iter()
            .find(|resource| resource.audience == audience)?;
        Some(Resource {
            audience: &found.audience,
            scopes: &found.scopes,
            access_lifetime_secs: found
                .access_lifetime_secs
                .unwrap_or(self.tokens.access_lifetime_secs),
            algorithm: found.algorithm.unwrap_or(self.tokens.algorithm),
        })
    }

    /// Every resource, the issuer's own first.
    pub fn all_resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let others = self.resources.iter().map(|one| one.audience.as_str());
        let audiences = std::iter::once(self.issuer.as_str()).chain(others);
        audiences.filter_map(|audience| self.resource(audience))
    }

    /// The highest access-token lifetime that is configured, in seconds.
    #[must_use]
    pub fn highest_lifetime_secs(&self) -> u32 {
        self.resources
            .iter()
            .filter_map(|resource| resource.access_lifetime_secs)
            .fold(self.tokens.access_lifetime_secs, u32::max)
    }

    /// Every algorithm that tokens are signed with.
    #[must_use]
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let mut all = vec![self.tokens.algorithm];
        for algorithm in self
            .resources
            .iter()
            .filter_map(|resource| resource.algorithm)
        {
            if !all.contains(&algorithm) {
                all.push(algorithm);
            }
        }
        all
    }

    /// Whether the issuer is reached over TLS; decides the form of cookies, never the listener.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }
}
