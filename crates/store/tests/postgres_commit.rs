//! The answer to a `COMMIT` that is lost, at each place where it can be: nothing is acknowledged,
//! what happened is known everywhere, and the client's second try is safe.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/node.rs"]
mod node;

use std::sync::Arc;

use node::Node;
use symbolon_core::{
    entropy::EntropyExt as _,
    model::{AuditContext, SessionStatus},
    store::{
        AccountStore as _, Change, ChangeOutcome, ChangeStore as _, CreateSession, GrantStore as _,
        LogStore as _, NewSession, Rotation, SessionStore as _, StoreError,
    },
};
use symbolon_protocol::{AccountId, EndReason, GrantId, RevocationId, SessionId};
use symbolon_testing::{
    Fixtures, PostgresDatabase, PostgresProxy,
    fixtures::{GRACE_MS, horizon, refresh},
    postgres_proxy::Moment,
};
use tokio::task::JoinSet;

/// A node behind the proxy, one that is not, and an account.
struct World {
    proxy: PostgresProxy,
    node: Arc<Node>,
    other: Node,
    make: Fixtures,
    account: AccountId,
    _database: PostgresDatabase,
}

impl World {
    async fn new() -> Self {
        let database = PostgresDatabase::new();
        let proxy = PostgresProxy::start(&database.url()).await;
        let node = Node::open(&proxy.through(&database.url()), 1, |_| {}).await;
        let other = Node::open(&database.url(), 2, |_| {}).await;
        let make = Fixtures::default();
        let account = make.account("alice");
        let id = account.id;
        let made = other
            .store
            .create_account(account, AuditContext::system(), make.now());
        made.await.unwrap();
        Self {
            proxy,
            node: Arc::new(node),
            other,
            make,
            account: id,
            _database: database,
        }
    }

    async fn log_in(&self) -> (SessionId, GrantId) {
        let new = self.make.session_with_grant(self.account);
        let ids = (new.session.id, new.grant.as_ref().unwrap().id);
        let made = self.try_log_in(new).await.unwrap();
        assert!(matches!(made, CreateSession::Created { .. }));
        ids
    }

    async fn try_log_in(&self, new: NewSession) -> Result<CreateSession, StoreError> {
        let now = self.make.now();
        self.node.store.create_session(new, horizon(now), now).await
    }

    async fn rotate(&self, grant: GrantId) -> Result<Rotation, StoreError> {
        let now = self.make.now();
        let audit = AuditContext::system();
        let rotate = refresh(grant, 1);
        self.node
            .store
            .rotate(rotate, horizon(now), audit, now)
            .await
    }

    async fn end(&self, session: SessionId) -> Result<ChangeOutcome, StoreError> {
        let change = Change::EndSession {
            session,
            owner: None,
        };
        let change = self.make.change(change, EndReason::Logout);
        self.node.store.change(change).await
    }

    /// Whether the log has it, once; both nodes' observers know the whole log.
    async fn is_told(&self, id: RevocationId) -> bool {
        let log = self.other.store.revocations_after(0, u32::MAX).await;
        let log = log.unwrap();
        let told = log.iter().filter(|one| one.entry.id == id).count();
        assert!(told <= 1, "{id:?} was told {told} times");
        if let Some(last) = log.last() {
            self.node.sees(last.entry.seq).await;
            self.other.sees(last.entry.seq).await;
        }
        assert_eq!(self.node.observer.seen(), log);
        assert_eq!(self.other.observer.seen(), log);
        told == 1
    }
}

