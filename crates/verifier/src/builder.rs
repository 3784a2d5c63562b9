//! Describes a verifier. Issuer, audience and algorithms come first and cannot be left out:
//! without them there is no [`Builder`] that could build anything.

#[cfg(feature = "client")]
mod client;
mod fixed;

use std::{fmt, marker::PhantomData, sync::Arc};

use symbolon_jose::{Algorithm, KeyError, Validation, ValidationError};
use symbolon_protocol::{AccessClaims, typ};

use crate::{
    Dpop, DpopError,
    clock::{Clock, SystemClock},
    dpop::Checker,
};
#[cfg(feature = "client")]
pub(crate) use client::ClientSettings;
#[cfg(feature = "client")]
pub use client::Startup;

/// 60 minutes: longer tokens are a mistake unless somebody says that they are not.
const MAX_LIFETIME_SECS: i64 = 3_600;
/// 16 KiB: what HTTP servers take as one header, and more than any token of ours has.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Memory for tokens that were verified before.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Why no verifier could be built. All but one of these need another configuration; whether an
/// issuer that is merely out of reach is an error is the start-up policy's to say.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Issuer, audience, algorithms or leeway are refused.
    #[error("the settings are refused: {0}")]
    Settings(#[from] ValidationError),
    /// A fixed JWKS is refused.
    #[error("the JWKS is refused: {0}")]
    Keys(#[from] KeyError),
    /// DPoP proofs cannot be checked as described.
    #[error("DPoP: {0}")]
    Dpop(#[from] DpopError),
    /// The issuer is not an https origin (http on loopback only).
    #[cfg(feature = "client")]
    #[error("the issuer is not an https origin without a path")]
    Issuer,
    /// `wait` is not shorter than `max_staleness`, so every answer would come too late.
    #[cfg(feature = "client")]
    #[error("wait must be shorter than max_staleness")]
    WaitTooLong,
    /// [`OnStale::Introspect`](crate::OnStale::Introspect) without a client to introspect as.
    #[cfg(feature = "client")]
    #[error("introspection needs a client")]
    NoClient,
    /// The HTTP client cannot be made.
    #[cfg(feature = "client")]
    #[error("the HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The issuer says something about itself that must not be believed.
    #[cfg(feature = "client")]
    #[error(transparent)]
    Metadata(#[from] crate::MetadataError),
    /// The issuer was not followed in time; see `Startup::Wait`.
    #[cfg(feature = "client")]
    #[error(
        "the issuer was not followed within {limit:?}{}",
        problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default()
    )]
    NotLive {
        /// How long was waited.
        limit: std::time::Duration,
        /// What was wrong in the end.
        problem: Option<String>,
    },
    /// Not called within a tokio runtime.
    #[cfg(feature = "client")]
    #[error("there is no tokio runtime")]
    NoRuntime,
}

/// An issuer without an audience yet.
#[derive(Debug, Clone)]
#[must_use]
pub struct NeedsAudience {
    issuer: String,
}

impl NeedsAudience {
    pub(crate) fn new(issuer: String) -> Self {
        Self { issuer }
    }

    /// The audience that this service is; tokens must name it.
    pub fn audience(self, audience: impl Into<String>) -> NeedsAlgorithms {
        NeedsAlgorithms {
            issuer: self.issuer,
            audiences: vec![audience.into()],
        }
    }
}

/// Issuer and audience without algorithms yet.
#[derive(Debug, Clone)]
#[must_use]
pub struct NeedsAlgorithms {
    issuer: String,
    audiences: Vec<String>,
}

impl NeedsAlgorithms {
    /// One more audience; a token must name any one of them.
    pub fn and_audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// The signature algorithms that are accepted (RFC 8725 §3.1).
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Builder {
        Builder {
            issuer: self.issuer,
            audiences: self.audiences,
            algorithms: algorithms.into_iter().collect(),
            leeway: None,
            max_token_bytes: MAX_TOKEN_BYTES,
            max_lifetime: MAX_LIFETIME_SECS,
            cache_bytes: CACHE_BYTES,
            clock: Arc::new(SystemClock),
            dpop: None,
            #[cfg(feature = "client")]
            client: ClientSettings::default(),
            claims: PhantomData,
        }
    }
}

/// Everything that a verifier needs, and what can be changed about it.
#[must_use]
pub struct Builder<C = AccessClaims> {
    issuer: String,
    audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    leeway: Option<u32>,
    max_token_bytes: usize,
    max_lifetime: i64,
    cache_bytes: usize,
    clock: Arc<dyn Clock>,
    dpop: Option<Dpop>,
    #[cfg(feature = "client")]
    client: ClientSettings,
    claims: PhantomData<fn() -> C>,
}

impl<C> Builder<C> {
    /// Reads claims of another type, which holds [`AccessClaims`] beside its own.
    ///
    /// ```
    /// use symbolon_jose::Algorithm;
    /// use symbolon_protocol::AccessClaims;
    /// use symbolon_verifier::Verifier;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct TenantClaims {
    ///     #[serde(flatten)]
    ///     access: AccessClaims,
    ///     tenant: String,
    /// }
    ///
    /// impl AsRef<AccessClaims> for TenantClaims {
    ///     fn as_ref(&self) -> &AccessClaims {
    ///         &self.access
    ///     }
    /// }
    ///
    /// let builder = Verifier::builder("https://id.example")
    ///     .audience("orders")
    ///     .algorithms([Algorithm::EdDSA])
    ///     .claims::<TenantClaims>();
    /// ```
    pub fn claims<D: AsRef<AccessClaims>>(self) -> Builder<D> {
        Builder {
            issuer: self.issuer,
            audiences: self.audiences,
            algorithms: self.algorithms,
            leeway: self.leeway,
            max_token_bytes: self.max_token_bytes,
            max_lifetime: self.max_lifetime,
            cache_bytes: self.cache_bytes,
            clock: self.clock,
            dpop: self.dpop,
            #[cfg(feature = "client")]
            client: self.client,
            claims: PhantomData,
        }
    }

    /// Tolerance for `exp` and `nbf` in seconds: 5 by default, 60 at most.
    pub fn leeway(mut self, seconds: u32) -> Self {
        self.leeway = Some(seconds);
        self
    }

    /// The longest `exp` − `iat` in seconds; 3,600 by default.
    pub fn max_lifetime(mut self, seconds: u32) -> Self {
        self.max_lifetime = i64::from(seconds);
        self
    }

    /// The longest token that is read, in bytes; 16 KiB by default. A longer one is refused with
    /// `token_too_large` before anything of it is decoded.
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// Memory for tokens that were verified before: 16 MiB by default, 0 for none.
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Accepts DPoP-bound tokens with the proof of their key (RFC 9449 §7). Without this they are
    /// refused, and so is the scheme DPoP. Tokens that are bound to no key stay bearer tokens.
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.dpop = Some(dpop);
        self
    }

    fn dpop_checker(&self) -> Result<Option<Checker>, DpopError> {
        self.dpop.as_ref().map(Checker::new).transpose()
    }

    fn validation(&self) -> Result<Validation, ValidationError> {
        let validation = Validation::new(
            self.issuer.as_str(),
            self.audiences.iter().map(String::as_str),
            self.algorithms.iter().copied(),
            typ::ACCESS_TOKEN,
        )?
        .with_max_lifetime(self.max_lifetime)
        .with_max_token_bytes(self.max_token_bytes);
        match self.leeway {
            Some(leeway) => validation.with_leeway(leeway),
            None => Ok(validation),
        }
    }
}

impl<C> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}
