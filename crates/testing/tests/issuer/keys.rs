//! The life of signing keys, against the clock.

use symbolon_core::{
    keys::{RotateKeys, RotationReport},
    model::{KeyPurpose, KeyState},
    settings::{MAX_LEEWAY_SECS, MAX_SETTLING_SECS},
};
use symbolon_protocol::RejectReason;
use symbolon_testing::settings;

use super::world::{World, access_of, audit, refresh_of};

async fn rotate(world: &World, how: RotateKeys) -> RotationReport {
    world.issuer.rotate_keys(how, audit()).await.unwrap()
}

fn published(world: &World) -> usize {
    world.issuer.keys().ring().token_keys().keys.len()
}

async fn states(world: &World) -> Vec<&'static str> {
    let keys = world.issuer.key_list().await.unwrap();
    let of_tokens = keys
        .into_iter()
        .map(|listed| listed.key)
        .filter(|key| key.purpose == KeyPurpose::Token);
    of_tokens.map(|key| key.state.as_str()).collect()
}

#[tokio::test]
async fn a_new_key_signs_only_after_it_was_published_for_longer_than_the_max_age() {
    let world = World::new().await;
    let old = world.login().await;
    let asked = rotate(&world, RotateKeys::Orderly).await;
    assert!(asked.activated.is_empty());
    let waiting = asked.waiting.first().unwrap();
    let (next, from) = (waiting.kid.clone(), waiting.signs_from);
    assert_eq!(published(&world), 2);
    // Asked again: still one next key.
    assert_eq!(
        rotate(&world, RotateKeys::Orderly).await.waiting,
        asked.waiting
    );
    world.clock.set(from.plus_secs(-1));
    world.housekeep().await;
    assert_eq!(states(&world).await, ["active", "next"]);
    world.clock.set(from);
    world.housekeep().await;
    assert_eq!(states(&world).await, ["retired", "active"]);
    let new = world.login().await;
    let header = symbolon_jose::decode(&access_of(&new)).unwrap();
    assert_eq!(header.untrusted_header()["kid"], next.as_str());
    // The retired key is published until its last token has expired.
    let again = world.refresh(&refresh_of(&old)).await.unwrap();
    assert!(
        world
            .issuer
            .verify_access_token(&again.tokens.access.jwt)
            .is_ok()
    );
    assert_eq!(published(&world), 2);
    // Another node may have signed with it for a while longer.
    let longest = 300 + MAX_SETTLING_SECS + MAX_LEEWAY_SECS;
    world.clock.advance_secs(longest);
    world.housekeep().await;
    assert_eq!(published(&world), 2);
    world.clock.advance_secs(2);
    world.housekeep().await;
    assert_eq!(published(&world), 1);
}

#[tokio::test]
async fn a_compromised_key_is_refused_at_once_and_another_signs() {
    let world = World::new().await;
    let old = world.login().await;
    let done = rotate(&world, RotateKeys::Emergency { kid: None }).await;
    assert_eq!((done.revoked.len(), done.activated.len()), (1, 1));
    assert_eq!(published(&world), 1);
    let refused = world
        .issuer
        .verify_access_token(&access_of(&old))
        .unwrap_err();
    assert_eq!(refused, RejectReason::RevokedKey.into());
    let new = world
        .refresh(&refresh_of(&old))
        .await
        .unwrap()
        .tokens
        .access
        .jwt;
    assert!(world.issuer.verify_access_token(&new).is_ok());
    // Known compromised for ever, across restarts.
    let world = world.reopened(settings()).await;
    world.clock.advance_secs(400 * 86_400);
    world.housekeep().await;
    assert_eq!(world.issuer.tail().set().len(), 1);
}

