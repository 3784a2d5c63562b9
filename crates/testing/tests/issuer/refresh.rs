//! The refresh rule, against the clock.

use symbolon_core::{Error, service::LoginRequest, service::TokenRequest};
use symbolon_protocol::{EndReason, RejectReason};
use symbolon_testing::settings;

use super::world::{PASSWORD, World, audit, refresh_of, rejected};

#[tokio::test]
async fn within_the_window_the_same_successor_comes_again_and_the_window_does_not_slide() {
    let world = World::new().await;
    let first = refresh_of(&world.login().await);
    let second = world.refresh(&first).await.unwrap().tokens.refresh;
    for _ in 0..9 {
        world.clock.advance_secs(1);
        let again = world.refresh(&first).await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.tokens.refresh, second);
    }
    world.clock.advance_millis(1_001);
    assert_eq!(
        rejected(world.refresh(&first).await),
        RejectReason::RefreshReused
    );
    assert_eq!(
        rejected(world.refresh(&second).await),
        RejectReason::RefreshInvalid
    );
}

#[tokio::test]
async fn an_older_token_is_reuse_even_within_the_window() {
    let world = World::new().await;
    let first = refresh_of(&world.login().await);
    let second = world.refresh(&first).await.unwrap().tokens.refresh;
    let third = world.refresh(&second).await.unwrap().tokens;
    assert_eq!(
        rejected(world.refresh(&first).await),
        RejectReason::RefreshReused
    );
    assert_eq!(
        rejected(world.refresh(&third.refresh).await),
        RejectReason::RefreshInvalid
    );
    let dead = world.issuer.verify_access_token(&third.access.jwt);
    assert_eq!(rejected(dead), RejectReason::RevokedGrant);
}

