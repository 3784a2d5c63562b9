//! Reading the audit trail.

use symbolon_core::{
    model::{AuditAction, AuditEvent},
    store::{AuditFilter, Change},
};
use symbolon_protocol::EndReason;

use super::{AuditRow, Harness, World};

/// Every row that fits, page by page.
async fn read<H: Harness>(world: &World<H>, filter: &AuditFilter) -> Vec<AuditEvent> {
    let store = world.store();
    let mut read: Vec<AuditEvent> = Vec::new();
    loop {
        let before = read.last().map(|last| last.seq);
        let page = store.audit_events(filter.clone(), before, 2).await.unwrap();
        if page.is_empty() {
            return read;
        }
        assert!(page.len() <= 2);
        read.extend(page);
    }
}

fn as_written(event: &AuditEvent) -> AuditRow {
    AuditRow {
        actor: event.actor.clone(),
        action: event.action.clone(),
        target: format!("{}:{}", event.target_kind, event.target_id),
        reason: event.reason.clone(),
        request_id: event.request_id.clone(),
    }
}

/// Each row once and as it was written, with the moment at which it was.
pub async fn the_trail_is_read_from_the_end_in_pages<H: Harness>() {
    let world = World::<H>::new().await;
    let all = AuditFilter::default();
    assert!(read(&world, &all).await.is_empty());
    for name in ["a", "b", "c"] {
        let account = world.account(name).await;
        let disable = Change::DisableAccount { account };
        world.applied(disable, EndReason::AccountDisabled).await;
    }
    let events = read(&world, &all).await;
    assert!(events.iter().all(|event| event.at == world.now()));
    assert!(events.is_sorted_by(|newer, older| newer.seq > older.seq));
    let mut written: Vec<_> = events.iter().map(as_written).collect();
    written.reverse();
    assert_eq!(written, world.harness.audit_trail().await);
    assert_eq!(written.len(), 6);
}

/// By one, by the other, by both.
pub async fn the_trail_is_filtered_by_action_and_target<H: Harness>() {
    let world = World::<H>::new().await;
    let ada = world.account("ada").await;
    world.account("bob").await;
    let disable = Change::DisableAccount { account: ada };
    world.applied(disable, EndReason::AccountDisabled).await;
    let target = Some(ada.to_string());
    let (created, disabled) = (AuditAction::AccountCreated, AuditAction::AccountDisabled);
    for (action, target, found) in [
        (None, None, &[disabled, created, created][..]),
        (Some(created), None, &[created, created]),
        (None, target.clone(), &[disabled, created]),
        (Some(disabled), target.clone(), &[disabled]),
        (Some(AuditAction::KeyRevoked), target, &[]),
        (None, Some("nobody".to_owned()), &[]),
    ] {
        let filter = AuditFilter { action, target };
        let events = read(&world, &filter).await;
        let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
        let expected: Vec<_> = found.iter().map(|action| action.as_str()).collect();
        assert_eq!(actions, expected, "{filter:?}");
    }
}
