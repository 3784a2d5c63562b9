//! Many commands in one transaction: what fails alone, what fails together, what is refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::{sync::Arc, time::Duration};

use symbolon_core::{
    model::AuditContext,
    secret::CookieHash,
    store::{
        AccountStore, Change, ChangeOutcome, ChangeStore, CreateSession, GrantStore, LogStore,
        Rotation, SessionStore, StoreError,
    },
};
use symbolon_protocol::{AccountId, EndReason, Kind};
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{
    Fixtures, RecordingObserver, SeededEntropy,
    contract::Made,
    fixtures::{ORIGIN, horizon, refresh},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

struct World {
    dir: TempDir,
    store: Arc<SqliteStore>,
    observer: Arc<RecordingObserver>,
    make: Fixtures,
}

impl World {
    fn new(adjust: impl FnOnce(&mut SqliteOptions)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = SqliteOptions::new(dir.path().join("symbolon.db"));
        adjust(&mut options);
        let observer = Arc::new(RecordingObserver::default());
        let store = SqliteStore::open(options, Arc::new(SeededEntropy::new(1)), observer.clone());
        Self {
            store: store.unwrap(),
            dir,
            observer,
            make: Fixtures::default(),
        }
    }

    /// A connection from outside, as a backup or a shell has one.
    fn outside(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("symbolon.db")).unwrap()
    }

    async fn account(&self) -> AccountId {
        let new = self.make.account("ada");
        let id = new.id;
        let now = self.make.now();
        self.store
            .create_account(new, AuditContext::system(), now)
            .await
            .unwrap();
        id
    }

    async fn log_in(&self, account: AccountId) -> Made {
        let new = self.make.session_with_grant(account);
        let made = Made::of(&new, &self.make);
        let now = self.make.now();
        let created = self.store.create_session(new, horizon(now), now).await;
        assert!(
            matches!(created, Ok(CreateSession::Created { .. })),
            "{created:?}"
        );
        made
    }
}

#[tokio::test]
async fn a_command_that_fails_takes_no_other_with_it() {
    let world = World::new(|_| {});
    let account = world.account().await;
    let taken = world.log_in(account).await;
    let now = world.make.now();
    // The writer waits for the lock, so that all of these end in few batches.
    let outside = world.outside();
    outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = JoinSet::new();
    for number in 0..60 {
        let mut new = world.make.session_with_grant(account);
        let fails = number % 3 == 0;
        if fails {
            // This fails after it ended a session and wrote to the log.
            new.cookie = Some(taken.cookie.clone());
            new.max_sessions = 1;
        }
        let (store, id) = (world.store.clone(), new.session.id);
        waiting.spawn(async move {
            (
                fails,
                id,
                store.create_session(new, horizon(now), now).await,
            )
        });
    }
    tokio::task::yield_now().await;
    outside.execute_batch("ROLLBACK").unwrap();
    for (fails, id, answer) in waiting.join_all().await {
        let exists = world.store.session(id).await.unwrap().is_some();
        assert_eq!(exists, !fails);
        if fails {
            assert!(
                matches!(answer, Err(StoreError::Inconsistent { .. })),
                "{answer:?}"
            );
        } else {
            assert!(
                matches!(answer, Ok(CreateSession::Created { .. })),
                "{answer:?}"
            );
        }
    }
    let live = world.store.live_sessions(account, now).await.unwrap();
    assert_eq!(live.len(), 41);
    assert!(world.observer.seen().is_empty());
    assert_eq!(world.store.revocations_after(0, 10).await, Ok(Vec::new()));
}

