//! What the gateway asks of whoever knows sessions and tokens. In one process with the server the
//! command line wires it to the session service; elsewhere to a verifier.

use async_trait::async_trait;
use symbolon_protocol::{RejectReason, SessionId, Subject};

/// The credentials of the request that the proxy asks about.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    /// The session cookie's value.
    pub cookie: Option<&'a str>,
    /// The bearer token.
    pub bearer: Option<&'a str>,
}

/// Whom a good credential speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub subject: Subject,
    /// The session, unless the token is of an offline grant.
    pub session: Option<SessionId>,
}

/// Why the answer is no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The credential is missing or not good.
    Rejected(RejectReason),
    /// It cannot be known now.
    Unavailable,
}

/// Decides about credentials.
#[async_trait]
pub trait CredentialCheck: Send + Sync + 'static {
    /// Whom they speak for.
    async fn check(&self, presented: Presented<'_>) -> Result<Identity, Refusal>;
}
