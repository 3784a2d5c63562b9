//! Who reads the log, against the clock: what receipts and rotations are told of them.

use std::future::ready;

use symbolon_core::{
    Issuer,
    keys::RotateKeys,
    readers::{
        Committed, MAX_PER_CLIENT, MAX_READERS, PendingReceipt, Polling, ReaderName, ReaderPoll,
        ReceiptState, Waiter,
    },
};
use symbolon_protocol::{Cursor, JwksHash, Mark};

use symbolon_testing::settings;

use super::world::{World, audit};

fn name(client: &str, instance: impl std::fmt::Display) -> ReaderName {
    ReaderName {
        client: client.parse().unwrap(),
        instance: instance.to_string().try_into().unwrap(),
    }
}

/// A poll that has applied everything up to `applied`, and goes on until it is dropped.
fn poll(issuer: &Issuer, name: ReaderName, applied: u64) -> Polling<'_> {
    poll_with(issuer, name, applied, None)
}

fn poll_with(
    issuer: &Issuer,
    name: ReaderName,
    applied: u64,
    jwks: Option<JwksHash>,
) -> Polling<'_> {
    let software = Some("orders/1.2 (\u{7f}linux)");
    issuer.readers().poll(ReaderPoll {
        name,
        applied,
        jwks,
        software,
    })
}

/// Something that was committed just now as entry `seq`.
fn committed(world: &World, seq: u64) -> Committed {
    let mark = Mark([0; 16]);
    Committed {
        head: Cursor { seq, mark },
        ..world.issuer.committed()
    }
}

async fn is_complete(pending: &mut PendingReceipt<'_>) -> bool {
    tokio::select! {
        biased;
        () = pending.completed() => true,
        () = ready(()) => false,
    }
}

fn states(pending: PendingReceipt<'_>) -> Vec<(String, ReceiptState)> {
    let verifiers = pending.write().verifiers.into_iter();
    verifiers
        .map(|one| (one.name.to_string(), one.state))
        .collect()
}

#[tokio::test]
async fn a_receipt_is_complete_when_every_reader_has_acknowledged() {
    let world = World::new().await;
    let issuer = &world.issuer;
    let [a, b] = [
        poll(issuer, name("orders", "a"), 4),
        poll(issuer, name("billing", "b"), 4),
    ];
    let mut pending = issuer
        .readers()
        .receipt(committed(&world, 6), Waiter::Admin);
    assert!(!is_complete(&mut pending).await);
    drop((a, b));
    world.clock.advance_millis(3);
    drop(poll(issuer, name("orders", "a"), 6));
    // Half-way is not there.
    drop(poll(issuer, name("billing", "b"), 5));
    assert!(!is_complete(&mut pending).await);
    // Who comes later was never accepted anything of it by this log's word.
    drop(poll(issuer, name("late", "c"), 0));
    world.clock.advance_millis(4);
    drop(poll(issuer, name("billing", "b"), 7));
    assert!(is_complete(&mut pending).await);
    world.clock.advance_millis(5);
    let receipt = pending.write();
    assert!(receipt.complete);
    assert_eq!((receipt.waited_ms, receipt.head.seq), (12, 6));
    let told: Vec<_> = receipt
        .verifiers
        .iter()
        .map(|one| (one.name.to_string(), one.software.as_deref(), one.state))
        .collect();
    let software = Some("orders/1.2(linux)");
    let applied = |after_ms| ReceiptState::Applied { after_ms };
    assert_eq!(
        told,
        [
            ("billing#b".to_owned(), software, applied(7)),
            ("orders#a".to_owned(), software, applied(3)),
        ]
    );
    // What everybody has applied before is not waited for.
    let mut past = issuer
        .readers()
        .receipt(committed(&world, 0), Waiter::Admin);
    assert!(is_complete(&mut past).await);
}

#[tokio::test]
async fn who_polls_is_behind_and_who_does_not_is_silent() {
    let world = World::new().await;
    let issuer = &world.issuer;
    drop(poll(issuer, name("orders", "gone"), 3));
    world.clock.advance_secs(14);
    let _waits = poll(issuer, name("orders", "old"), 3);
    let pending = issuer
        .readers()
        .receipt(committed(&world, 5), Waiter::Admin);
    // It waits for an answer, however long.
    world.clock.advance_secs(10);
    assert_eq!(
        states(pending),
        [
            ("orders#gone".to_owned(), ReceiptState::Silent { for_s: 24 }),
            ("orders#old".to_owned(), ReceiptState::Behind { by: 2 }),
        ]
    );
    let receipt = issuer
        .readers()
        .receipt(committed(&world, 5), Waiter::Admin)
        .write();
    assert!(!receipt.complete);
}

