//! A database that is gone, read-only, slow or full of others: what is answered, and that all is well
//! afterwards without opening the store anew.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/postgres.rs"]
mod support;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use support::{Node, connection, revocation};
use symbolon_core::{
    model::AuditContext,
    secret::CookieHash,
    store::{
        AccountStore as _, Change, ChangeOutcome, ChangeStore as _, GrantStore as _, LogStore as _,
        Rotation, SessionStore as _, StoreError,
    },
};
use symbolon_protocol::EndReason;
use symbolon_testing::{
    Fixtures, PostgresCluster, PostgresDatabase,
    fixtures::{ORIGIN, horizon, refresh},
};
use tokio::task::JoinSet;

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

/// Until the store works again.
async fn recovers(node: &Node, make: &Fixtures) {
    let works = async {
        while node.store.check_writable(make.now()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), works)
        .await
        .unwrap();
}

/// All connections are taken by verbs that wait: who comes beyond the queue is answered at once, who
/// waits after a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_saturated_pool_answers_quickly() {
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let node = Node::open(&database.url(), 1, |options| {
        options.connections = 2;
        options.queue = 3;
        options.wait = Duration::from_millis(300);
    })
    .await;
    let node = Arc::new(node);
    let held = connection(&database).await;
    held.batch_execute("BEGIN; LOCK TABLE symbolon_meta")
        .await
        .unwrap();
    let mut verbs = JoinSet::new();
    for _ in 0..5 {
        let (node, now) = (node.clone(), make.now());
        verbs.spawn(async move { node.store.check_writable(now).await });
    }
    // Two have the connections, three wait: there is no place for one more.
    let started = loop {
        let started = now();
        if node.store.has_admin().await == Err(StoreError::Saturated) {
            break started;
        }
    };
    assert!(started.elapsed() < Duration::from_millis(600));
    for _ in 0..3 {
        let waited = verbs.join_next().await.unwrap().unwrap();
        assert_eq!(waited, Err(StoreError::Saturated));
    }
    held.batch_execute("COMMIT").await.unwrap();
    for _ in 0..2 {
        assert_eq!(verbs.join_next().await.unwrap().unwrap(), Ok(()));
    }
    assert_eq!(node.store.has_admin().await, Ok(false));
}

/// Reads go on; writes fail and change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_only_server_takes_no_writes_and_is_waited_for() {
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let node = Node::new(&database, 1).await;
    let name = database.name();
    let set = |on: &str| {
        database.sql_beside(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = {on}"
        ));
        database.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    };
    set("on");
    let refused = node.store.change(revocation(&make)).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(node.store.check_writable(make.now()).await.is_err());
    assert_eq!(node.store.has_admin().await, Ok(false));
    assert!(node.observer.seen().is_empty());
    set("off");
    recovers(&node, &make).await;
    assert_eq!(node.revoke(&make).await, 1);
}

/// The server is killed and started again, while verbs run: each is answered, what was acknowledged is
/// there, and nothing is opened anew by us.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crash_of_the_server_loses_nothing_that_was_answered() {
    let mut cluster = PostgresCluster::start();
    let database = cluster.database();
    let make = Fixtures::default();
    let node = Arc::new(Node::new(&database, 1).await);
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (node, make) = (node.clone(), make.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                loop {
                    match node.store.change(revocation(&make)).await {
                        Ok(ChangeOutcome::Applied(applied)) => {
                            acknowledged.extend(applied.revocations);
                        }
                        Ok(other) => panic!("{other:?}"),
                        Err(StoreError::Saturated) => {}
                        Err(_) => return acknowledged,
                    }
                }
            })
        })
        .collect();
    node.sees(50).await;
    let crash = tokio::task::spawn_blocking(move || {
        cluster.crash();
        cluster
    });
    let mut cluster = crash.await.unwrap();
    let mut acknowledged = Vec::new();
    for worker in workers {
        let within = tokio::time::timeout(Duration::from_secs(20), worker);
        acknowledged.extend(within.await.unwrap().unwrap());
    }
    let down = node.store.has_admin().await;
    assert!(matches!(down, Err(StoreError::Unavailable(_))), "{down:?}");
    // What is young enough is not read again.
    while node.store.catch_up().await.is_ok() {
        tokio::task::yield_now().await;
    }
    cluster.restart();
    recovers(&node, &make).await;
    let last = node.revoke(&make).await;
    node.sees(last).await;
    let log = node.store.revocations_after(0, u32::MAX).await.unwrap();
    assert!(acknowledged.len() >= 50);
    for one in &acknowledged {
        assert!(log.contains(one), "{one:?} was acknowledged");
    }
    // Those whose answer was lost are told to the observer all the same.
    assert_eq!(node.observer.seen(), log);
}