#[tokio::test]
async fn reuse_can_end_the_session_too() {
    let mut strict = settings();
    strict.tokens.reuse_ends_session = true;
    let world = World::with(strict).await;
    let login = world.login().await;
    let first = refresh_of(&login);
    world.refresh(&first).await.unwrap();
    world.clock.advance_secs(11);
    assert_eq!(
        rejected(world.refresh(&first).await),
        RejectReason::RefreshReused
    );
    assert!(
        world
            .issuer
            .check_session(&super::world::cookie_of(&login))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn thirty_two_uses_at_once_make_one_step() {
    let world = World::new().await;
    let first = refresh_of(&world.login().await);
    let all = futures_util::future::join_all((0..32).map(|_| world.refresh(&first))).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().filter(|done| !done.replayed).count(), 1);
    assert!(
        all.iter()
            .all(|done| done.tokens.refresh == all[0].tokens.refresh)
    );
}

#[tokio::test]
async fn the_successor_is_the_same_after_a_restart() {
    let world = World::new().await;
    let first = refresh_of(&world.login().await);
    let second = world.refresh(&first).await.unwrap().tokens.refresh;
    let world = world.reopened(settings()).await;
    assert_eq!(world.refresh(&first).await.unwrap().tokens.refresh, second);
}

#[tokio::test]
async fn an_unused_grant_dies_and_a_used_one_dies_at_its_absolute_end() {
    let mut short = settings();
    short.tokens.refresh_idle_secs = 100;
    short.tokens.refresh_absolute_secs = 250;
    let world = World::with(short).await;
    let idle = refresh_of(&world.login().await);
    let mut used = refresh_of(&world.login().await);
    for _ in 0..2 {
        world.clock.advance_secs(99);
        used = world.refresh(&used).await.unwrap().tokens.refresh;
    }
    assert_eq!(
        rejected(world.refresh(&idle).await),
        RejectReason::RefreshInvalid
    );
    world.clock.advance_secs(51);
    let last = world.refresh(&used).await.unwrap().tokens;
    assert_eq!(last.access.expires_in, 1);
    world.clock.advance_secs(1);
    assert_eq!(
        rejected(world.refresh(&last.refresh).await),
        RejectReason::RefreshInvalid
    );
}

#[tokio::test]
async fn an_offline_grant_outlives_its_session_but_not_logout_everywhere() {
    let world = World::new().await;
    let mut request: LoginRequest = world.request(PASSWORD);
    request.tokens = Some(TokenRequest {
        resource: None,
        scopes: vec!["offline_access".to_owned()],
    });
    let login = world.issuer.login(request).await.unwrap();
    assert_eq!(login.tokens.as_ref().unwrap().session, None);
    let session = login.session.id;
    world
        .issuer
        .end_session(session, None, EndReason::Logout, audit())
        .await
        .unwrap();
    let next = world.refresh(&refresh_of(&login)).await.unwrap().tokens;
    let claims = world.issuer.verify_access_token(&next.access.jwt).unwrap();
    assert_eq!(claims.sid, None);
    world
        .issuer
        .end_sessions(login.account.id, None, audit())
        .await
        .unwrap();
    assert_eq!(
        rejected(world.refresh(&next.refresh).await),
        RejectReason::RefreshInvalid
    );
    let dead = world.issuer.verify_access_token(&next.access.jwt);
    assert_eq!(rejected(dead), RejectReason::RevokedGrant);
}

#[tokio::test]
async fn a_token_ahead_of_the_store_is_refused_and_ends_nothing() {
    let world = World::new().await;
    let login = world.login().await;
    let first = refresh_of(&login);
    world.store.close().await;
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(world.home.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let world = world.reopened(settings()).await;
    let second = world.refresh(&first).await.unwrap().tokens.refresh;
    let (restored, _store) = super::world::open(settings(), copy.path(), &world.clock, 3).await;
    let client = symbolon_core::settings::FIRST_PARTY_CLIENT.parse().unwrap();
    let use_of = |token: &str| symbolon_core::service::RefreshRequest {
        token: token.to_owned(),
        client: symbolon_protocol::ClientId::clone(&client),
        from: None,
        audit: audit(),
    };
    assert_eq!(
        rejected(restored.refresh(use_of(&second)).await),
        RejectReason::RefreshAhead
    );
    assert!(restored.refresh(use_of(&first)).await.is_ok());
}

#[tokio::test]
async fn another_client_cannot_use_the_token_and_an_unknown_secret_is_no_refusal() {
    let world = World::new().await;
    let token = refresh_of(&world.login().await);
    let request = symbolon_core::service::RefreshRequest {
        token: token.clone(),
        client: "other".parse().unwrap(),
        from: None,
        audit: audit(),
    };
    assert_eq!(
        rejected(world.issuer.refresh(request).await),
        RejectReason::RefreshInvalid
    );
    let foreign = token.replacen("srt1.1.", "srt1.99.", 1);
    assert!(matches!(
        world.refresh(&foreign).await.unwrap_err(),
        Error::UnknownSecret { id: 99 }
    ));
    assert!(world.refresh(&token).await.is_ok());
}

#[tokio::test]
async fn tokens_of_an_earlier_server_secret_stay_good_and_are_replaced_as_they_are_used() {
    let world = World::new().await;
    let first = refresh_of(&world.login().await);
    assert!(first.starts_with("srt1.1."));
    let how = symbolon_core::keys::RotateKeys::ServerSecret;
    let done = world.issuer.rotate_keys(how, audit()).await.unwrap();
    assert_eq!(done.server_secret, Some(2));
    let second = world.refresh(&first).await.unwrap().tokens.refresh;
    assert!(second.starts_with("srt1.2."));
    assert_eq!(world.refresh(&first).await.unwrap().tokens.refresh, second);
    assert!(refresh_of(&world.login().await).starts_with("srt1.2."));
    let world = world.reopened(settings()).await;
    assert!(world.refresh(&second).await.is_ok());
}

#[tokio::test]
async fn a_refresh_that_cannot_be_answered_is_not_spent() {
    let world = World::new().await;
    let mut request: LoginRequest = world.request(PASSWORD);
    let resource = Some("orders".to_owned());
    request.tokens = Some(TokenRequest {
        resource,
        scopes: Vec::new(),
    });
    let token = refresh_of(&world.issuer.login(request).await.unwrap());
    let mut without = settings();
    without.resources.clear();
    let world = world.reopened(without).await;
    for _ in 0..2 {
        let refused = world.refresh(&token).await.unwrap_err();
        assert!(
            matches!(
                refused,
                Error::Conflict {
                    code: "resource_gone",
                    ..
                }
            ),
            "{refused}"
        );
        world.clock.advance_secs(60);
    }
    let world = world.reopened(settings()).await;
    assert!(!world.refresh(&token).await.unwrap().replayed);
}

/// `until` covers the longest token of the last 24 hours, although tokens are short now.
#[tokio::test]
async fn revocations_are_remembered_for_the_longest_token_that_may_be_out() {
    let mut long = settings();
    long.tokens.access_lifetime_secs = 3_600;
    let world = World::with(long).await;
    let login = world.login().await;
    let world = world.reopened(settings()).await;
    let session = login.session.id;
    world
        .issuer
        .end_session(session, None, EndReason::Logout, audit())
        .await
        .unwrap();
    world.clock.advance_secs(3_590);
    world.housekeep().await;
    let token = super::world::access_of(&login);
    let dead = world.issuer.verify_access_token(&token);
    assert_eq!(rejected(dead), RejectReason::RevokedSession);
}
