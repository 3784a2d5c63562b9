//! Signing keys and server secrets.

use symbolon_core::{
    model::{AuditContext, KeyPurpose, KeyState},
    store::{PromoteKey, StoreError},
};

use super::{Harness, World};

/// A second set changes nothing.
pub async fn initial_keys_are_kept_once<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let initial = world.make.initial_keys();
    assert_eq!(
        store.initialise_keys(initial.clone(), world.now()).await,
        Ok(true)
    );
    let other = world.make.initial_keys();
    assert_eq!(store.initialise_keys(other, world.now()).await, Ok(false));
    assert_eq!(store.signing_keys().await, Ok(initial.keys));
    assert_eq!(store.server_secrets().await, Ok(vec![initial.secret]));
}

/// Of each purpose.
pub async fn there_is_one_next_key<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let add = |key| store.add_next_key(key, AuditContext::system(), world.now());
    let token = world.make.next_key(KeyPurpose::Token);
    assert_eq!(add(token.clone()).await, Ok(true));
    assert_eq!(add(world.make.next_key(KeyPurpose::Token)).await, Ok(false));
    let log = world.make.next_key(KeyPurpose::Log);
    assert_eq!(add(log.clone()).await, Ok(true));
    assert_eq!(store.signing_keys().await, Ok(vec![token, log]));
    assert_eq!(world.audit_actions().await, ["key_added", "key_added"]);
}

/// And relieves the active one, which stays published for a while.
pub async fn a_next_key_is_promoted_once<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let initial = world.make.initial_keys();
    store
        .initialise_keys(initial.clone(), world.now())
        .await
        .unwrap();
    let make = world.make.at(world.now().plus_secs(60));
    let next = make.next_key(KeyPurpose::Token);
    store
        .add_next_key(next.clone(), AuditContext::system(), make.now())
        .await
        .unwrap();
    let at = make.now().plus_secs(100);
    let until = at.plus_secs(600);
    let promote = |kid: &str| {
        let promote = PromoteKey {
            kid: kid.to_owned(),
            retired_until: until,
        };
        store.promote_key(promote, AuditContext::system(), at)
    };
    assert_eq!(promote("another").await, Ok(false));
    assert_eq!(promote(&next.kid).await, Ok(true));
    let keys = store.signing_keys().await.unwrap();
    let state = |kid: &str| keys.iter().find(|key| key.kid == kid).unwrap().state;
    assert_eq!(state(&next.kid), KeyState::Active { since: at });
    assert_eq!(state(&initial.keys[0].kid), KeyState::Retired { at, until });
    assert_eq!(state(&initial.keys[1].kid), initial.keys[1].state);
    assert_eq!(promote(&next.kid).await, Ok(false));
    assert_eq!(world.audit_actions().await, ["key_added", "key_activated"]);
    // Whoever decided that for this one and is late has nothing to say about its successor.
    let successor = make.next_key(KeyPurpose::Token);
    let added = store.add_next_key(successor, AuditContext::system(), at);
    assert_eq!(added.await, Ok(true));
    assert_eq!(promote(&next.kid).await, Ok(false));
}

/// When its time in the JWKS is over, and not before; its private half goes.
pub async fn a_retired_key_is_gone_in_the_end<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let (initial, now) = (world.make.initial_keys(), world.now());
    store.initialise_keys(initial.clone(), now).await.unwrap();
    let audit = AuditContext::system();
    let next = world.make.next_key(KeyPurpose::Token);
    store
        .add_next_key(next.clone(), audit.clone(), now)
        .await
        .unwrap();
    let until = now.plus_secs(100);
    let promote = PromoteKey {
        kid: next.kid.clone(),
        retired_until: until,
    };
    assert!(store.promote_key(promote, audit, now).await.unwrap());
    let old = initial
        .keys
        .iter()
        .find(|key| key.purpose == KeyPurpose::Token)
        .unwrap();
    for (at, is_gone) in [(until.plus_secs(-1), false), (until, true)] {
        store.expire_keys(at).await.unwrap();
        let keys = store.signing_keys().await.unwrap();
        let found = keys.iter().find(|key| key.kid == old.kid).unwrap();
        assert_eq!(found.state == KeyState::Gone { at }, is_gone);
        assert_eq!(found.private.0.is_empty(), is_gone);
        let others = keys
            .iter()
            .filter(|key| matches!(key.state, KeyState::Active { .. }));
        assert_eq!(others.count(), 2);
    }
}

/// Each with a number of its own.
pub async fn server_secrets_are_added<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let secrets = [world.make.server_secret(1), world.make.server_secret(2)];
    let add = |secret| store.add_server_secret(secret, AuditContext::system(), world.now());
    for secret in &secrets {
        assert_eq!(add(secret.clone()).await, Ok(()));
    }
    let twice = add(world.make.server_secret(2)).await;
    assert!(
        matches!(twice, Err(StoreError::Inconsistent { .. })),
        "{twice:?}"
    );
    assert_eq!(store.server_secrets().await, Ok(secrets.to_vec()));
    assert_eq!(world.audit_actions().await, ["server_secret_added"; 2]);
}
