//! What a person may ask for: everything that is kept about them, and that it is erased.
//!
//! The one thing that must not be broken: neither is done for somebody who merely found an open
//! browser. Who asks for themselves has logged in a moment ago or types the password again.

use std::{sync::atomic::Ordering, time::Duration};

use symbolon_protocol::{AccountId, EndReason, RejectReason, Timestamp};

use super::{Caller, ClientContext, sessions::Ended};
use crate::{
    error::Error,
    issuer::Issuer,
    model::{AuditContext, Dossier},
    secret::Password,
    store::{Change, Duty, Lease},
};

/// How many seconds after a log-in nobody is asked again who they are.
pub const RECENT_LOGIN_SECS: i64 = 300;
/// Seconds between two times that the store is written anew. Who is erased in between has to wait,
/// so that a hundred erasures are not a hundred copies of the whole store.
const TRACES_EVERY_SECS: i64 = 600;

/// What erasing an account did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// What was ended.
    pub ended: Ended,
    /// Whether the store's files hold no trace of it any more either. Otherwise they will within
    /// minutes, by [`Issuer::run_jobs`].
    pub traces_removed: bool,
}

impl Issuer {
    /// Whether the caller logged in a moment ago, in a session of their own.
    #[must_use]
    pub fn is_recent_login(&self, caller: &Caller) -> bool {
        caller.session.as_ref().is_some_and(|session| {
            let age = self.ambient.now().millis_since(session.auth_time);
            session.actor.is_none() && (0..RECENT_LOGIN_SECS * 1000).contains(&age)
        })
    }

    /// Makes sure that it is really the caller: by a recent log-in or by the password, which has to
    /// be right if it is given.
    ///
    /// # Errors
    /// `login_too_old` without a password, `bad_credentials`, rate limits; the store.
    pub async fn confirm(
        &self,
        caller: &Caller,
        password: Option<Password>,
        context: &ClientContext,
    ) -> Result<(), Error> {
        match password {
            Some(password) => self
                .check_current(caller, password, context)
                .await
                .map(drop),
            None if self.is_recent_login(caller) => Ok(()),
            None => Err(RejectReason::LoginTooOld.into()),
        }
    }

    /// Everything that is kept about the caller, who is asked for the password unless they logged in
    /// a moment ago.
    ///
    /// # Errors
    /// As of [`Self::confirm`]; rate limits; the store.
    pub async fn own_dossier(
        &self,
        caller: &Caller,
        password: Option<Password>,
        context: &ClientContext,
        audit: AuditContext,
    ) -> Result<Dossier, Error> {
        self.confirm(caller, password, context).await?;
        let account = caller.account.id;
        self.throttles
            .take_export(account, self.ambient.now())
            .await?;
        self.dossier(account, audit).await
    }

    /// Everything that is kept about an account.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the store.
    pub async fn dossier(&self, id: AccountId, audit: AuditContext) -> Result<Dossier, Error> {
        self.store
            .dossier(id, audit, self.ambient.now())
            .await?
            .ok_or(Error::NotFound { what: "account" })
    }

    /// Erases an account: ends everything of it and deletes what is kept about it, in the store and
    /// in memory. Erasing it again only looks for traces again.
    ///
    /// # Errors
    /// [`Error::NotFound`], `last_admin`; the store.
    pub async fn erase_account(&self, id: AccountId, audit: AuditContext) -> Result<Erased, Error> {
        let known = self.account(id).await?;
        let change = Change::EraseAccount { account: id };
        let ended = self
            .apply(change, EndReason::AccountErased, audit, "account")
            .await?;
        self.sessions.forget_account(id);
        self.throttles.forget_account(&known);
        if let Err(error) = self.remove_traces().await {
            // It is erased; the scheduled jobs try again.
            tracing::warn!(account = %id, %error, "traces of an erased account are left");
        }
        // Not in doubt, but if nobody can tell, they are taken to be there.
        let traces_removed = !self.store.has_traces().await.unwrap_or(true);
        Ok(Erased {
            ended,
            traces_removed,
        })
    }

    /// Has the store remove the traces of erased accounts, unless it did so a moment ago for this node or
    /// another one.
    pub(super) async fn remove_traces(&self) -> Result<(), Error> {
        let now = self.ambient.now();
        let last = Timestamp::from_millis(self.traces_removed.load(Ordering::Relaxed));
        let is_soon = (0..TRACES_EVERY_SECS * 1000).contains(&now.millis_since(last));
        if is_soon || !self.store.has_traces().await? {
            return Ok(());
        }
        // Never given back: that it is held is how other nodes know that it was a moment ago.
        let ttl = Duration::from_secs(TRACES_EVERY_SECS.unsigned_abs());
        let claim = self.lease(Duty::Traces, ttl);
        if self.store.claim_lease(claim).await? != Lease::Held {
            return Ok(());
        }
        self.traces_removed
            .store(now.as_millis(), Ordering::Relaxed);
        let removed = self.store.remove_traces().await;
        if removed.is_err() {
            self.traces_removed
                .store(last.as_millis(), Ordering::Relaxed);
            // What went wrong first is what is told.
            drop(self.store.release_lease(Duty::Traces, &self.node).await);
        }
        Ok(removed?)
    }
}
