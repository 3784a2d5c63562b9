//! The revocation log.

use symbolon_core::{Timestamp, entropy::EntropyExt, model::AuditContext, store::Change};
use symbolon_protocol::EndReason;

use super::{Harness, World};

async fn revoke<H: Harness>(world: &World<H>, until: Timestamp) {
    let change = Change::RevokeToken {
        token: world.make.entropy().token_id(world.now()),
        until: until.as_secs(),
    };
    world.applied(change, EndReason::ClientRevoked).await;
}

/// A position before the first entry, with a mark of its own.
pub async fn an_empty_log_has_an_origin<H: Harness>() {
    let world = World::<H>::new().await;
    let state = world.store().log_state().await.unwrap();
    assert_eq!(state.origin.seq, 0);
    assert_eq!(state.head, state.origin);
    assert!(!state.epoch.is_empty());
    assert!(world.log().await.is_empty());
    assert!(world.observer.seen().is_empty());
}

/// From 1 without gaps, each with a mark of its own, and the head is the last.
pub async fn entries_are_read_in_order_and_pages<H: Harness>() {
    let world = World::<H>::new().await;
    for _ in 0..5 {
        revoke(&world, world.now()).await;
    }
    let store = world.store();
    let mut read = Vec::new();
    loop {
        let after = read
            .last()
            .map_or(0, |last: &symbolon_core::model::Revocation| last.entry.seq);
        let page = store.revocations_after(after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        read.extend(page);
    }
    let seqs: Vec<_> = read.iter().map(|one| one.entry.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    let marks: std::collections::HashSet<_> = read.iter().map(|one| one.mark).collect();
    assert_eq!(marks.len(), 5);
    assert_eq!(world.observer.seen(), read);
    let state = store.log_state().await.unwrap();
    assert_eq!(state.head, read[4].cursor());
    assert_ne!(state.origin.mark, state.head.mark);
}

/// Newest first, each once, forgotten ones left out.
pub async fn entries_are_read_from_the_end<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    assert_eq!(store.revocations_before(None, 5).await, Ok(Vec::new()));
    for secs in [10, 20, 30, 40, 50] {
        revoke(&world, world.now().plus_secs(secs)).await;
    }
    let later = world.now().plus_secs(11);
    assert_eq!(store.forget_revocations(later, 100).await, Ok(1));
    let mut read = Vec::new();
    loop {
        let before = read
            .last()
            .map(|last: &symbolon_core::model::Revocation| last.entry.seq);
        let page = store.revocations_before(before, 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 3);
        read.extend(page);
    }
    read.reverse();
    assert_eq!(read, world.log().await);
    assert_eq!(read.len(), 4);
    let none = store.revocations_before(Some(0), 3).await;
    assert_eq!(none, Ok(Vec::new()));
}

/// Not even when everything before was forgotten and the store was opened anew.
pub async fn numbers_are_not_used_twice<H: Harness>() {
    let mut world = World::<H>::new().await;
    for _ in 0..3 {
        revoke(&world, world.now()).await;
    }
    let later = world.now().plus_secs(10);
    let forgotten = world.store().forget_revocations(later, 100).await;
    assert_eq!(forgotten, Ok(2));
    world = world.after_crash().await;
    revoke(&world, world.now()).await;
    let seqs: Vec<_> = world.log().await.iter().map(|one| one.entry.seq).collect();
    assert_eq!(seqs, [3, 4]);
}

/// Only after their `until`, at most so many, never the head.
pub async fn old_entries_are_forgotten_but_the_last<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    for secs in [10, 20, 30, 40] {
        revoke(&world, world.now().plus_secs(secs)).await;
    }
    let forget = |secs, limit| store.forget_revocations(world.now().plus_secs(secs), limit);
    assert_eq!(forget(10, 100).await, Ok(0));
    assert_eq!(forget(11, 100).await, Ok(1));
    let seqs: Vec<_> = world.log().await.iter().map(|one| one.entry.seq).collect();
    assert_eq!(seqs, [2, 3, 4]);
    let head = store.log_state().await.unwrap().head;
    assert_eq!(forget(1000, 1).await, Ok(1));
    assert_eq!(forget(1000, 100).await, Ok(1));
    assert_eq!(forget(1000, 100).await, Ok(0));
    assert_eq!(store.log_state().await.unwrap().head, head);
    assert_eq!(world.log().await.len(), 1);
}

/// Also one that was lowered since, for a day from when it was lowered.
pub async fn the_highest_lifetime_of_a_day_counts<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let hour = 60 * 60;
    for (secs, at, highest) in [
        (300, 0, 300),
        (600, hour, 600),
        (300, 48 * hour, 600),
        // In force until two days after the start, so for one more day.
        (300, 71 * hour, 600),
        (300, 72 * hour, 300),
        (300, 72 * hour, 300),
        (60, 73 * hour, 300),
        (900, 74 * hour, 900),
    ] {
        let noted = store
            .note_token_lifetime(secs, world.now().plus_secs(at))
            .await;
        assert_eq!(noted, Ok(highest), "{secs} s at {at}");
    }
}

/// The latest moment that was ever noted, whatever the clock shows now.
pub async fn the_latest_moment_is_kept<H: Harness>() {
    let world = World::<H>::new().await;
    let now = world.now();
    assert_eq!(world.store().note_clock(now).await, Ok(now));
    let later = now.plus_secs(60);
    assert_eq!(world.store().note_clock(later).await, Ok(later));
    assert_eq!(world.store().note_clock(now).await, Ok(later));
}

/// Everything that was answered, and that it is the same log.
pub async fn a_crash_keeps_log_and_epoch<H: Harness>() {
    let mut world = World::<H>::new().await;
    for _ in 0..3 {
        revoke(&world, world.now()).await;
    }
    let state = world.store().log_state().await.unwrap();
    let log = world.log().await;
    world = world.after_crash().await;
    assert_eq!(world.store().log_state().await, Ok(state));
    assert_eq!(world.log().await, log);
    // An observer is told of what comes, not of what was.
    revoke(&world, world.now()).await;
    assert_eq!(world.observer.seen(), world.log().await[3..]);
}

/// And checking leaves no trace.
pub async fn it_can_be_written_to<H: Harness>() {
    let world = World::<H>::new().await;
    assert_eq!(world.store().check_writable(world.now()).await, Ok(()));
    assert!(world.log().await.is_empty());
    assert!(world.audit_actions().await.is_empty());
}

/// Once for whoever knows the same epoch; entries stay, and the trail tells.
pub async fn another_epoch_begins_once<H: Harness>() {
    let mut world = World::<H>::new().await;
    revoke(&world, world.now()).await;
    let before = world.store().log_state().await.unwrap();
    let begin = |from: &str| {
        let (store, from, now) = (world.store(), from.to_owned(), world.now());
        async move { store.begin_epoch(&from, AuditContext::system(), now).await }
    };
    let epoch = begin(&before.epoch).await.unwrap();
    assert_ne!(epoch, before.epoch);
    assert_eq!(begin(&before.epoch).await, Ok(epoch.clone()));
    let trail = world.harness.audit_trail().await;
    let told: Vec<_> = trail
        .iter()
        .filter(|row| row.action == "epoch_changed")
        .map(|row| row.target.clone())
        .collect();
    assert_eq!(told, [format!("epoch:{epoch}")]);
    world = world.after_crash().await;
    let after = world.store().log_state().await.unwrap();
    assert_eq!(after.epoch, epoch);
    assert_eq!((after.origin, after.head), (before.origin, before.head));
}
