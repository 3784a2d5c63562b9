//! Checking, listing and ending sessions.

use std::sync::Arc;

use foldhash::fast::RandomState;
use quick_cache::{UnitWeighter, sync::Cache};
use symbolon_protocol::{
    AccountId, EndReason, Kind, RejectReason, RevocationId, SessionId, Timestamp,
};

use super::count_ended;
use crate::{
    error::Error,
    issuer::Issuer,
    model::{AuditContext, Session, SessionStatus, TruncatedIp},
    outcomes::Attempt,
    readers::Committed,
    secret::CookieHash,
    settings::SESSION_CACHE_SECS,
    shared::{Looked, SessionCopy},
    store::{Applied, Change, ChangeOutcome, ChangeRequest, Reach, ReachOf, SessionView},
};

/// Sessions that are kept in memory at most.
const CACHED: usize = 50_000;

/// A session that was found good, shared with the cache.
#[derive(Debug, Clone)]
pub struct SessionCheck {
    view: Arc<SessionView>,
    read_at: Timestamp,
}

impl SessionCheck {
    /// The session and its account.
    #[must_use]
    pub fn view(&self) -> &SessionView {
        &self.view
    }
}

/// Sessions by the hash of their cookie. Every hit is checked against the clock and the revocation
/// log, so an entry that was filled just before an end is refused all the same.
pub(crate) struct SessionCache {
    entries: Cache<CookieHash, SessionCheck, UnitWeighter, RandomState>,
}

impl SessionCache {
    pub(crate) fn new() -> Self {
        let entries = Cache::with(
            1_000,
            CACHED as u64,
            UnitWeighter,
            RandomState::default(),
            quick_cache::sync::DefaultLifecycle::default(),
        );
        Self { entries }
    }

    /// Lets an account's sessions be read again, or be forgotten. Looks through all of them, which costs
    /// less than the commit before it.
    pub(super) fn forget_account(&self, account: AccountId) {
        self.entries
            .retain(|_, check| check.view.account.id != account);
    }

    /// Forgets what is too old to be an answer, so that nobody stays in memory for long.
    pub(super) fn forget_old(&self, now: Timestamp) {
        let fresh = 0..SESSION_CACHE_SECS * 1000;
        self.entries
            .retain(|_, check| fresh.contains(&now.millis_since(check.read_at)));
    }
}

/// What ending something did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Sessions that were ended.
    pub sessions: u32,
    /// Grants that were ended.
    pub grants: u32,
    /// The moment of the change, which the log carries.
    pub at: Timestamp,
    /// Where the log ended with it, for receipts.
    pub committed: Committed,
}

impl Issuer {
    /// Checks a session cookie of the issuer's own origin.
    ///
    /// # Errors
    /// `session_unknown`, `session_idle_timeout`, `session_expired`, `revoked_session`,
    /// `account_disabled`; a failing store, which is none of these.
    pub async fn check_session(&self, cookie: &CookieHash) -> Result<SessionCheck, Error> {
        self.check_session_from(cookie, None).await
    }

    /// [`Self::check_session`] of a request whose place is known; it is noted with the use, and
    /// decides nothing.
    ///
    /// # Errors
    /// The same.
    pub async fn check_session_from(
        &self,
        cookie: &CookieHash,
        from: Option<TruncatedIp>,
    ) -> Result<SessionCheck, Error> {
        let now = self.ambient.now();
        let result = match self.settle_log().await {
            Ok(()) => match self.cached_at(cookie, now) {
                Some(check) => Ok(check),
                None => self.find_session(cookie, from).await,
            },
            Err(error) => Err(error),
        };
        self.count_at(Attempt::Session, &result, now);
        result
    }

    /// The session, if memory alone can answer for it.
    #[must_use]
    pub fn cached_session(&self, cookie: &CookieHash) -> Option<SessionCheck> {
        self.is_log_fresh()
            .then(|| self.cached_at(cookie, self.ambient.now()))
            .flatten()
    }

    fn cached_at(&self, cookie: &CookieHash, now: Timestamp) -> Option<SessionCheck> {
        let check = self.sessions.entries.get(cookie)?;
        let session = &check.view.session;
        let age = now.millis_since(check.read_at);
        let fresh = (0..session.coalesced_ms()).contains(&age);
        let good = fresh
            && session.status(now) == SessionStatus::Live
            && !self
                .tail
                .set()
                .is_revoked(&RevocationId::from(session.id), session.version);
        good.then_some(check)
    }

    /// Another node's copy, if it is as good as our own; else what the store says.
    async fn find_session(
        &self,
        cookie: &CookieHash,
        from: Option<TruncatedIp>,
    ) -> Result<SessionCheck, Error> {
        match self.copied_session(cookie).await {
            Some(check) => Ok(check),
            None => self.read_session(cookie, from).await,
        }
    }

    /// A copy that another node left, as good as if we had read it when that node did. Whatever is wrong
    /// with it, the store knows better and says why.
    async fn copied_session(&self, cookie: &CookieHash) -> Option<SessionCheck> {
        let shared = self.shared()?;
        let SessionCopy { view, read_at } = shared.copy(cookie, self.ambient.now()).await?;
        // The log is asked after the copy was read, as after a read of the store.
        if self.judge(&view, self.ambient.now()).is_err() {
            Looked::Refused.count();
            return None;
        }
        Looked::Hit.count();
        let check = SessionCheck {
            view: Arc::new(view),
            read_at,
        };
        self.sessions.entries.insert(*cookie, check.clone());
        Some(check)
    }

