//! The order of the revocation log when several nodes append to it, and what a transaction that is held
//! open does to it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/postgres.rs"]
mod support;

use std::{sync::Arc, time::Duration};

use support::{Node, connection, revocation};
use symbolon_core::{
    model::AuditContext,
    store::{
        AccountStore as _, Change, ChangeOutcome, ChangeStore as _, LogStore as _,
        SessionStore as _, StoreError,
    },
};
use symbolon_protocol::EndReason;
use symbolon_testing::{
    Fixtures, PgBouncer, PostgresDatabase,
    fixtures::{TOKEN_LIFETIME_SECS, horizon},
};

/// Every node is told of every entry once, in order and without gaps, whoever appended it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_node_is_told_of_everything_in_order() {
    const EACH: u64 = 200;
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let nodes = [
        Arc::new(Node::new(&database, 1).await),
        Arc::new(Node::new(&database, 2).await),
        Arc::new(Node::new(&database, 3).await),
    ];
    let mut tasks = Vec::new();
    for node in &nodes {
        for _ in 0..8 {
            let (node, make) = (node.clone(), make.clone());
            tasks.push(tokio::spawn(async move {
                for _ in 0..EACH / 8 {
                    let seq = node.revoke(&make).await;
                    // Acknowledged means known here.
                    let seen = node.observer.seen();
                    assert!(seen.iter().any(|one| one.entry.seq == seq));
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    let log = nodes[0].store.revocations_after(0, u32::MAX).await.unwrap();
    let seqs = log.iter().map(|one| one.entry.seq);
    assert!(seqs.eq(1..=3 * EACH));
    for node in &nodes {
        node.sees(3 * EACH).await;
        assert_eq!(node.observer.seen(), log);
    }
}

/// A transaction that has its number but is not committed: nothing later becomes visible before it, so
/// no tail can skip it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_overtakes_an_entry_that_is_not_committed() {
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let [a, b] = [Node::new(&database, 1).await, Node::new(&database, 2).await];
    let a = Arc::new(a);
    assert_eq!(a.revoke(&make).await, 1);
    b.sees(1).await;
    let held = connection(&database).await;
    // As a node does it that stops right before its commit.
    held.batch_execute(
        "BEGIN;
         SELECT pg_advisory_xact_lock(5351485, 1);
         INSERT INTO revocations
         SELECT 2, mark, kind, id, below, reason, revoked_at_secs, until_secs
         FROM revocations WHERE seq = 1",
    )
    .await
    .unwrap();
    let waiting = {
        let (a, make) = (a.clone(), make.clone());
        tokio::spawn(async move { a.revoke(&make).await })
    };
    let waits = "SELECT 1 FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while held.query(waits, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(b.store.log_state().await.unwrap().head.seq, 1);
    assert_eq!(b.observer.seen().len(), 1);
    held.batch_execute("COMMIT").await.unwrap();
    assert_eq!(waiting.await.unwrap(), 3);
    for node in [&*a, &b] {
        node.sees(3).await;
        let seqs: Vec<_> = node
            .observer
            .seen()
            .iter()
            .map(|one| one.entry.seq)
            .collect();
        assert_eq!(seqs, [1, 2, 3]);
    }
}

/// One that has not taken the log's lock stalls nobody, whatever rows it holds and however old its
/// snapshot is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transaction_that_is_held_open_stalls_no_other_end() {
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let node = Node::new(&database, 1).await;
    let now = make.now();
    let mut sessions = Vec::new();
    for name in ["ada", "grace"] {
        let account = make.account(name);
        let id = account.id;
        let made = node
            .store
            .create_account(account, AuditContext::system(), now);
        made.await.unwrap();
        let new = make.session_with_grant(id);
        sessions.push((id, new.session.id));
        node.store
            .create_session(new, horizon(now), now)
            .await
            .unwrap();
    }
    let held = connection(&database).await;
    held.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        .await
        .unwrap();
    let ada = sessions[0].0.to_string();
    let lock = format!("SELECT 1 FROM accounts WHERE id = '{ada}' FOR UPDATE");
    held.batch_execute(&lock).await.unwrap();
    let end = |number: usize| {
        let session = sessions[number].1;
        let change = Change::EndSession {
            session,
            owner: None,
        };
        node.store.change(make.change(change, EndReason::Logout))
    };
    // Also when it comes at the same time as one that has to wait.
    let waiting = end(0);
    let others = async {
        end(1).await.unwrap();
        for _ in 0..20 {
            node.store.change(revocation(&make)).await.unwrap();
        }
        assert_eq!(node.observer.seen().len(), 21);
        held.batch_execute("COMMIT").await.unwrap();
    };
    let within = tokio::time::timeout(Duration::from_secs(10), async {
        tokio::join!(waiting, others)
    });
    let (waited, ()) = within.await.unwrap();
    waited.unwrap();
    assert_eq!(node.observer.seen().len(), 22);
}

/// Without notifications the log is polled: behind a pooler that gives out connections by transaction
/// there are none, nor settings or prepared statements that last.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn behind_a_transaction_pooler_the_log_is_polled() {
    let database = PostgresDatabase::new();
    let pooler = PgBouncer::start(&database);
    let make = Fixtures::default();
    let listening = Node::new(&database, 1).await;
    let polling = Node::open(&pooler.url(), 2, |options| {
        options.transaction_pooler = true;
    })
    .await;
    for _ in 0..3 {
        let seq = listening.revoke(&make).await;
        polling.sees(seq).await;
        let seq = polling.revoke(&make).await;
        listening.sees(seq).await;
    }
    assert!(listening.store.is_notified());
    assert!(!polling.store.is_notified());
    // Many at once, over fewer connections than they have.
    let verbs = (0..64).map(|number| {
        let (store, new) = (
            polling.store.clone(),
            make.account(&format!("user{number}")),
        );
        let now = make.now();
        tokio::spawn(async move {
            let id = new.id;
            store
                .create_account(new, AuditContext::system(), now)
                .await?;
            store.account(id).await
        })
    });
    for verb in verbs.collect::<Vec<_>>() {
        assert!(verb.await.unwrap().unwrap().is_some());
    }
    let age = polling.store.log_age().unwrap();
    assert!(age < Duration::from_secs(2), "{age:?}");
}

/// An older copy of the database, or a standby without the newest entries: their numbers are given
/// again, and whoever was told of the first ones must not take the second ones for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_that_has_lost_its_newest_entries_is_followed_no_longer() {
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let [a, b] = [Node::new(&database, 1).await, Node::new(&database, 2).await];
    for seq in 1..=3 {
        assert_eq!(a.revoke(&make).await, seq);
    }
    b.sees(3).await;
    let lost = connection(&database).await;
    lost.batch_execute("DELETE FROM revocations WHERE seq = 3")
        .await
        .unwrap();
    // It is committed, under the number of another entry: this node's copy cannot have it.
    let answer = a.store.change(revocation(&make)).await;
    assert!(
        matches!(answer, Err(StoreError::OutcomeUnknown(_))),
        "{answer:?}"
    );
    for node in [&a, &b] {
        while node.store.log_age().is_some() {
            tokio::task::yield_now().await;
        }
        assert!(node.store.catch_up().await.is_err());
        assert_eq!(node.observer.seen().len(), 3);
    }
    // A node that starts anew follows the log as it is.
    let anew = Node::new(&database, 3).await;
    assert_eq!(anew.revoke(&make).await, 4);
    anew.store.catch_up().await.unwrap();
    assert!(anew.store.log_age().is_some());
}

/// A node that begins to issue longer tokens tells the database before it issues one. Another node that
/// has not read that yet ends something all the same for as long as such a token may live.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_end_is_remembered_as_long_as_the_longest_token_of_any_node() {
    const LONGER: u32 = 3_600;
    let database = PostgresDatabase::new();
    let make = Fixtures::default();
    let now = make.now();
    let [a, b] = [Node::new(&database, 1).await, Node::new(&database, 2).await];
    let short = u32::try_from(TOKEN_LIFETIME_SECS).unwrap();
    assert_eq!(a.store.note_token_lifetime(short, now).await, Ok(short));
    assert_eq!(b.store.note_token_lifetime(LONGER, now).await, Ok(LONGER));
    let account = make.account("ada");
    let id = account.id;
    let made = b.store.create_account(account, AuditContext::system(), now);
    made.await.unwrap();
    for new in [make.session_with_grant(id), make.session_with_grant(id)] {
        let session = new.session.id;
        b.store
            .create_session(new, horizon(now), now)
            .await
            .unwrap();
        let change = Change::EndSession {
            session,
            owner: None,
        };
        let ended = a.store.change(make.change(change, EndReason::Logout)).await;
        let ChangeOutcome::Applied(applied) = ended.unwrap() else {
            panic!("not ended")
        };
        let until = applied.revocations[0].entry.until.unwrap();
        assert!(until >= now.as_secs() + i64::from(LONGER), "{until}");
    }
    // What says itself until when it has to be remembered is not remembered longer.
    let revoked = revocation(&make);
    let until = match revoked.change {
        Change::RevokeToken { until, .. } => until,
        _ => panic!("no token"),
    };
    a.store.change(revoked).await.unwrap();
    b.sees(3).await;
    for node in [&a, &b] {
        let log = node.store.revocations_after(0, 10).await.unwrap();
        assert_eq!(node.observer.seen(), log);
        assert_eq!(log[2].entry.until, Some(until));
    }
}