fn is_unknown<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(
        matches!(answer, Err(StoreError::OutcomeUnknown(_))),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_is_spent_once() {
    let world = World::new().await;
    for (cut, moment) in (1..).zip(Moment::ALL) {
        let (_, grant) = world.log_in().await;
        world.proxy.cut_commit(moment, "UPDATE grants");
        is_unknown(world.rotate(grant).await);
        world.proxy.has_cut(cut).await;
        // The client tries again, twice at once.
        let (one, other) = tokio::join!(world.rotate(grant), world.rotate(grant));
        let mut moved = 0;
        for rotation in [one.unwrap(), other.unwrap()] {
            let live = match rotation {
                Rotation::Rotated(live) => {
                    moved += 1;
                    live
                }
                Rotation::Replayed(live) => live,
                refused => panic!("{moment:?}: {refused:?}"),
            };
            // From seed, secret and number the one successor is derived.
            assert_eq!((live.grant.id, live.grant.generation), (grant, 2));
        }
        assert!(moved <= 1, "{moment:?}: spent again");
        if let Some(committed) = moment.is_committed() {
            assert_eq!(moved, u8::from(!committed), "{moment:?}");
        }
        let kept = world.other.store.grant(grant).await.unwrap().unwrap();
        assert_eq!(kept.generation, 2);
        // Later it is reuse, as ever.
        let late = world.make.now().plus_millis(GRACE_MS + 1);
        let (rotate, audit) = (refresh(grant, 1), AuditContext::system());
        let store = &world.node.store;
        let reused = store.rotate(rotate, horizon(late), audit, late).await;
        assert!(matches!(reused, Ok(Rotation::Reused(_))), "{reused:?}");
        assert!(world.is_told(grant.into()).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_happened_is_told_and_one_that_did_not_is_not() {
    let world = World::new().await;
    for (cut, moment) in (1..).zip(Moment::ALL) {
        let (session, _) = world.log_in().await;
        world.proxy.cut_commit(moment, "UPDATE sessions");
        is_unknown(world.end(session).await);
        world.proxy.has_cut(cut).await;
        // What the server got it finishes before it locks the row for somebody else.
        if moment == Moment::Delivered {
            let again = world.end(session).await.unwrap();
            assert!(matches!(again, ChangeOutcome::Applied(_)), "{again:?}");
        }
        let told = world.is_told(session.into()).await;
        let view = world.other.store.session(session).await.unwrap().unwrap();
        let is_live = view.session.status(world.make.now()) == SessionStatus::Live;
        assert_eq!(is_live, !told, "{moment:?}");
        if let Some(committed) = moment.is_committed() {
            assert_eq!(told, committed, "{moment:?}");
        }
        // The client tries again: afterwards it is over, and told once.
        let again = world.end(session).await.unwrap();
        let ChangeOutcome::Applied(applied) = again else {
            panic!("{again:?}")
        };
        assert_eq!(applied.revocations.is_empty(), told, "{moment:?}");
        assert!(world.is_told(session.into()).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_is_there_or_not_and_is_acknowledged_to_nobody() {
    let world = World::new().await;
    for (cut, moment) in (1..).zip(Moment::ALL) {
        let new = world.make.session_with_grant(world.account);
        let (session, grant) = (new.session.id, new.grant.as_ref().unwrap().id);
        world.proxy.cut_commit(moment, "INSERT INTO sessions");
        is_unknown(world.try_log_in(new).await);
        world.proxy.has_cut(cut).await;
        world.log_in().await;
        let kept = world.other.store.session(session).await.unwrap();
        // Whole or not at all.
        let with_grant = world.other.store.grant(grant).await.unwrap();
        assert_eq!(kept.is_some(), with_grant.is_some(), "{moment:?}");
        if let Some(committed) = moment.is_committed() {
            assert_eq!(kept.is_some(), committed, "{moment:?}");
        }
    }
}

/// Many ends share a commit: they are all in doubt, and each is told once in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ends_that_share_a_commit_share_its_fate() {
    let world = Arc::new(World::new().await);
    for (cut, moment) in (1..).zip(Moment::ALL) {
        let now = world.make.now();
        let tokens: Vec<_> = (0..64)
            .map(|_| world.make.entropy().token_id(now))
            .collect();
        world.proxy.cut_commit(moment, "INSERT INTO revocations");
        let mut ends: JoinSet<_> = tokens
            .iter()
            .map(|&token| {
                let until = now.as_secs() + 300;
                let change = Change::RevokeToken { token, until };
                let request = world.make.change(change, EndReason::ClientRevoked);
                let node = world.node.clone();
                async move {
                    let first = node.store.change(request.clone()).await;
                    let is_lost = first.is_err();
                    match first {
                        Ok(_) => {}
                        Err(StoreError::OutcomeUnknown(_)) => {
                            node.store.change(request).await.unwrap();
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                    is_lost
                }
            })
            .collect();
        let mut lost = 0;
        while let Some(is_lost) = ends.join_next().await {
            lost += u32::from(is_lost.unwrap());
        }
        world.proxy.has_cut(cut).await;
        assert!(lost >= 1, "{moment:?}");
        for token in tokens {
            assert!(world.is_told(token.into()).await, "{moment:?}");
        }
    }
}