#[tokio::test]
async fn more_than_may_wait_is_refused_at_once() {
    let world = World::new(|options| {
        options.queue = 1;
        options.max_batch = 1;
        options.busy_timeout = Duration::from_secs(60);
    });
    let now = world.make.now();
    let outside = world.outside();
    outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = JoinSet::new();
    for _ in 0..8 {
        let store = world.store.clone();
        waiting.spawn(async move { store.check_writable(now).await });
    }
    // While the lock is held nothing else can be answered: one is worked on, one may wait.
    for _ in 0..6 {
        let first = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(first, Err(StoreError::Saturated));
    }
    outside.execute_batch("ROLLBACK").unwrap();
    let accepted = waiting.join_all().await;
    assert!(accepted.contains(&Ok(())), "{accepted:?}");
    assert_eq!(world.store.check_writable(now).await, Ok(()));
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_an_outage_that_passes() {
    let world = World::new(|options| options.busy_timeout = Duration::from_millis(1));
    let account = world.account().await;
    let made = world.log_in(account).await;
    let now = world.make.now();
    let outside = world.outside();
    outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let change = Change::EndSession {
        session: made.session,
        owner: None,
    };
    let request = world.make.change(change, EndReason::Logout);
    let answer = world.store.change(request.clone()).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    assert!(world.observer.seen().is_empty());
    // Reading goes on.
    let live = world.store.live_sessions(account, now).await.unwrap();
    assert_eq!(live.len(), 1);
    outside.execute_batch("ROLLBACK").unwrap();
    let answer = world.store.change(request).await.unwrap();
    let ChangeOutcome::Applied(applied) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(world.observer.seen(), applied.revocations);
}

#[tokio::test]
async fn a_row_that_contradicts_the_domain_is_named() {
    let world = World::new(|_| {});
    let account = world.account().await;
    let made = world.log_in(account).await;
    let outside = world.outside();
    outside
        .execute_batch("UPDATE grants SET scopes = 'no list'; UPDATE sessions SET kind = 'odd'")
        .unwrap();
    let wrong = |table, column, row: &dyn ToString| StoreError::Inconsistent {
        table,
        column,
        row: row.to_string(),
    };
    let grant = world.store.grant(made.grant).await;
    assert_eq!(grant, Err(wrong("grants", "scopes", &made.grant)));
    let session = world.store.session(made.session).await;
    assert_eq!(session, Err(wrong("sessions", "kind", &made.session)));
}

/// Cookies that are shown at once are read together: each has the answer to its own, and what is wrong with
/// one row is no failure of the others.
#[tokio::test]
async fn cookies_that_are_shown_at_once_are_read_together() {
    let world = World::new(|_| {});
    let ada = world.account().await;
    let other = world.make.account("grace");
    let now = world.make.now();
    let (grace, audit) = (other.id, AuditContext::system());
    let made = world.store.create_account(other, audit, now).await;
    made.unwrap();
    let mut made = Vec::new();
    for account in [ada, grace, ada, ada, grace] {
        let new = world.make.session(account);
        let cookie = new.cookie.as_ref().unwrap().hash;
        made.push((cookie, account, new.session.id));
        let made = world.store.create_session(new, horizon(now), now).await;
        made.unwrap();
    }
    let unknown = CookieHash([9; 32]);
    let shown = made.iter().map(|(cookie, ..)| cookie).chain([&unknown]);
    let look = |strange: Option<usize>| {
        let shown = shown.clone().chain(shown.clone());
        let looks = shown.map(|cookie| world.store.touch_session(cookie, ORIGIN, now));
        let looks = futures_util::future::join_all(looks);
        let made = &made;
        async move {
            for (at, found) in looks.await.into_iter().enumerate() {
                let at = at % (made.len() + 1);
                let Some(&(_, account, session)) = made.get(at) else {
                    assert_eq!(found, Ok(None));
                    continue;
                };
                if strange == Some(at) {
                    assert!(matches!(found, Err(StoreError::Inconsistent { .. })));
                    continue;
                }
                let view = found.unwrap().unwrap();
                assert_eq!((view.session.id, view.account.id), (session, account));
                let names = view.account.identifiers.iter();
                let names: Vec<_> = names.map(|one| one.normalised.as_str()).collect();
                let name = if account == ada { "ada" } else { "grace" };
                assert_eq!(names, [name]);
            }
        }
    };
    look(None).await;
    let outside = world.outside();
    let strange = made[1].2.to_bytes();
    let sql = "UPDATE sessions SET kind = 'odd' WHERE id = ?1";
    outside.execute(sql, [strange]).unwrap();
    look(Some(1)).await;
}

/// A gateway's or service's exchanged token hangs below the grant that it came from.
#[tokio::test]
async fn what_was_exchanged_ends_with_its_parent() {
    let world = World::new(|_| {});
    let account = world.account().await;
    let now = world.make.now();
    let parent = world.log_in(account).await;
    let child = world.log_in(account).await;
    let grandchild = world.log_in(account).await;
    let outside = world.outside();
    for (one, of) in [(&child, &parent), (&grandchild, &child)] {
        outside
            .execute(
                "UPDATE grants SET parent = ?2 WHERE id = ?1",
                [one.grant.to_bytes(), of.grant.to_bytes()],
            )
            .unwrap();
    }
    let change = Change::EndSession {
        session: parent.session,
        owner: None,
    };
    let answer = world
        .store
        .change(world.make.change(change, EndReason::Logout))
        .await
        .unwrap();
    let ChangeOutcome::Applied(applied) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!((applied.ended.sessions, applied.ended.grants), (1, 3));
    let entries: Vec<_> = applied
        .revocations
        .iter()
        .map(|one| (one.entry.kind, one.entry.id))
        .collect();
    assert_eq!(
        entries,
        [
            (Kind::Session, parent.session.into()),
            (Kind::Grant, child.grant.into()),
            (Kind::Grant, grandchild.grant.into()),
        ]
    );
    for made in [&parent, &child, &grandchild] {
        let rotation = world
            .store
            .rotate(
                refresh(made.grant, 1),
                horizon(now),
                AuditContext::system(),
                now,
            )
            .await;
        assert_eq!(rotation, Ok(Rotation::Ended));
    }
}

/// Disabling ends all grants; should one be left for whatever reason, it is worth nothing.
#[tokio::test]
async fn a_disabled_account_refreshes_nothing_that_is_left() {
    let world = World::new(|_| {});
    let account = world.account().await;
    let now = world.make.now();
    let made = world.log_in(account).await;
    world
        .outside()
        .execute_batch("UPDATE accounts SET state = 'disabled', disabled_at = 0")
        .unwrap();
    let rotation = world
        .store
        .rotate(
            refresh(made.grant, 1),
            horizon(now),
            AuditContext::system(),
            now,
        )
        .await;
    assert_eq!(rotation, Ok(Rotation::Ended));
    let grant = world.store.grant(made.grant).await.unwrap().unwrap();
    assert_eq!(grant.generation, 1);
}