#[tokio::test]
async fn what_was_acknowledged_before_the_receipt_was_asked_for_counts() {
    let world = World::new().await;
    let issuer = &world.issuer;
    let ended = committed(&world, 2);
    world.clock.advance_millis(2);
    drop(poll(issuer, name("orders", "a"), 2));
    world.clock.advance_millis(9);
    let mut pending = issuer.readers().receipt(ended, Waiter::Admin);
    assert!(is_complete(&mut pending).await);
    let applied = ReceiptState::Applied { after_ms: 2 };
    assert_eq!(states(pending), [("orders#a".to_owned(), applied)]);
}

#[tokio::test]
async fn a_reader_is_forgotten_after_five_minutes_of_silence() {
    let world = World::new().await;
    let issuer = &world.issuer;
    assert!(issuer.readers().is_empty());
    drop(poll(issuer, name("orders", "a"), 1));
    let waits = poll(issuer, name("orders", "b"), 1);
    world.clock.advance_secs(299);
    assert_eq!(issuer.readers().len(), 2);
    let pending = issuer
        .readers()
        .receipt(committed(&world, 2), Waiter::Admin);
    world.clock.advance_secs(1);
    assert_eq!(issuer.readers().len(), 1);
    // A receipt that was waiting for it says since when it is silent.
    let told = states(pending);
    assert_eq!(told.first().unwrap().1, ReceiptState::Silent { for_s: 300 });
    drop(waits);
    // The clock was set back: nobody is forgotten for that.
    world.clock.advance_secs(-3600);
    assert_eq!(issuer.readers().len(), 1);
}

#[tokio::test]
async fn readers_are_bounded_and_the_longest_silent_goes() {
    let world = World::new().await;
    let issuer = &world.issuer;
    let waits = poll(issuer, name("orders", "first"), 1);
    drop(poll(issuer, name("billing", "other"), 1));
    for number in 0..MAX_PER_CLIENT {
        drop(poll(issuer, name("orders", number), 1));
        world.clock.advance_millis(1);
    }
    assert_eq!(issuer.readers().len(), MAX_PER_CLIENT + 1);
    let told = states(
        issuer
            .readers()
            .receipt(committed(&world, 1), Waiter::Admin),
    );
    let is_known = |wanted: &str| told.iter().any(|(name, _)| name == wanted);
    // The first still waits, so number 0 was the longest silent of its client.
    assert!(is_known("orders#first") && is_known("billing#other"));
    assert!(!is_known("orders#0") && is_known("orders#1"));
    drop(waits);
    for client in 0..16 {
        for number in 0..MAX_PER_CLIENT {
            drop(poll(issuer, name(&format!("c{client}"), number), 1));
        }
    }
    assert_eq!(issuer.readers().len(), MAX_READERS);
}

#[tokio::test]
async fn receipts_are_bounded_and_one_that_is_dropped_makes_room() {
    let world = World::new().await;
    let issuer = &world.issuer;
    drop(poll(issuer, name("orders", "a"), 1));
    let mut waiting: Vec<_> = (0..256)
        .map(|_| {
            issuer
                .readers()
                .receipt(committed(&world, 2), Waiter::Admin)
        })
        .collect();
    assert!(waiting.iter().all(|one| !one.is_refused()));
    let mut refused = issuer
        .readers()
        .receipt(committed(&world, 2), Waiter::Admin);
    assert!(refused.is_refused() && !is_complete(&mut refused).await);
    assert!(!refused.write().complete);
    drop(waiting.pop());
    assert!(
        !issuer
            .readers()
            .receipt(committed(&world, 2), Waiter::Admin)
            .is_refused()
    );
    drop(poll(issuer, name("orders", "a"), 2));
    for one in &mut waiting {
        assert!(is_complete(one).await);
    }
}

