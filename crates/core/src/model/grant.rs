//! Grants: account × client × resource × scopes × session; each is one refresh-token family.

use std::fmt;

use symbolon_protocol::{AccountId, ClientId, EndReason, GrantId, SessionId, Timestamp};

/// A grant's row. There is no row per token: the refresh tokens of a grant are numbered.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// `gid`.
    pub id: GrantId,
    /// Whose it is; none for a client's own standing grant (client credentials).
    pub account: Option<AccountId>,
    /// The client it was given to.
    pub client: ClientId,
    /// The audience of its access tokens.
    pub resource: String,
    /// Scope values.
    pub scopes: Vec<String>,
    /// The session it was given in; kept for an offline grant too, which does not end with it.
    pub session: Option<SessionId>,
    /// The grant it was exchanged from (RFC 8693).
    pub parent: Option<GrantId>,
    /// Whether it outlives its session (scope `offline_access`).
    pub offline: bool,
    /// `ver` of its tokens: bumped when scopes are narrowed or roles change.
    pub version: u32,
    /// The number of the one refresh token that is unspent.
    pub generation: u64,
    /// 32 random bytes from which the family's MAC key is derived.
    pub seed: [u8; 32],
    /// Which server secret made the unspent refresh token.
    pub secret_id: u32,
    /// When `generation` last moved.
    pub rotated_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Seconds without a refresh after which it is dead.
    pub idle_secs: u32,
    /// When it dies at the latest; does not move with rotation.
    pub expires_at: Timestamp,
    /// Whether it was ended.
    pub state: GrantState,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("id", &self.id)
            .field("session", &self.session)
            .field("version", &self.version)
            .field("generation", &self.generation)
            .field("state", &self.state)
            .field("seed", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// A grant's lifecycle, timeouts aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantState {
    /// Not ended by anybody.
    Active,
    /// Ended.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

impl Grant {
    /// Whether it can still be refreshed at `now`, its session and account aside.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        let used = self.rotated_at.unwrap_or(self.created_at);
        self.state == GrantState::Active
            && now < self.expires_at
            && now < used.plus_secs(i64::from(self.idle_secs))
    }
}
