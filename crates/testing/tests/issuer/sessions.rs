//! Timeouts, caches and ends.

use symbolon_core::{
    model::TruncatedIp,
    secret::Password,
    service::{Credentials, PasswordChange},
    store::SessionStore as _,
};
use symbolon_protocol::{EndReason, RejectReason};
use symbolon_testing::settings;

use super::world::{PASSWORD, World, access_of, audit, cookie_of, refresh_of, rejected};

#[tokio::test]
async fn an_unused_session_ends_after_its_idle_timeout() {
    let world = World::new().await;
    let login = world.login().await;
    let cookie = cookie_of(&login);
    // Used every 20 minutes it lives on; last_seen is written although the cache could answer.
    for _ in 0..5 {
        world.clock.advance_secs(20 * 60);
        world.issuer.check_session(&cookie).await.unwrap();
    }
    world.clock.advance_secs(30 * 60 - 1);
    world.issuer.check_session(&cookie).await.unwrap();
    world.clock.advance_secs(30 * 60);
    assert_eq!(
        rejected(world.issuer.check_session(&cookie).await),
        RejectReason::SessionIdle
    );
}

#[tokio::test]
async fn a_session_shows_where_it_was_last_used() {
    let world = World::new().await;
    let login = world.login().await;
    let account = login.account.id;
    let at = |ip: &str| TruncatedIp::parse(ip);
    let place = async || world.issuer.sessions_of(account).await.unwrap()[0].ip;
    let used_from = async |ip: &str| {
        world.clock.advance_secs(60);
        let credentials = Credentials {
            cookie: Some(cookie_of(&login)),
            from: at(ip),
            ..Credentials::default()
        };
        world.issuer.authenticate(credentials).await.unwrap();
    };
    used_from("203.0.113.77").await;
    assert_eq!(place().await, at("203.0.113.0"));
    used_from("2001:db8:1:2::3").await;
    assert_eq!(place().await, at("2001:db8:1::"));
    // Through a gateway nobody knows from where: the last known place stays.
    world.clock.advance_secs(60);
    let hash = cookie_of(&login);
    world.issuer.check_session(&hash).await.unwrap();
    assert_eq!(place().await, at("2001:db8:1::"));
}

#[tokio::test]
async fn a_used_session_ends_after_its_absolute_timeout_with_its_tokens() {
    let world = World::new().await;
    let login = world.login().await;
    let cookie = cookie_of(&login);
    let mut refresh = refresh_of(&login);
    for _ in 0..35 {
        world.clock.advance_secs(20 * 60);
        world.issuer.check_session(&cookie).await.unwrap();
        refresh = world.refresh(&refresh).await.unwrap().tokens.refresh;
    }
    // 11 h 40 min: 19 minutes later a token could outlive the session, but may not.
    world.clock.advance_secs(19 * 60);
    let last = world.refresh(&refresh).await.unwrap().tokens;
    assert_eq!(last.access.expires_in, 60);
    world.clock.advance_secs(60);
    assert_eq!(
        rejected(world.issuer.check_session(&cookie).await),
        RejectReason::SessionExpired
    );
    assert_eq!(
        rejected(world.refresh(&last.refresh).await),
        RejectReason::RefreshInvalid
    );
}

#[tokio::test]
async fn a_cached_session_is_refused_from_the_acknowledgement_on() {
    let world = World::new().await;
    let login = world.login().await;
    let cookie = cookie_of(&login);
    world.issuer.check_session(&cookie).await.unwrap();
    assert!(world.issuer.cached_session(&cookie).is_some());
    world
        .issuer
        .end_session(login.session.id, None, EndReason::Logout, audit())
        .await
        .unwrap();
    assert!(world.issuer.cached_session(&cookie).is_none());
    // Cookies go with the session: what is left of it has no name any more.
    let reason = rejected(world.issuer.check_session(&cookie).await);
    assert!(
        matches!(
            reason,
            RejectReason::RevokedSession | RejectReason::SessionUnknown
        ),
        "{reason:?}"
    );
    assert_eq!(
        rejected(world.issuer.verify_access_token(&access_of(&login))),
        RejectReason::RevokedSession
    );
}