    /// Has the copies of sessions forgotten that ended or changed. Beside the request: the log refuses
    /// them by now, and they would go by themselves within a minute.
    pub(super) fn forget_copies(&self, sessions: impl IntoIterator<Item = [u8; 16]>) {
        if let Some(shared) = self.shared() {
            shared.forget_sessions(sessions);
        }
    }

    /// Lets an account's sessions be read again, here and by other nodes; after changes that are not in
    /// the log.
    pub(super) async fn forget_account(&self, account: AccountId) {
        self.sessions.forget_account(account);
        if self.shared().is_none() {
            return;
        }
        // What cannot be listed now goes by itself within a minute.
        if let Ok(sessions) = self.sessions_of(account).await {
            self.forget_copies(sessions.iter().map(|session| session.id.to_bytes()));
        }
    }

    async fn read_session(
        &self,
        cookie: &CookieHash,
        from: Option<TruncatedIp>,
    ) -> Result<SessionCheck, Error> {
        let now = self.ambient.now();
        let view = self
            .store
            .touch_session_from(cookie, &self.settings.issuer, from, now)
            .await?
            .ok_or(RejectReason::SessionUnknown)?;
        if let Err(reason) = self.judge(&view, now) {
            self.sessions.entries.remove(cookie);
            return Err(reason.into());
        }
        if let Some(shared) = self.shared() {
            shared.leave_copy(cookie, &view, now);
        }
        let check = SessionCheck {
            view: Arc::new(view),
            read_at: now,
        };
        self.sessions.entries.insert(*cookie, check.clone());
        Ok(check)
    }

    /// Whether a session that was read can be accepted. The log is asked after the read: what was
    /// ended while it went on is known by now.
    pub(super) fn judge(&self, view: &SessionView, now: Timestamp) -> Result<(), RejectReason> {
        let session = &view.session;
        match session.status(now) {
            SessionStatus::Live => {}
            SessionStatus::Ended => return Err(RejectReason::RevokedSession),
            SessionStatus::Idle => return Err(RejectReason::SessionIdle),
            SessionStatus::Expired => return Err(RejectReason::SessionExpired),
        }
        if !view.account.is_active() {
            return Err(RejectReason::AccountDisabled);
        }
        if self
            .tail
            .set()
            .is_revoked(&RevocationId::from(session.id), session.version)
        {
            return Err(RejectReason::RevokedSession);
        }
        Ok(())
    }

    /// The live sessions of an account, newest first.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn sessions_of(&self, account: AccountId) -> Result<Vec<Session>, Error> {
        Ok(self
            .store
            .live_sessions(account, self.ambient.now())
            .await?)
    }

    /// What ending something of an account would reach.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a session that has ended; the store's failures.
    pub async fn reach(&self, account: AccountId, of: ReachOf) -> Result<Reach, Error> {
        self.store
            .reach(account, of, self.horizon(), self.ambient.now())
            .await?
            .ok_or(Error::NotFound { what: "session" })
    }

    /// Ends one session; with `owner`, only if it is that account's.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the store's failures.
    pub async fn end_session(
        &self,
        session: SessionId,
        owner: Option<AccountId>,
        reason: EndReason,
        audit: AuditContext,
    ) -> Result<Ended, Error> {
        self.apply(
            Change::EndSession { session, owner },
            reason,
            audit,
            "session",
        )
        .await
    }

    /// Ends all sessions of an account but `except`, and its offline grants.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn end_sessions(
        &self,
        account: AccountId,
        except: Option<SessionId>,
        audit: AuditContext,
    ) -> Result<Ended, Error> {
        let change = Change::EndSessions { account, except };
        self.apply(change, EndReason::LogoutEverywhere, audit, "account")
            .await
    }

    /// Does a change through the one function of the store.
    pub(super) async fn apply(
        &self,
        change: Change,
        reason: EndReason,
        audit: AuditContext,
        what: &'static str,
    ) -> Result<Ended, Error> {
        let now = self.ambient.now();
        let request = ChangeRequest {
            change,
            reason,
            audit,
            horizon: self.horizon(),
            now,
        };
        match self.store.change(request).await? {
            ChangeOutcome::Applied(Applied { ended, revocations }) => {
                count_ended(reason, ended);
                let entries = revocations.iter().map(|one| one.entry);
                let sessions = entries.filter(|entry| entry.kind == Kind::Session);
                self.forget_copies(sessions.map(|entry| entry.id.0));
                let mut committed = self.committed();
                if let Some(last) = revocations.last() {
                    committed.head = last.cursor();
                }
                Ok(Ended {
                    sessions: ended.sessions,
                    grants: ended.grants,
                    at: now,
                    committed,
                })
            }
            ChangeOutcome::NotFound => Err(Error::NotFound { what }),
            ChangeOutcome::Stale => Err(Error::Conflict {
                code: "changed_meanwhile",
                detail: "it was changed by another request; look again and repeat",
            }),
            ChangeOutcome::LastAdmin => Err(Error::Conflict {
                code: "last_admin",
                detail: "this would leave nobody who can administer the issuer",
            }),
        }
    }
}
