//! Sessions: creating and using them. What ends them is in [`super::changes`].

use std::fmt;

use async_trait::async_trait;
use symbolon_protocol::{AccountId, ClientId, GrantId, SessionId, Timestamp};

use super::{EndedCount, Horizon, Reach, ReachOf, StoreError};
use crate::{
    model::{Account, Session, SessionCookie, TruncatedIp},
    secret::CookieHash,
};

/// A grant to be made with a session.
#[derive(Clone)]
pub struct NewGrant {
    /// `gid`.
    pub id: GrantId,
    /// To whom.
    pub client: ClientId,
    /// Audience of its tokens.
    pub resource: String,
    /// Scope values.
    pub scopes: Vec<String>,
    /// Whether it outlives the session.
    pub offline: bool,
    /// The family's seed.
    pub seed: [u8; 32],
    /// Which server secret makes its first refresh token (generation 1).
    pub secret_id: u32,
    /// Seconds without a refresh after which it is dead.
    pub idle_secs: u32,
    /// When it dies at the latest.
    pub expires_at: Timestamp,
}

impl fmt::Debug for NewGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewGrant")
            .field("id", &self.id)
            .field("resource", &self.resource)
            .field("seed", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// A session to be made, with everything that is born with it.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session; `version` 1, state active.
    pub session: Session,
    /// Its first cookie, if it has one.
    pub cookie: Option<SessionCookie>,
    /// Its first grant, if tokens were asked for.
    pub grant: Option<NewGrant>,
    /// The version of the password that was verified: when it has changed since, nothing is made.
    pub password_version: Option<u32>,
    /// A session of the same browser that this one takes the place of: ended in the same
    /// transaction (reason `cookie_renewed`).
    pub replaces: Option<SessionId>,
    /// How many live sessions the account may have; beyond it the oldest end (`session_cap`).
    pub max_sessions: u32,
}

/// What came of making a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateSession {
    /// It exists now.
    Created {
        /// What ended with the session that it takes the place of.
        replaced: EndedCount,
        /// What ended because the account had as many sessions as it may have.
        capped: EndedCount,
    },
    /// The account is disabled or gone.
    AccountNotActive,
    /// The password was changed after it was verified.
    PasswordChanged,
}

/// A session and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// Its account.
    pub account: Account,
}

/// Sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Makes a session under the account's lock, together with its cookie and grant.
    async fn create_session(
        &self,
        new: NewSession,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<CreateSession, StoreError>;

    /// The session of a cookie that was set at `origin`, in whatever state it is. If it is live and
    /// was last seen [`Session::coalesced_ms`] ago or longer, `last_seen` becomes `now` and `ip` the
    /// place of this use, unless that is not known; the answer shows it.
    async fn touch_session_from(
        &self,
        cookie: &CookieHash,
        origin: &str,
        from: Option<TruncatedIp>,
        now: Timestamp,
    ) -> Result<Option<SessionView>, StoreError>;

    /// [`Self::touch_session_from`] by somebody whose place is not known.
    async fn touch_session(
        &self,
        cookie: &CookieHash,
        origin: &str,
        now: Timestamp,
    ) -> Result<Option<SessionView>, StoreError> {
        self.touch_session_from(cookie, origin, None, now).await
    }

    /// The session with this id, in whatever state it is.
    async fn session(&self, id: SessionId) -> Result<Option<SessionView>, StoreError>;

    /// The sessions of an account that are live at `now`, newest first.
    async fn live_sessions(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError>;

    /// What ending something of an account would reach, read in one transaction. `None`: no such
    /// session, it is another account's, or it has ended.
    async fn reach(
        &self,
        account: AccountId,
        of: ReachOf,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<Option<Reach>, StoreError>;

    /// Deletes at most `limit` sessions, grants and cookies that died before `before` and can no
    /// longer matter to anybody. Answers how many rows went.
    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError>;
}
