//! One store under test with everything around it.

use std::sync::Arc;

use symbolon_core::{
    Timestamp,
    model::{AuditContext, Grant, Revocation, Session, SessionCookie, SessionStatus},
    store::{
        Applied, Change, ChangeOutcome, CreateAccount, CreateSession, EndedCount, NewAccount,
        NewSession, Rotation, Store,
    },
};
use symbolon_protocol::{AccountId, EndReason, Entry, GrantId, Kind, RevocationId, SessionId};

use super::Harness;
use crate::{
    Fixtures, RecordingObserver,
    fixtures::{horizon, refresh},
};

/// A store, what its observer saw, and things to put in.
#[derive(Debug)]
pub struct World<H> {
    /// The backend.
    pub harness: H,
    /// What the observer saw.
    pub observer: Arc<RecordingObserver>,
    /// Things, made at the moment at which the test begins.
    pub make: Fixtures,
}

/// Names of what was made with a session.
#[derive(Debug, Clone)]
pub struct Made {
    /// `sid`.
    pub session: SessionId,
    /// Its cookie.
    pub cookie: SessionCookie,
    /// Its grant; an id that names nothing if it has none.
    pub grant: GrantId,
}

impl<H: Harness> World<H> {
    /// An empty store.
    pub async fn new() -> Self {
        let observer = Arc::new(RecordingObserver::default());
        Self {
            harness: H::empty(observer.clone()).await,
            observer,
            make: Fixtures::default(),
        }
    }

    /// The world after a crash: a new observer that has seen nothing.
    pub async fn after_crash(self) -> Self {
        let observer = Arc::new(RecordingObserver::default());
        Self {
            harness: self.harness.after_crash(observer.clone()).await,
            observer,
            make: self.make,
        }
    }

    /// The store.
    pub fn store(&self) -> Arc<dyn Store> {
        self.harness.store()
    }

    /// When the test began.
    pub fn now(&self) -> Timestamp {
        self.make.now()
    }

    /// Keeps an account.
    pub async fn put(&self, new: NewAccount) -> AccountId {
        let id = new.id;
        let created = self
            .store()
            .create_account(new, AuditContext::system(), self.now())
            .await;
        assert_eq!(created, Ok(CreateAccount::Created));
        id
    }

    /// An account with this name.
    pub async fn account(&self, name: &str) -> AccountId {
        self.put(self.make.account(name)).await
    }

    /// Keeps a session, at the moment at which it says it was created.
    pub async fn log_in(&self, new: NewSession) -> Made {
        self.log_in_ending(new).await.0
    }

    /// The same; also what ended with the session that it replaced, and what made room.
    pub async fn log_in_ending(&self, new: NewSession) -> (Made, EndedCount, EndedCount) {
        let made = Made::of(&new, &self.make);
        let at = new.session.created_at;
        let created = self.store().create_session(new, horizon(at), at).await;
        match created.unwrap() {
            CreateSession::Created { replaced, capped } => (made, replaced, capped),
            refused => panic!("{refused:?}"),
        }
    }

    /// The session as it is, without touching it.
    pub async fn session(&self, id: SessionId) -> Session {
        self.store().session(id).await.unwrap().unwrap().session
    }

    /// Whether the session is live at `now`.
    pub async fn is_live(&self, id: SessionId, now: Timestamp) -> bool {
        self.session(id).await.status(now) == SessionStatus::Live
    }

    /// The grant as it is.
    pub async fn grant(&self, id: GrantId) -> Grant {
        self.store().grant(id).await.unwrap().unwrap()
    }

    /// Uses a refresh token.
    pub async fn refresh(&self, grant: GrantId, generation: u64, now: Timestamp) -> Rotation {
        self.store()
            .rotate(
                refresh(grant, generation),
                horizon(now),
                AuditContext::system(),
                now,
            )
            .await
            .unwrap()
    }

    /// Makes a change when the test began.
    pub async fn change(&self, change: Change, reason: EndReason) -> ChangeOutcome {
        self.change_at(change, reason, self.now()).await
    }

    /// Makes a change. What it answers, the observer has seen.
    pub async fn change_at(
        &self,
        change: Change,
        reason: EndReason,
        now: Timestamp,
    ) -> ChangeOutcome {
        let request = self.make.at(now).change(change, reason);
        let outcome = self.store().change(request).await.unwrap();
        if let ChangeOutcome::Applied(applied) = &outcome {
            let seen = self.observer.seen();
            for revocation in &applied.revocations {
                assert!(
                    seen.contains(revocation),
                    "answered before observed: {revocation:?}"
                );
                assert_eq!(revocation.entry.reason, reason);
                assert_eq!(revocation.entry.revoked_at, now.as_secs());
            }
        }
        outcome
    }

    /// Makes a change that must be done.
    pub async fn applied(&self, change: Change, reason: EndReason) -> Applied {
        self.applied_at(change, reason, self.now()).await
    }

    /// Makes a change that must be done.
    pub async fn applied_at(&self, change: Change, reason: EndReason, now: Timestamp) -> Applied {
        match self.change_at(change, reason, now).await {
            ChangeOutcome::Applied(applied) => applied,
            refused => panic!("refused: {refused:?}"),
        }
    }

    /// The whole log.
    pub async fn log(&self) -> Vec<Revocation> {
        self.store().revocations_after(0, u32::MAX).await.unwrap()
    }

    /// The names of what was done, oldest first.
    pub async fn audit_actions(&self) -> Vec<String> {
        let trail = self.harness.audit_trail().await;
        trail.into_iter().map(|row| row.action).collect()
    }
}

impl Made {
    /// What a new session will be called.
    pub fn of(new: &NewSession, make: &Fixtures) -> Self {
        Self {
            session: new.session.id,
            cookie: new.cookie.clone().unwrap_or_else(|| make.cookie()),
            grant: new
                .grant
                .as_ref()
                .map_or_else(|| make.unknown_grant(), |grant| grant.id),
        }
    }
}

/// What the entries name, in order, with the version below which they do.
pub(super) fn named(revocations: &[Revocation]) -> Vec<(Kind, RevocationId, Option<u32>)> {
    revocations
        .iter()
        .map(|Revocation { entry, .. }| (entry.kind, entry.id, entry.below))
        .collect()
}

/// Whether the log says that this has ended.
pub(super) fn is_ended_in(log: &[Revocation], id: RevocationId) -> bool {
    log.iter().any(
        |Revocation {
             entry: Entry {
                 id: named, below, ..
             },
             ..
         }| *named == id && below.is_none(),
    )
}
