//! DPoP at a resource server (RFC 9449 §4.3, §7): a token that is bound to a key is of use only to
//! who holds the key.
//!
//! The one thing that must not be broken: a proof that was accepted once is never taken for a new
//! one, however many threads bring it, for as long as it could be accepted at all. When that cannot
//! be said any more, the proof is refused.
//!
//! What is remembered of proofs lives in this process. After a restart, and at another node, a proof
//! that is younger than [`Dpop::max_age`] could be used a second time; nonces with a secret of the
//! process's own ([`Dpop::nonces`]) close that too, because they end with the process.

mod nonce;
mod proof;
mod replay;
mod target;

use std::sync::Arc;

use symbolon_jose::{Algorithm, JwsRules, ValidationError};
use symbolon_protocol::{RejectReason, typ};

use self::{nonce::Nonces, replay::ReplayMemory, target::PublicUrl};

pub(crate) use self::proof::{Proof, Purpose};

/// Longer proofs are refused unread, in bytes; one with a 4096-bit RSA key has about 2,500.
const MAX_PROOF_BYTES: usize = 8 * 1024;
/// The most that [`Dpop::max_age`] and [`Dpop::max_future`] can be, in seconds.
const MAX_WINDOW_SECS: u32 = 600;

/// Why proofs cannot be checked as described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// Not an absolute http(s) URL, or one with user, query or fragment.
    #[error("the public URL is not an absolute http(s) URL without query and fragment")]
    PublicUrl,
    /// No algorithm, or one whose key is a shared secret (RFC 9449 §4.3 check 5).
    #[error("the algorithms for proofs must be asymmetric: {0}")]
    Algorithms(#[from] ValidationError),
    /// A window of more than 600 s.
    #[error("a proof may be accepted for 600 seconds at most")]
    WindowTooLong,
    /// A nonce secret of fewer than 32 bytes.
    #[error("the secret for nonces has fewer than 32 bytes")]
    SecretTooShort,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// How proofs are checked.
///
/// ```
/// use symbolon_verifier::{Algorithm, Dpop, Verifier};
///
/// let builder = Verifier::builder("https://id.example")
///     .audience("https://orders.example")
///     .algorithms([Algorithm::EdDSA])
///     .dpop(Dpop::new("https://orders.example"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Dpop {
    public_url: String,
    algorithms: Vec<Algorithm>,
    max_age: u32,
    max_future: u32,
    capacity: usize,
    nonces: Option<NonceSettings>,
}

#[derive(Clone)]
struct NonceSettings {
    secret: Option<Vec<u8>>,
    period_secs: u32,
}

impl Dpop {
    /// Proofs must be made for URLs below `public_url`: the origin that clients see, with the path
    /// prefix if a proxy in front takes one away. It is never taken from the request, whose `Host`
    /// is the sender's choice.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            algorithms: vec![Algorithm::EdDSA, Algorithm::ES256],
            max_age: 60,
            max_future: 5,
            capacity: 65_536,
            nonces: None,
        }
    }

    /// The algorithms of proofs: EdDSA and ES256 unless set.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How many seconds old a proof may be; 60 by default, 600 at most.
    pub fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = seconds;
        self
    }

    /// How many seconds a proof may be from the future, for clocks that differ; 5 by default, 600
    /// at most.
    pub fn max_future(mut self, seconds: u32) -> Self {
        self.max_future = seconds;
        self
    }

    /// How many proofs can be accepted within `max_age` + `max_future`; 65,536 by default, about
    /// 1,000 a second. The memory, 32 to 128 bytes for each, is set aside at once and never grows.
    /// When it is full, further proofs are refused with `dpop_memory_full` (503).
    pub fn capacity(mut self, proofs: usize) -> Self {
        self.capacity = proofs;
        self
    }

    /// Demands a nonce of ours in every proof (RFC 9449 §9), which changes every `period_secs` and
    /// is good for one period more. `secret` (32 random bytes or more) is shared by nodes that stand
    /// behind one name; `None` makes one for this process, so that no proof outlives it.
    pub fn nonces(mut self, secret: Option<&[u8]>, period_secs: u32) -> Self {
        self.nonces = Some(NonceSettings {
            secret: secret.map(<[u8]>::to_vec),
            period_secs,
        });
        self
    }
}

impl std::fmt::Debug for Dpop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dpop")
            .field("public_url", &self.public_url)
            .field("algorithms", &self.algorithms)
            .field("nonces", &self.nonces.is_some())
            .finish_non_exhaustive()
    }
}

/// Checks proofs as a [`Dpop`] describes.
pub(crate) struct Checker {
    public_url: PublicUrl,
    rules: JwsRules,
    algs: Arc<str>,
    max_age: i64,
    max_future: i64,
    replay: ReplayMemory,
    nonces: Option<Nonces>,
}

impl Checker {
    pub(crate) fn new(settings: &Dpop) -> Result<Self, DpopError> {
        let public_url = PublicUrl::parse(&settings.public_url).ok_or(DpopError::PublicUrl)?;
        if settings.algorithms.iter().any(|alg| alg.is_symmetric()) {
            return Err(ValidationError::MixedAlgorithms.into());
        }
        if settings.max_age.max(settings.max_future) > MAX_WINDOW_SECS {
            return Err(DpopError::WindowTooLong);
        }
        let rules = JwsRules::new(settings.algorithms.iter().copied(), typ::DPOP)?
            .with_max_token_bytes(MAX_PROOF_BYTES);
        let names: Vec<_> = settings.algorithms.iter().map(|alg| alg.as_str()).collect();
        let (max_age, max_future) = (settings.max_age.into(), settings.max_future.into());
        Ok(Self {
            public_url,
            rules,
            algs: names.join(" ").into(),
            max_age,
            max_future,
            replay: ReplayMemory::new(settings.capacity, max_age + max_future + 1)?,
            nonces: settings.nonces.as_ref().map(Nonces::new).transpose()?,
        })
    }

    /// Remembers a proof whose request is about to be let through. Called last, so that strangers
    /// without a token that is good cannot fill the memory.
    pub(crate) fn spend(&self, proof: &Proof, now: i64) -> Result<(), RejectReason> {
        self.replay.spend(proof.fingerprint, proof.issued_at, now)
    }

    /// What a refused request is told about proofs.
    pub(crate) fn challenge(&self, scheme_used: bool, now: i64) -> Challenge {
        Challenge {
            algs: Arc::clone(&self.algs),
            nonce: self.nonces.as_ref().map(|nonces| nonces.issue(now)),
            scheme_used,
        }
    }
}

/// RFC 9449 §7.1, §9: what stands in the answer to a refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Space-separated algorithms of proofs.
    pub(crate) algs: Arc<str>,
    pub(crate) nonce: Option<String>,
    /// Whether the request came under the scheme DPoP.
    pub(crate) scheme_used: bool,
}

/// 32 random bytes.
fn random() -> Result<[u8; 32], DpopError> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| DpopError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