/// Every connection is cut, again and again: a read or a write is answered, or fails and can be repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_are_cut_are_made_anew() {
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let node = Node::new(&database, 1).await;
    for round in 0..5 {
        let account = make.account(&format!("user{round}"));
        let id = account.id;
        let made = node
            .store
            .create_account(account, AuditContext::system(), make.now());
        made.await.unwrap();
        database.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        assert!(node.store.account(id).await.unwrap().is_some());
        let seq = node.revoke(&make).await;
        node.sees(seq).await;
    }
}

/// Uses and ends that come at once are looked for together, and yet what is wrong with one row is no failure of the
/// others.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_that_cannot_be_read_is_the_failure_of_its_own_use() {
    const USES: usize = 16;
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let now = make.now();
    let node = Node::open(&database.url(), 1, |_| {}).await;
    let account = make.account("ada");
    let id = account.id;
    let made = node
        .store
        .create_account(account, AuditContext::system(), now);
    made.await.unwrap();
    let mut uses = Vec::new();
    for _ in 0..USES {
        let new = make.session_with_grant(id);
        let cookie = new.cookie.as_ref().unwrap().hash;
        uses.push((new.session.id, cookie, new.grant.as_ref().unwrap().id));
        let made = node.store.create_session(new, horizon(now), now);
        made.await.unwrap();
    }
    let strange = *uses[0].0.as_uuid();
    database.sql(&format!(
        "UPDATE sessions SET kind = 'of a later release' WHERE id = '{strange}'"
    ));
    let rotated = uses.iter().map(|(.., grant)| {
        let system = AuditContext::system();
        node.store
            .rotate(refresh(*grant, 1), horizon(now), system, now)
    });
    let rotated = futures_util::future::join_all(rotated).await;
    let found = uses
        .iter()
        .map(|(_, cookie, _)| node.store.touch_session(cookie, ORIGIN, now));
    let found = futures_util::future::join_all(found).await;
    for (at, (rotated, found)) in rotated.into_iter().zip(found).enumerate() {
        if at == 0 {
            let both = (rotated.map(drop), found.map(drop));
            let wrong = matches!(
                both,
                (
                    Err(StoreError::Inconsistent { .. }),
                    Err(StoreError::Inconsistent { .. })
                )
            );
            assert!(wrong, "{both:?}");
        } else {
            assert!(matches!(rotated, Ok(Rotation::Rotated(_))), "{rotated:?}");
            assert!(matches!(found, Ok(Some(_))), "{found:?}");
        }
    }
    let ended = uses.iter().map(|&(session, ..)| {
        let change = Change::EndSession {
            session,
            owner: None,
        };
        node.store.change(make.change(change, EndReason::Logout))
    });
    let ended = futures_util::future::join_all(ended).await;
    for (at, (ended, (session, ..))) in ended.into_iter().zip(&uses).enumerate() {
        if at == 0 {
            let wrong = matches!(ended, Err(StoreError::Inconsistent { .. }));
            assert!(wrong, "{ended:?}");
            continue;
        }
        let Ok(ChangeOutcome::Applied(applied)) = ended else {
            panic!("{ended:?}");
        };
        let entries = applied.revocations.iter().map(|one| one.entry.id);
        let entries: Vec<_> = entries.collect();
        assert_eq!(entries.first(), Some(&(*session).into()));
    }
    let ends = "SELECT count(*) FROM audit_events WHERE action = 'session_ended'";
    assert_eq!(database.sql(ends).trim(), (USES - 1).to_string());
}

/// Of the ends that share a transaction only that one fails whose row somebody holds for too long.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_end_that_meets_a_lock_fails_alone() {
    const ENDS: usize = 16;
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let now = make.now();
    let node = Node::open(&database.url(), 1, |_| {}).await;
    let mut sessions = Vec::new();
    for number in 0..ENDS {
        let account = make.account(&format!("user{number}"));
        let (id, system) = (account.id, AuditContext::system());
        let made = node.store.create_account(account, system, now).await;
        made.unwrap();
        let new = make.session_with_grant(id);
        sessions.push(new.session.id);
        let made = node.store.create_session(new, horizon(now), now).await;
        made.unwrap();
    }
    let holder = connection(&database).await;
    let hold = "BEGIN; SELECT 1 FROM grants WHERE session = ";
    let held = *sessions[3].as_uuid();
    let hold = format!("{hold}'{held}' FOR UPDATE");
    holder.batch_execute(&hold).await.unwrap();
    let end = |session| {
        let change = Change::EndSession {
            session,
            owner: None,
        };
        node.store.change(make.change(change, EndReason::Logout))
    };
    let ended = futures_util::future::join_all(sessions.iter().map(|id| end(*id))).await;
    for (at, ended) in ended.into_iter().enumerate() {
        if at == 3 {
            let refused = matches!(ended, Err(StoreError::Unavailable(_)));
            assert!(refused, "{ended:?}");
        } else {
            assert!(matches!(ended, Ok(ChangeOutcome::Applied(_))), "{ended:?}");
        }
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    let ended = end(sessions[3]).await;
    assert!(matches!(ended, Ok(ChangeOutcome::Applied(_))), "{ended:?}");
}

