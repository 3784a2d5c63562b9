//! Revoking tokens, clients and keys; roles.

use symbolon_core::{
    model::{KeyPurpose, KeyState, Role},
    store::{Applied, Change, ChangeOutcome, NewGrant, NewSession, Rotation},
};
use symbolon_protocol::{EndReason, Kind, RevocationId};

use super::{Harness, World, world::named};
use crate::fixtures::{client, horizon};

/// For as long as was asked, once.
pub async fn a_token_is_revoked_until_it_expires<H: Harness>() {
    use symbolon_core::entropy::EntropyExt;

    let world = World::<H>::new().await;
    let token = world.make.entropy().token_id(world.now());
    let revoke = |until| Change::RevokeToken { token, until };
    let until = world.now().as_secs() + 17;
    let applied = world.applied(revoke(until), EndReason::ClientRevoked).await;
    assert_eq!(
        named(&applied.revocations),
        [(Kind::Token, token.into(), None)]
    );
    assert_eq!(applied.revocations[0].entry.until, Some(until));
    assert_eq!((applied.ended.sessions, applied.ended.grants), (0, 0));
    let again = world.applied(revoke(until), EndReason::ClientRevoked).await;
    assert_eq!(again, Applied::default());
    let longer = world
        .applied(revoke(until + 1), EndReason::ClientRevoked)
        .await;
    assert_eq!(longer.revocations.len(), 1);
    assert_eq!(
        world.audit_actions().await,
        ["token_revoked", "token_revoked"]
    );
}

fn with_client(new: NewSession, name: &str) -> NewSession {
    let grant = new.grant.map(|grant| NewGrant {
        client: client(name),
        ..grant
    });
    NewSession { grant, ..new }
}

/// One entry covers all its tokens; sessions and other clients go on.
pub async fn a_client_loses_all_its_grants<H: Harness>() {
    let world = World::<H>::new().await;
    let now = world.now();
    let id = world.account("ada").await;
    let online = with_client(world.make.session_with_grant(id), "shop");
    let online = world.log_in(online).await;
    let offline = with_client(world.make.session_with_offline_grant(id), "shop");
    let offline = world.log_in(offline).await;
    let other = world.log_in(world.make.session_with_grant(id)).await;
    let change = Change::RevokeClient {
        client: client("shop"),
    };
    let applied = world.applied(change, EndReason::EndedByAdmin).await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (0, 2));
    let id = RevocationId::of_text("shop");
    assert_eq!(named(&applied.revocations), [(Kind::Client, id, None)]);
    let until = applied.revocations[0].entry.until;
    assert_eq!(until, Some(horizon(now).until));
    for made in [&online, &offline] {
        assert!(world.is_live(made.session, now).await);
        assert_eq!(world.refresh(made.grant, 1, now).await, Rotation::Ended);
    }
    let rotation = world.refresh(other.grant, 1, now).await;
    assert!(matches!(rotation, Rotation::Rotated(_)));
}

/// At once and for ever, in whatever state it was.
pub async fn a_revoked_key_is_gone_and_replaced<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let initial = world.make.initial_keys();
    store
        .initialise_keys(initial.clone(), world.now())
        .await
        .unwrap();
    let active = initial.keys[0].clone();
    let next = world.make.next_key(KeyPurpose::Token);
    let context = symbolon_core::model::AuditContext::system();
    store
        .add_next_key(next.clone(), context, world.now())
        .await
        .unwrap();
    let at = world.now().plus_secs(10);
    let make = world.make.at(at);
    // First the one that signs, whose place is taken; then one that does not, which leaves the
    // signing one alone.
    let mut signs = None;
    for revoked in [&active, &next] {
        let replacement = make.active_key(KeyPurpose::Token);
        let change = Change::RevokeKey {
            kid: revoked.kid.clone(),
            replacement: Box::new(replacement.clone()),
        };
        let applied = world
            .applied_at(change.clone(), EndReason::KeyCompromised, at)
            .await;
        let id = RevocationId::of_text(&revoked.kid);
        assert_eq!(named(&applied.revocations), [(Kind::Key, id, None)]);
        assert_eq!(applied.revocations[0].entry.until, None);
        let keys = store.signing_keys().await.unwrap();
        let expected = signs.get_or_insert(replacement).clone();
        let gone = keys.iter().find(|key| key.kid == revoked.kid).unwrap();
        assert_eq!(gone.state, KeyState::Gone { at });
        let signing: Vec<_> = keys
            .iter()
            .filter(|key| key.purpose == KeyPurpose::Token)
            .filter(|key| matches!(key.state, KeyState::Active { .. }))
            .collect();
        assert_eq!(signing, [&expected]);
        let again = world
            .applied_at(change, EndReason::KeyCompromised, at)
            .await;
        assert_eq!(again, Applied::default());
        assert_eq!(store.signing_keys().await.unwrap(), keys);
    }
    // Never forgotten, even when it is not the last.
    let far = at.plus_secs(1_000_000_000);
    store.forget_revocations(far, 100).await.unwrap();
    assert_eq!(world.log().await.len(), 2);
}