/// Whom the process before it knew, a new one does not; who is there it knows when they had time to come.
#[tokio::test]
async fn after_a_restart_nothing_is_complete_until_readers_had_time_to_come_back() {
    let world = World::new().await;
    assert!(world.issuer.readers().settles_in().is_zero());
    drop(poll(&world.issuer, name("orders", "a"), 1));
    let world = world.reopened(settings()).await;
    let issuer = &world.issuer;
    assert_eq!(issuer.readers().settles_in().as_secs(), 10);
    let receipt = || {
        issuer
            .readers()
            .receipt(committed(&world, 2), Waiter::Admin)
    };
    let early = receipt().write();
    assert!(!early.complete && early.verifiers.is_empty());
    let mut pending = receipt();
    world.clock.advance_secs(4);
    drop(poll(issuer, name("orders", "a"), 1));
    world.clock.advance_secs(6);
    assert!(issuer.readers().settles_in().is_zero());
    pending.look_again();
    assert!(!is_complete(&mut pending).await);
    drop(poll(issuer, name("orders", "a"), 2));
    assert!(is_complete(&mut pending).await);
    let receipt = pending.write();
    assert!(receipt.complete);
    assert_eq!(receipt.verifiers.len(), 1);
    // A clock that is set back makes nobody wait for longer.
    world.clock.advance_secs(-3600);
    assert_eq!(issuer.readers().settles_in().as_secs(), 10);
}

fn held(world: &World) -> JwksHash {
    let ring = world.issuer.keys().ring();
    JwksHash::of(ring.token_keys().json.as_bytes())
}

async fn signs(world: &World, kid: &str) -> bool {
    world.housekeep().await;
    let keys = world.issuer.key_list().await.unwrap();
    let found = keys.iter().find(|listed| listed.key.kid == kid).unwrap();
    found.key.state.as_str() == "active"
}

/// Asks for a rotation and lets the JWKS' `max-age` pass; the next key.
async fn rotated(world: &World) -> String {
    let asked = world.issuer.rotate_keys(RotateKeys::Orderly, audit()).await;
    let asked = asked.unwrap();
    let waiting = asked.waiting.first().unwrap();
    world.clock.set(waiting.signs_from);
    waiting.kid.clone()
}

#[tokio::test]
async fn a_next_key_waits_until_every_reader_has_fetched_it() {
    let world = World::new().await;
    let issuer = &world.issuer;
    let before = held(&world);
    let next = rotated(&world).await;
    let orders = || name("orders", "a");
    drop(poll_with(issuer, orders(), 0, Some(before)));
    // It says nothing of its keys, so nobody can wait for it.
    let _says_nothing = poll(issuer, name("billing", "b"), 0);
    assert!(!signs(&world, &next).await);
    let listed = issuer.key_list().await.unwrap();
    let waits_for = |kid: &str| {
        let found = listed.iter().find(|one| one.key.kid == kid).unwrap();
        found.missing.clone()
    };
    assert_eq!(waits_for(&next), [orders()]);
    let report = issuer.rotate_keys(RotateKeys::Orderly, audit()).await;
    let report = report.unwrap();
    assert_eq!(report.waiting.first().unwrap().missing, [orders()]);
    drop(poll_with(issuer, orders(), 0, Some(held(&world))));
    assert!(signs(&world, &next).await);
}

#[tokio::test]
async fn a_silent_reader_holds_no_key_up_and_a_stuck_one_for_an_hour() {
    let world = World::new().await;
    let issuer = &world.issuer;
    let before = held(&world);
    drop(poll_with(issuer, name("orders", "a"), 0, Some(before)));
    let next = rotated(&world).await;
    // Five minutes without a word.
    assert!(signs(&world, &next).await);

    let before = held(&world);
    let next = rotated(&world).await;
    let _stuck = poll_with(issuer, name("orders", "b"), 0, Some(before));
    assert!(!signs(&world, &next).await);
    world.clock.advance_secs(3_599);
    assert!(!signs(&world, &next).await);
    world.clock.advance_secs(1);
    assert!(signs(&world, &next).await);
}

/// One account's receipts, and all accounts' together, leave room for administrators.
#[tokio::test]
async fn an_account_has_one_place_and_accounts_have_some() {
    let world = World::new().await;
    let issuer = &world.issuer;
    drop(poll(issuer, name("orders", "a"), 1));
    let account = |number: u8| {
        let id = format!("00000000-0000-7000-8000-0000000000{number:02x}");
        Waiter::Account(id.parse().unwrap())
    };
    let receipt = |waiter| issuer.readers().receipt(committed(&world, 2), waiter);
    let first = receipt(account(0));
    assert!(!first.is_refused());
    let again = receipt(account(0));
    assert!(again.is_refused());
    let told = again.write();
    assert!(!told.complete && told.verifiers.is_empty());
    let others: Vec<_> = (1..64).map(|number| receipt(account(number))).collect();
    assert!(others.iter().all(|one| !one.is_refused()));
    assert!(receipt(account(64)).is_refused());
    assert!(!receipt(Waiter::Admin).is_refused());
    drop(first);
    assert!(!receipt(account(64)).is_refused());
}
