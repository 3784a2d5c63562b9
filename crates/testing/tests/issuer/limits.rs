//! Rate limits of log-in, against the clock.

use std::net::IpAddr;

use symbolon_core::{
    Error,
    secret::DeviceCookie,
    service::{ClientContext, LoginRequest},
};
use symbolon_protocol::RejectReason;

use super::world::{PASSWORD, World};

fn guess(world: &World, ip: &str, device: Option<&DeviceCookie>) -> LoginRequest {
    let mut request = world.request("a wrong guess");
    request.context = context(ip, device);
    request
}

fn context(ip: &str, device: Option<&DeviceCookie>) -> ClientContext {
    let ip: IpAddr = ip.parse().unwrap();
    ClientContext {
        ip: Some(ip),
        device: device.cloned(),
        ..ClientContext::default()
    }
}

fn kind(result: &Result<symbolon_core::service::LoggedIn, Error>) -> &'static str {
    match result {
        Ok(_) => "in",
        Err(Error::Rejected(RejectReason::BadCredentials)) => "wrong",
        Err(Error::RateLimited { .. }) => "limited",
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_hundred_parallel_guesses_get_ten_tries() {
    let world = World::new().await;
    let addresses: Vec<_> = (0..100).map(|n| format!("198.51.100.{n}")).collect();
    let all = addresses
        .iter()
        .map(|ip| world.issuer.login(guess(&world, ip, None)));
    let all = futures_util::future::join_all(all).await;
    assert_eq!(all.iter().filter(|one| kind(one) == "wrong").count(), 10);
    assert_eq!(all.iter().filter(|one| kind(one) == "limited").count(), 90);
}

#[tokio::test]
async fn a_stranger_does_not_lock_out_a_browser_that_logged_in_before() {
    let world = World::new().await;
    let device = world.login().await.device;
    for n in 0..20 {
        let ip = format!("198.51.100.{n}");
        let _ = world.issuer.login(guess(&world, &ip, None)).await;
    }
    let mut owner = world.request(PASSWORD);
    owner.context = context("203.0.113.7", None);
    assert_eq!(kind(&world.issuer.login(owner.clone()).await), "limited");
    owner.context = context("203.0.113.7", Some(&device));
    assert_eq!(kind(&world.issuer.login(owner.clone()).await), "in");
    // The browser's own bucket is a bucket too, and a forged cookie has none.
    let mut forged = device.expose().to_owned();
    forged.pop();
    let forged = DeviceCookie::new(forged);
    owner.context = context("203.0.113.8", Some(&forged));
    assert_eq!(kind(&world.issuer.login(owner).await), "limited");
    let mut tries = Vec::new();
    for n in 0..12 {
        let ip = format!("192.0.2.{n}");
        tries.push(kind(
            &world.issuer.login(guess(&world, &ip, Some(&device))).await,
        ));
    }
    assert_eq!(tries.iter().filter(|one| **one == "wrong").count(), 10);
}

#[tokio::test]
async fn who_knew_an_earlier_password_is_a_stranger_again() {
    let world = World::new().await;
    let login = world.login().await;
    let credentials = symbolon_core::service::Credentials {
        cookie: Some(super::world::cookie_of(&login)),
        bearer: None,
        from: None,
    };
    let caller = world.issuer.authenticate(credentials).await.unwrap();
    let password = |text: &str| symbolon_core::secret::Password::new(text.to_owned());
    let change = symbolon_core::service::PasswordChange {
        current: password(PASSWORD),
        new: password("another password"),
        context: ClientContext::default(),
        audit: super::world::audit(),
    };
    let changed = world.issuer.change_password(&caller, change).await.unwrap();
    for n in 0..20 {
        let ip = format!("198.51.100.{n}");
        let _ = world.issuer.login(guess(&world, &ip, None)).await;
    }
    let mut owner = world.request("another password");
    owner.context = context("203.0.113.7", Some(&login.device));
    assert_eq!(kind(&world.issuer.login(owner.clone()).await), "limited");
    owner.context = context("203.0.113.7", changed.device.as_ref());
    assert_eq!(kind(&world.issuer.login(owner).await), "in");
}

/// Judging a new password is work, too: nobody has it done who may not even try the current one.
#[tokio::test]
async fn a_change_of_password_is_limited_before_the_new_one_is_judged() {
    let world = World::new().await;
    let login = world.login().await;
    let credentials = symbolon_core::service::Credentials {
        cookie: Some(super::world::cookie_of(&login)),
        bearer: None,
        from: None,
    };
    let caller = world.issuer.authenticate(credentials).await.unwrap();
    let password = |text: &str| symbolon_core::secret::Password::new(text.to_owned());
    for n in 0..12 {
        let change = symbolon_core::service::PasswordChange {
            current: password("a wrong guess"),
            new: password("password"),
            context: ClientContext::default(),
            audit: super::world::audit(),
        };
        let refused = world.issuer.change_password(&caller, change).await;
        match refused.unwrap_err() {
            Error::Rejected(RejectReason::BadCredentials) if n < 10 => {}
            Error::RateLimited { .. } if n >= 10 => {}
            other => panic!("{n}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_locks_nobody_out() {
    let world = World::new().await;
    let mut owner = world.request(PASSWORD);
    owner.context = context("203.0.113.7", None);
    assert_eq!(kind(&world.issuer.login(owner.clone()).await), "in");
    world.clock.advance_secs(-7_200);
    world.clock.advance_secs(30);
    assert_eq!(kind(&world.issuer.login(owner).await), "in");
}

#[tokio::test]
async fn strangers_do_not_use_up_the_tries_for_the_set_up_code() {
    let world = World::new().await;
    let code = world.issuer.open_setup().await.unwrap().unwrap().code;
    let claim = |code, ip: &str, password: &str| symbolon_core::service::ClaimRequest {
        code,
        identifier: "root".to_owned(),
        password: symbolon_core::secret::Password::new(password.to_owned()),
        context: context(ip, None),
        audit: super::world::audit(),
    };
    for n in 0..50 {
        let wrong = symbolon_core::secret::Password::new("0000-0000-0000-0000".to_owned());
        let refused = world
            .issuer
            .claim_first_admin(claim(wrong, "198.51.100.1", "x"))
            .await;
        let refused = refused.unwrap_err();
        let limited = matches!(refused, Error::RateLimited { .. });
        assert!(limited == (n >= 30), "{n}: {refused}");
    }
    // The operator's own mistakes cost nothing either.
    for _ in 0..40 {
        let short = claim(code.clone(), "203.0.113.7", "short");
        let refused = world.issuer.claim_first_admin(short).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { .. }), "{refused}");
    }
    let right = claim(code, "203.0.113.7", "a long enough one");
    assert!(
        world
            .issuer
            .claim_first_admin(right)
            .await
            .unwrap()
            .is_admin()
    );
}

#[tokio::test]
async fn a_known_and_an_unknown_account_are_limited_alike() {
    let world = World::new().await;
    for name in ["ada", "nobody"] {
        let mut kinds = Vec::new();
        for n in 0..12 {
            let mut request = guess(&world, &format!("198.51.100.{n}"), None);
            request.identifier = name.to_owned();
            kinds.push(kind(&world.issuer.login(request).await));
        }
        assert_eq!(
            kinds.iter().filter(|one| **one == "wrong").count(),
            10,
            "{name}"
        );
        world.clock.advance_secs(3_600);
    }
}

#[tokio::test]
async fn one_address_is_limited_whatever_the_account_and_ipv6_by_its_half() {
    let world = World::new().await;
    let mut kinds = Vec::new();
    for n in 0..35 {
        let mut request = guess(&world, &format!("2001:db8:1:2::{n:x}"), None);
        request.identifier = format!("user{n}");
        kinds.push(kind(&world.issuer.login(request).await));
    }
    assert_eq!(kinds.iter().filter(|one| **one == "wrong").count(), 30);
}

#[tokio::test]
async fn successes_are_not_counted() {
    let world = World::new().await;
    for _ in 0..50 {
        let mut request = world.request(PASSWORD);
        request.context = context("203.0.113.7", None);
        assert_eq!(kind(&world.issuer.login(request).await), "in");
    }
}

#[tokio::test]
async fn an_attempt_is_regained_in_time() {
    let world = World::new().await;
    for _ in 0..10 {
        let _ = world.issuer.login(guess(&world, "203.0.113.7", None)).await;
    }
    let limited = world.issuer.login(guess(&world, "203.0.113.7", None)).await;
    let Err(Error::RateLimited { retry_after_secs }) = limited else {
        panic!("{limited:?}")
    };
    world.clock.advance_secs(i64::from(retry_after_secs));
    assert_eq!(
        kind(&world.issuer.login(guess(&world, "203.0.113.7", None)).await),
        "wrong"
    );
}
