//! What a service answers when it does not do what was asked.

use symbolon_protocol::RejectReason;

use crate::store::StoreError;

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The credential was refused.
    #[error("{0}")]
    Rejected(RejectReason),
    /// Too many attempts.
    #[error("too many attempts")]
    RateLimited {
        /// Seconds after which another attempt is possible.
        retry_after_secs: u32,
    },
    /// More is waiting than the bound allows; nothing was started.
    #[error("the server is busy")]
    Busy {
        /// Seconds after which to try again.
        retry_after_secs: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The request cannot be right, whatever the state.
    #[error("{detail}")]
    Invalid {
        /// Stable code.
        code: &'static str,
        /// What is wrong, for people.
        detail: String,
    },
    /// What the request names does not exist, or not for this caller.
    #[error("no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// The state forbids it.
    #[error("{detail}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// What is in the way, for people.
        detail: &'static str,
    },
    /// A refresh token was made with a server secret that this node does not know (yet).
    #[error("refresh token of server secret {id}, which this node does not have")]
    UnknownSecret {
        /// Its number.
        id: u32,
    },
    /// This node's clock is not the store's.
    #[error("this node's clock is {ahead_ms} ms ahead of the store's")]
    ClockSkewed {
        /// By how many milliseconds it is ahead; negative when it is behind.
        ahead_ms: i64,
    },
    /// A sealed value does not open: the master key is another one, or the value was altered.
    #[error("{0}")]
    Sealed(String),
    /// A key does not sign, a stored hash cannot be read: the deployment is broken.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<RejectReason> for Error {
    fn from(reason: RejectReason) -> Self {
        Self::Rejected(reason)
    }
}

impl Error {
    pub(crate) fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid {
            code,
            detail: detail.into(),
        }
    }

    pub(crate) fn internal(detail: impl std::fmt::Display) -> Self {
        Self::Internal(detail.to_string())
    }
}