#[tokio::test]
async fn revoking_a_retired_key_makes_no_second_active_one() {
    let world = World::new().await;
    let asked = rotate(&world, RotateKeys::Orderly).await;
    world.clock.set(asked.waiting.first().unwrap().signs_from);
    world.housekeep().await;
    let keys = world.issuer.key_list().await.unwrap();
    let retired = keys
        .iter()
        .map(|listed| &listed.key)
        .find(|key| matches!(key.state, KeyState::Retired { .. }))
        .unwrap();
    let done = rotate(
        &world,
        RotateKeys::Emergency {
            kid: Some(retired.kid.clone()),
        },
    )
    .await;
    assert!(done.activated.is_empty());
    assert_eq!(states(&world).await, ["gone", "active"]);
}

#[tokio::test]
async fn scheduled_keys_are_published_a_day_ahead() {
    let world = World::new().await;
    world.clock.advance_secs(89 * 86_400 - 60);
    world.housekeep().await;
    assert_eq!(states(&world).await, ["active"]);
    world.clock.advance_secs(60);
    world.housekeep().await;
    assert_eq!(states(&world).await, ["active", "next"]);
    world.clock.advance_secs(86_400 - 60);
    world.housekeep().await;
    assert_eq!(states(&world).await, ["active", "next"]);
    world.clock.advance_secs(61);
    world.housekeep().await;
    assert_eq!(states(&world).await, ["retired", "active"]);
}

/// Made while no server ran, a key has been served to nobody.
#[tokio::test]
async fn a_key_signs_only_after_this_process_has_published_it() {
    let world = World::new().await;
    rotate(&world, RotateKeys::Orderly).await;
    let world = world.reopened(settings()).await;
    world.clock.advance_secs(2 * 86_400);
    let world = world.reopened(settings()).await;
    world.housekeep().await;
    assert_eq!(states(&world).await, ["active", "next"]);
    world.clock.advance_secs(301);
    world.housekeep().await;
    assert_eq!(states(&world).await, ["retired", "active"]);
}

#[tokio::test]
async fn a_lowered_lifetime_does_not_cut_off_tokens_that_are_out() {
    let mut long = settings();
    long.tokens.access_lifetime_secs = 3_600;
    let world = World::with(long).await;
    let token = access_of(&world.login().await);
    let world = world.reopened(settings()).await;
    let asked = rotate(&world, RotateKeys::Orderly).await;
    world.clock.set(asked.waiting.first().unwrap().signs_from);
    world.housekeep().await;
    assert_eq!(states(&world).await, ["retired", "active"]);
    world.clock.advance_secs(3_000);
    world.housekeep().await;
    assert!(world.issuer.verify_access_token(&token).is_ok());
}

#[tokio::test]
async fn two_emergencies_at_once_revoke_a_key_once() {
    let world = World::new().await;
    let kid = world.issuer.key_list().await.unwrap();
    let kid = kid
        .iter()
        .map(|listed| &listed.key)
        .find(|key| key.purpose == KeyPurpose::Token)
        .unwrap()
        .kid
        .clone();
    let how = || RotateKeys::Emergency {
        kid: Some(kid.clone()),
    };
    let (one, two) = tokio::join!(
        world.issuer.rotate_keys(how(), audit()),
        world.issuer.rotate_keys(how(), audit()),
    );
    assert_eq!(
        [one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(),
        1
    );
    assert_eq!(states(&world).await, ["gone", "active"]);
    assert!(
        world
            .issuer
            .verify_access_token(&access_of(&world.login().await))
            .is_ok()
    );
}

#[tokio::test]
async fn an_algorithm_that_is_configured_later_gets_its_key_at_start() {
    let world = World::new().await;
    let mut more = settings();
    more.resources[0].algorithm = Some(symbolon_jose::Algorithm::ES256);
    let world = world.reopened(more).await;
    assert_eq!(published(&world), 2);
    let mut request = world.request(super::world::PASSWORD);
    request.tokens = Some(symbolon_core::service::TokenRequest {
        resource: Some("orders".to_owned()),
        scopes: Vec::new(),
    });
    let token = world
        .issuer
        .login(request)
        .await
        .unwrap()
        .tokens
        .unwrap()
        .access
        .jwt;
    assert_eq!(
        symbolon_jose::decode(&token).unwrap().untrusted_header()["alg"],
        "ES256"
    );
}