/// Reads that were not begun are refused while the database still says nothing to those that were.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_waits_for_its_turn_no_longer_than_for_a_connection() {
    const READS: usize = 400;
    /// Four batches of 64.
    const BEGUN: usize = 256;
    let database = PostgresDatabase::new();
    let node = Node::open(&database.url(), 1, |options| {
        options.queue = 1_000;
        options.wait = Duration::from_millis(300);
        options.statement_timeout = Duration::from_secs(60);
        options.lock_timeout = Duration::from_secs(60);
    })
    .await;
    let held = connection(&database).await;
    held.batch_execute("BEGIN; LOCK TABLE sessions")
        .await
        .unwrap();
    let mut reads = JoinSet::new();
    for _ in 0..READS {
        let store = Arc::clone(&node.store);
        reads.spawn(async move {
            let now = Fixtures::default().now();
            store.touch_session(&CookieHash([7; 32]), ORIGIN, now).await
        });
    }
    for _ in BEGUN..READS {
        let refused = reads.join_next().await.unwrap().unwrap();
        assert_eq!(refused, Err(StoreError::Saturated));
    }
    held.batch_execute("ROLLBACK").await.unwrap();
    while let Some(read) = reads.join_next().await {
        let read = read.unwrap();
        assert!(
            matches!(read, Ok(None) | Err(StoreError::Saturated)),
            "{read:?}"
        );
    }
}

/// Ends that wait for somebody's lock, each of which came alone, keep the ends of others from nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_end_that_waits_for_a_lock_keeps_nobody_else_waiting() {
    const WAITING: i64 = 4;
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let now = make.now();
    let node = Node::open(&database.url(), 1, |options| {
        options.wait = Duration::from_secs(3);
        options.statement_timeout = Duration::from_secs(60);
        options.lock_timeout = Duration::from_secs(60);
    })
    .await;
    let mut accounts = Vec::new();
    for name in ["ada", "grace"] {
        let account = make.account(name);
        accounts.push(account.id);
        let system = AuditContext::system();
        node.store
            .create_account(account, system, now)
            .await
            .unwrap();
    }
    let end = async |account| {
        let new = make.session_with_grant(account);
        let session = new.session.id;
        node.store
            .create_session(new, horizon(now), now)
            .await
            .unwrap();
        let owner = None;
        make.change(Change::EndSession { session, owner }, EndReason::Logout)
    };
    let [ada, grace] = accounts[..] else { panic!() };
    let mut ends = Vec::new();
    for _ in 0..WAITING {
        ends.push(end(ada).await);
    }
    let other = end(grace).await;
    let (held, watching) = (connection(&database).await, connection(&database).await);
    held.batch_execute("BEGIN").await.unwrap();
    let lock = "SELECT FROM accounts WHERE id = $1 FOR UPDATE";
    held.query(lock, &[ada.as_uuid()]).await.unwrap();
    let mut waiting = JoinSet::new();
    for (before, end) in (0..).zip(ends) {
        let store = Arc::clone(&node.store);
        waiting.spawn(async move { store.change(end).await });
        let count = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let all_wait = async {
            while watching
                .query_one(count, &[])
                .await
                .unwrap()
                .get::<_, i64>(0)
                <= before
            {
                // A lock that is waited for tells nobody.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), all_wait)
            .await
            .unwrap();
    }
    let ended = node.store.change(other).await;
    assert!(matches!(ended, Ok(ChangeOutcome::Applied(_))), "{ended:?}");
    held.batch_execute("ROLLBACK").await.unwrap();
    while let Some(ended) = waiting.join_next().await {
        let ended = ended.unwrap();
        assert!(matches!(ended, Ok(ChangeOutcome::Applied(_))), "{ended:?}");
    }
}

/// The first of two hosts takes connections and never says a word: it costs its share of the time, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_host_that_says_nothing_is_passed_over() {
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    // The operating system takes them, up to its queue.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let mut url: url::Url = database.url().parse().unwrap();
    let good = url.port().unwrap();
    url.set_port(Some(silent.local_addr().unwrap().port()))
        .unwrap();
    let first = url.host_str().unwrap().to_owned();
    let port = url.port().unwrap();
    let both = url.as_str().replacen(
        &format!("{first}:{port}"),
        &format!("{first}:{port},{first}:{good}"),
        1,
    );
    let node = Node::open(&both, 1, |options| {
        options.connect_timeout = Duration::from_secs(2);
    })
    .await;
    let now = make.now();
    let mut verbs = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&node.store);
        verbs.spawn(async move { store.check_writable(now).await });
    }
    while let Some(done) = verbs.join_next().await {
        assert_eq!(done.unwrap(), Ok(()));
    }
    let last = node.revoke(&make).await;
    node.sees(last).await;
    assert!(silent.accept().is_ok());
    assert!(silent.accept().is_err(), "it was asked again");
}