/// The verb must read under the log: a view from before the end is refused although the cache
/// would have kept it for a minute.
#[tokio::test]
async fn a_session_read_just_before_its_end_is_refused() {
    let world = World::new().await;
    let login = world.login().await;
    let cookie = cookie_of(&login);
    for _ in 0..200 {
        let next = world.login().await;
        let hash = cookie_of(&next);
        let (checked, ended) = tokio::join!(
            world.issuer.check_session(&hash),
            world
                .issuer
                .end_session(next.session.id, None, EndReason::Logout, audit()),
        );
        drop(checked);
        assert_eq!(ended.unwrap().sessions, 1);
        assert!(world.issuer.cached_session(&hash).is_none());
        assert!(world.issuer.check_session(&hash).await.is_err());
    }
    assert!(world.issuer.check_session(&cookie).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_went_back_serves_no_cached_session_for_longer() {
    let world = World::new().await;
    let login = world.login().await;
    let cookie = cookie_of(&login);
    world.issuer.check_session(&cookie).await.unwrap();
    world.clock.advance_secs(-10);
    assert!(world.issuer.cached_session(&cookie).is_none());
}

/// The token's `exp` came from a clock that was ahead: the log remembers its end all the same.
#[tokio::test]
async fn a_clock_that_was_set_back_brings_no_ended_token_back() {
    for restarts in [false, true] {
        let mut world = World::new().await;
        world.housekeep().await;
        let login = world.login().await;
        world.clock.advance_secs(-600);
        if restarts {
            world = world.reopened(settings()).await;
        }
        let session = login.session.id;
        world
            .issuer
            .end_session(session, None, EndReason::Logout, audit())
            .await
            .unwrap();
        for _ in 0..90 {
            world.clock.advance_secs(10);
            world.housekeep().await;
            assert!(
                world
                    .issuer
                    .verify_access_token(&access_of(&login))
                    .is_err()
            );
        }
    }
}

#[tokio::test]
async fn a_session_in_use_outlives_a_short_idle_timeout() {
    let mut short = settings();
    short.sessions.browser_idle_secs = 60;
    let world = World::with(short).await;
    let login = world.login().await;
    for _ in 0..20 {
        world.clock.advance_secs(50);
        world
            .issuer
            .check_session(&cookie_of(&login))
            .await
            .unwrap();
    }
    world.clock.advance_secs(60);
    assert!(
        world
            .issuer
            .check_session(&cookie_of(&login))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_token_of_an_offline_grant_logs_its_grant_out() {
    let world = World::new().await;
    let mut request = world.request(PASSWORD);
    request.tokens = Some(symbolon_core::service::TokenRequest {
        resource: None,
        scopes: vec!["offline_access".to_owned()],
    });
    let login = world.issuer.login(request).await.unwrap();
    let token = access_of(&login);
    let credentials = Credentials {
        cookie: None,
        bearer: Some(&token),
        from: None,
    };
    let caller = world.issuer.authenticate(credentials).await.unwrap();
    let ended = world.issuer.log_out(&caller, audit()).await.unwrap();
    assert_eq!((ended.sessions, ended.grants), (0, 1));
    assert_eq!(
        rejected(world.issuer.authenticate(credentials).await),
        RejectReason::RevokedGrant
    );
    assert_eq!(
        rejected(world.refresh(&refresh_of(&login)).await),
        RejectReason::RefreshInvalid
    );
    assert!(world.issuer.check_session(&cookie_of(&login)).await.is_ok());
}

#[tokio::test]
async fn a_new_password_leaves_one_session_with_another_cookie() {
    let world = World::new().await;
    let (kept, other) = (world.login().await, world.login().await);
    let caller = |cookie| {
        let credentials = Credentials {
            cookie: Some(cookie),
            bearer: None,
            from: None,
        };
        world.issuer.authenticate(credentials)
    };
    let change = |current: &str, new: &str| PasswordChange {
        current: Password::new(current.to_owned()),
        new: Password::new(new.to_owned()),
        context: symbolon_core::service::ClientContext::default(),
        audit: audit(),
    };
    let who = caller(cookie_of(&kept)).await.unwrap();
    let wrong = world
        .issuer
        .change_password(&who, change("wrong", "another password"))
        .await;
    assert_eq!(rejected(wrong), RejectReason::BadCredentials);
    let done = world
        .issuer
        .change_password(&who, change(PASSWORD, "another password"))
        .await
        .unwrap();
    let cookie = done.cookie.unwrap().hash();
    assert!(world.issuer.check_session(&cookie).await.is_ok());
    for dead in [cookie_of(&kept), cookie_of(&other)] {
        assert!(world.issuer.check_session(&dead).await.is_err());
    }
    // The kept session's tokens are of an older version; its refresh token gives a good one.
    let old = world.issuer.verify_access_token(&access_of(&kept));
    assert_eq!(rejected(old), RejectReason::RevokedGrant);
    let new = world
        .refresh(&refresh_of(&kept))
        .await
        .unwrap()
        .tokens
        .access
        .jwt;
    assert!(world.issuer.verify_access_token(&new).is_ok());
    let old = world.issuer.verify_access_token(&access_of(&other));
    assert_eq!(rejected(old), RejectReason::RevokedSession);
    assert!(world.issuer.login(world.request(PASSWORD)).await.is_err());
    assert!(
        world
            .issuer
            .login(world.request("another password"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn raised_parameters_make_a_stronger_hash_at_the_next_log_in() {
    let world = World::new().await;
    let account = world.login().await.account.id;
    let mut raised = settings();
    raised.passwords.iterations = 2;
    let world = world.reopened(raised).await;
    let of = |credential: Option<symbolon_core::model::PasswordCredential>| credential.unwrap();
    use symbolon_core::store::AccountStore as _;
    let before = of(world.store.password(account).await.unwrap());
    assert!(before.hash.expose().contains("t=1"));
    world.login().await;
    let after = of(world.store.password(account).await.unwrap());
    assert!(after.hash.expose().contains("t=2"));
    assert_eq!(after.version, before.version);
    world.login().await;
}

#[tokio::test]
async fn what_died_long_ago_is_deleted_and_nothing_else() {
    let world = World::new().await;
    let old = world.login().await;
    world.clock.advance_secs(3 * 86_400);
    let new = world.login().await;
    world.housekeep().await;
    assert!(world.store.session(old.session.id).await.unwrap().is_none());
    assert!(world.store.session(new.session.id).await.unwrap().is_some());
    assert!(world.issuer.check_session(&cookie_of(&new)).await.is_ok());
}