/// Of sessions and all grants; nothing ends. The same roles again change nothing.
pub async fn roles_bump_versions<H: Harness>() {
    let world = World::<H>::new().await;
    let now = world.now();
    let id = world.account("ada").await;
    let online = world.log_in(world.make.session_with_grant(id)).await;
    let offline = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let ended = world.log_in(world.make.session_with_grant(id)).await;
    let end = Change::EndSession {
        session: ended.session,
        owner: None,
    };
    world.applied(end, EndReason::Logout).await;
    let set = |roles| Change::SetRoles { account: id, roles };
    let applied = world
        .applied(set(vec![Role::admin()]), EndReason::RolesChanged)
        .await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (0, 0));
    let mut entries = named(&applied.revocations);
    entries.sort_by_key(|(_, id, _)| id.0);
    let mut wanted = [
        (Kind::Session, online.session.into(), Some(2)),
        (Kind::Session, offline.session.into(), Some(2)),
        (Kind::Grant, online.grant.into(), Some(2)),
        (Kind::Grant, offline.grant.into(), Some(2)),
    ];
    wanted.sort_by_key(|(_, id, _): &(_, RevocationId, _)| id.0);
    assert_eq!(entries, wanted);
    for made in [&online, &offline] {
        assert!(world.is_live(made.session, now).await);
        assert_eq!(world.session(made.session).await.version, 2);
        assert_eq!(world.grant(made.grant).await.version, 2);
        let rotation = world.refresh(made.grant, 1, now).await;
        assert!(matches!(rotation, Rotation::Rotated(live) if live.account.is_admin()));
    }
    let same = vec![Role::admin(), Role::admin()];
    let again = world.applied(set(same), EndReason::RolesChanged).await;
    assert_eq!(again, Applied::default());
    assert_eq!(
        world.audit_actions().await,
        ["account_created", "session_ended", "roles_changed"]
    );
}

/// Neither disabled nor without the role; a disabled administrator does not count.
pub async fn the_last_active_admin_stays<H: Harness>() {
    let world = World::<H>::new().await;
    let first = world.put(world.make.admin("first")).await;
    let second = world.put(world.make.admin("second")).await;
    let disable = |account| Change::DisableAccount { account };
    let strip = |account| Change::SetRoles {
        account,
        roles: Vec::new(),
    };
    world
        .applied(disable(second), EndReason::AccountDisabled)
        .await;
    for change in [disable(first), strip(first)] {
        let outcome = world.change(change, EndReason::EndedByAdmin).await;
        assert_eq!(outcome, ChangeOutcome::LastAdmin);
    }
    let account = world.store().account(first).await.unwrap().unwrap();
    assert!(account.is_active() && account.is_admin());
    // One that cannot log in can lose the role.
    world.applied(strip(second), EndReason::RolesChanged).await;
    let third = world.put(world.make.admin("third")).await;
    world.applied(strip(first), EndReason::RolesChanged).await;
    let outcome = world.change(strip(third), EndReason::RolesChanged).await;
    assert_eq!(outcome, ChangeOutcome::LastAdmin);
}
