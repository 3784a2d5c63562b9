//! Sessions: making, using, forgetting.

use symbolon_core::{
    model::{AuditContext, SessionKind, SessionState, TruncatedIp},
    store::{
        Change, CreateSession, EndedCount, NewSession, RotateGrant, Rotation, SessionView,
        StoreError,
    },
};
use symbolon_protocol::{AccountId, EndReason, Kind, RevocationId};

use super::{Harness, World, world::named};
use crate::fixtures::{ORIGIN, horizon, password_hash, refresh};

/// And by nothing else.
pub async fn a_session_is_found_by_its_cookie_at_its_origin<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let new = world.make.session(id);
    let made = world.log_in(new.clone()).await;
    let account = store.account(id).await.unwrap().unwrap();
    let view = SessionView {
        session: new.session,
        account,
    };
    let now = world.now();
    let hash = &made.cookie.hash;
    assert_eq!(
        store.touch_session(hash, ORIGIN, now).await,
        Ok(Some(view.clone()))
    );
    assert_eq!(store.session(made.session).await, Ok(Some(view)));
    assert_eq!(
        store
            .touch_session(hash, "https://other.example", now)
            .await,
        Ok(None)
    );
    let unknown = world.make.cookie();
    assert_eq!(
        store.touch_session(&unknown.hash, ORIGIN, now).await,
        Ok(None)
    );
    assert_eq!(store.session(world.make.unknown_session()).await, Ok(None));
}

/// With the rarer fields in use.
pub async fn every_field_comes_back<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let mut new = world.make.session_with_offline_grant(id);
    new.session.kind = SessionKind::Token;
    new.session.actor = Some(world.make.unknown_account());
    new.session.amr = vec!["pwd".to_owned(), "otp, \"two\"".to_owned()];
    new.session.acr = Some("urn:mace:silver".to_owned());
    new.session.device_label = None;
    new.session.ip = TruncatedIp::parse("2001:db8:aaaa:bbbb::1");
    new.cookie = None;
    let made = world.log_in(new.clone()).await;
    assert_eq!(world.session(made.session).await, new.session);
    let (grant, wanted) = (world.grant(made.grant).await, new.grant.unwrap());
    assert_eq!(
        (grant.account, grant.session),
        (Some(id), Some(made.session))
    );
    assert_eq!(
        (grant.client, grant.resource),
        (wanted.client, wanted.resource)
    );
    assert_eq!((grant.scopes, grant.offline), (wanted.scopes, true));
    assert_eq!(
        (grant.seed, grant.secret_id),
        (wanted.seed, wanted.secret_id)
    );
    assert_eq!(
        (grant.version, grant.generation, grant.rotated_at),
        (1, 1, None)
    );
    assert_eq!((grant.created_at, grant.parent), (world.now(), None));
    assert_eq!(
        (grant.idle_secs, grant.expires_at),
        (wanted.idle_secs, wanted.expires_at)
    );
}

/// Coalesced, and the answer shows it.
pub async fn uses_are_written_once_a_minute_and_never_backwards<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session(id)).await;
    let start = world.now();
    for (at_ms, seen_ms) in [
        (-1, 0),
        (59_999, 0),
        (60_000, 60_000),
        (60_001, 60_000),
        (30_000, 60_000),
        (200_000, 200_000),
    ] {
        let view = store
            .touch_session(&made.cookie.hash, ORIGIN, start.plus_millis(at_ms))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            view.session.last_seen,
            start.plus_millis(seen_ms),
            "at {at_ms}"
        );
        assert_eq!(world.session(made.session).await, view.session);
    }
}

/// By cookie and by refresh token; a use of which the place is not known leaves it.
pub async fn the_place_of_the_last_use_is_noted_with_it<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let start = world.now();
    let at = |ip: &str| TruncatedIp::parse(ip);
    let first = world.session(made.session).await.ip;
    for (from, at_ms, place) in [
        (at("198.51.100.7"), 59_999, first),
        (at("198.51.100.7"), 60_000, at("198.51.100.0")),
        (at("203.0.113.7"), 60_001, at("198.51.100.0")),
        (None, 120_000, at("198.51.100.0")),
        (at("2001:db8:1:2::3"), 180_000, at("2001:db8:1::")),
    ] {
        let now = start.plus_millis(at_ms);
        let hash = &made.cookie.hash;
        let view = store.touch_session_from(hash, ORIGIN, from, now).await;
        let session = view.unwrap().unwrap().session;
        assert_eq!(session.ip, place, "at {at_ms}");
        assert_eq!(world.session(made.session).await, session);
    }
    let later = start.plus_secs(240);
    let rotate = RotateGrant {
        from: at("192.0.2.9"),
        ..refresh(made.grant, 1)
    };
    let audit = AuditContext::system();
    let rotated = store.rotate(rotate, horizon(later), audit, later).await;
    assert!(matches!(rotated, Ok(Rotation::Rotated(_))), "{rotated:?}");
    assert_eq!(world.session(made.session).await.ip, at("192.0.2.0"));
}

/// Ended, idle and expired sessions are answered as they are.
pub async fn a_dead_session_is_found_and_not_revived<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let idle = world.log_in(world.make.session(id)).await;
    let ended = world.log_in(world.make.session(id)).await;
    let end = Change::EndSession {
        session: ended.session,
        owner: None,
    };
    world.applied(end, EndReason::Logout).await;
    let later = world.now().plus_secs(30 * 60);
    for made in [&idle, &ended] {
        let view = store.touch_session(&made.cookie.hash, ORIGIN, later).await;
        assert_eq!(view.unwrap().unwrap().session.last_seen, world.now());
        assert!(!world.is_live(made.session, later).await);
    }
    let state = SessionState::Ended {
        at: world.now(),
        reason: EndReason::Logout,
    };
    assert_eq!(world.session(ended.session).await.state, state);
    // One moment before its deadline it is still alive.
    let view = store
        .touch_session(&idle.cookie.hash, ORIGIN, later.plus_millis(-1))
        .await;
    assert_eq!(
        view.unwrap().unwrap().session.last_seen,
        later.plus_millis(-1)
    );
}

async fn refused<H: Harness>(world: &World<H>, new: NewSession, outcome: CreateSession) {
    let (id, grant) = (new.session.id, new.grant.as_ref().unwrap().id);
    let hash = new.cookie.as_ref().unwrap().hash;
    let now = world.now();
    let store = world.store();
    let entries = world.log().await.len();
    assert_eq!(
        store.create_session(new, horizon(now), now).await,
        Ok(outcome)
    );
    assert_eq!(store.session(id).await, Ok(None));
    assert_eq!(store.grant(grant).await, Ok(None));
    assert_eq!(store.touch_session(&hash, ORIGIN, now).await, Ok(None));
    assert_eq!(world.log().await.len(), entries);
}

/// Disabled or not there.
pub async fn nothing_is_made_for_an_account_that_is_not_active<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let other = world.account("grace").await;
    let replaced = world.log_in(world.make.session(other)).await;
    let disable = Change::DisableAccount { account: id };
    world.applied(disable, EndReason::AccountDisabled).await;
    for account in [id, world.make.unknown_account()] {
        let mut new = world.make.session_with_grant(account);
        new.replaces = Some(replaced.session);
        refused(&world, new, CreateSession::AccountNotActive).await;
    }
    // Whatever it was to replace goes on.
    assert!(world.is_live(replaced.session, world.now()).await);
}

/// What was verified is not the password any more.
pub async fn nothing_is_made_after_the_password_changed<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let change = Change::SetPassword {
        account: id,
        expected_version: Some(1),
        hash: password_hash("second"),
        keep: None,
    };
    world.applied(change, EndReason::PasswordChanged).await;
    let new = world.make.session_with_grant(id);
    refused(&world, new, CreateSession::PasswordChanged).await;
    for version in [Some(2), None] {
        let mut new = world.make.session_with_grant(id);
        new.password_version = version;
        world.log_in(new).await;
    }
}

async fn log_in_at<H: Harness>(world: &World<H>, account: AccountId, secs: i64) -> super::Made {
    let mut new = world
        .make
        .at(world.now().plus_secs(secs))
        .session_with_grant(account);
    new.max_sessions = 3;
    world.log_in(new).await
}

/// Beyond the cap the oldest live ones end; dead ones and other accounts' do not count.
pub async fn the_oldest_makes_room<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let other = world.account("grace").await;
    let bystander = log_in_at(&world, other, 0).await;
    let dead = log_in_at(&world, id, 0).await;
    let end = Change::EndSession {
        session: dead.session,
        owner: None,
    };
    world.applied(end, EndReason::Logout).await;
    let mut made = Vec::new();
    for secs in 1..=5 {
        let mut new = world
            .make
            .at(world.now().plus_secs(secs))
            .session_with_grant(id);
        new.max_sessions = 3;
        let (one, replaced, capped) = world.log_in_ending(new).await;
        let ended = u32::from(secs > 3);
        assert_eq!((capped.sessions, capped.grants), (ended, ended));
        assert_eq!(replaced, EndedCount::default());
        made.push(one);
    }
    let now = world.now().plus_secs(5);
    for (number, one) in made.iter().enumerate() {
        let live = number >= 2;
        assert_eq!(world.is_live(one.session, now).await, live, "{number}");
        assert_eq!(world.grant(one.grant).await.is_live(now), live, "{number}");
    }
    assert!(world.is_live(bystander.session, now).await);
    let log = world.log().await;
    let ended: Vec<_> = log[1..]
        .iter()
        .map(|one| (one.entry.id, one.entry.reason))
        .collect();
    let capped = |one: &super::Made| (RevocationId::from(one.session), EndReason::SessionCap);
    assert_eq!(ended, [capped(&made[0]), capped(&made[1])]);
    assert_eq!(world.observer.seen(), log);
}

/// In the same transaction, whoever's it was; an unknown one is no obstacle.
pub async fn the_replaced_one_ends<H: Harness>() {
    let world = World::<H>::new().await;
    let ada = world.account("ada").await;
    let grace = world.account("grace").await;
    let first = world.log_in(world.make.session_with_grant(ada)).await;
    let mut second = world.make.session(grace);
    second.replaces = Some(first.session);
    let (_, replaced, capped) = world.log_in_ending(second).await;
    assert_eq!((replaced.sessions, replaced.grants), (1, 1));
    assert_eq!(capped, EndedCount::default());
    let state = world.session(first.session).await.state;
    let at = world.now();
    let reason = EndReason::CookieRenewed;
    assert_eq!(state, SessionState::Ended { at, reason });
    assert!(!world.grant(first.grant).await.is_live(at));
    let entries = named(&world.log().await);
    assert_eq!(entries, [(Kind::Session, first.session.into(), None)]);
    for replaced in [first.session, world.make.unknown_session()] {
        let mut third = world.make.session(ada);
        third.replaces = Some(replaced);
        let (_, replaced, _) = world.log_in_ending(third).await;
        assert_eq!(replaced, EndedCount::default());
    }
    assert_eq!(world.log().await.len(), 1);
}

/// A value that is there already is an error, and its session keeps it.
pub async fn a_cookie_is_never_adopted<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let ada = world.account("ada").await;
    let grace = world.account("grace").await;
    let first = world.log_in(world.make.session(ada)).await;
    let mut second = world.make.session_with_grant(grace);
    second.cookie = Some(first.cookie.clone());
    let (id, grant) = (second.session.id, second.grant.as_ref().unwrap().id);
    let now = world.now();
    let created = store.create_session(second, horizon(now), now).await;
    assert!(
        matches!(created, Err(StoreError::Inconsistent { .. })),
        "{created:?}"
    );
    assert_eq!(store.session(id).await, Ok(None));
    assert_eq!(store.grant(grant).await, Ok(None));
    let view = store.touch_session(&first.cookie.hash, ORIGIN, now).await;
    assert_eq!(view.unwrap().unwrap().account.id, ada);
}

/// Of one account, at that moment.
pub async fn live_ones_are_listed_newest_first<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let other = world.account("grace").await;
    let first = log_in_at(&world, id, 0).await;
    let second = log_in_at(&world, id, 60).await;
    log_in_at(&world, other, 60).await;
    let list = async |secs| -> Vec<_> {
        let at = world.now().plus_secs(secs);
        let live = world.store().live_sessions(id, at).await.unwrap();
        live.iter().map(|session| session.id).collect()
    };
    assert_eq!(list(60).await, [second.session, first.session]);
    assert_eq!(list(30 * 60).await, [second.session]);
    assert!(list(31 * 60).await.is_empty());
}

/// At most so many rows at a time; what is alive stays.
pub async fn dead_ones_are_purged_in_bounds<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let start = world.now();
    let idle = world.log_in(world.make.session_with_grant(id)).await;
    let offline = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let ended = world.log_in(world.make.session_with_grant(id)).await;
    let change = Change::EndSession {
        session: ended.session,
        owner: None,
    };
    world.applied(change, EndReason::Logout).await;
    let make = world.make.at(start.plus_secs(40 * 60));
    let alive = world.log_in(make.session_with_grant(id)).await;

    assert_eq!(store.purge_expired(start, 100).await, Ok(0));
    let before = start.plus_secs(31 * 60);
    let mut gone = 0;
    loop {
        let now_gone = store.purge_expired(before, 2).await.unwrap();
        assert!(now_gone <= 2);
        gone += now_gone;
        if now_gone == 0 {
            break;
        }
    }
    // Three sessions with a cookie each, two online grants.
    assert_eq!(gone, 8);
    for made in [&idle, &offline, &ended] {
        assert_eq!(store.session(made.session).await, Ok(None));
    }
    for made in [&idle, &ended] {
        assert_eq!(store.grant(made.grant).await, Ok(None));
    }
    assert!(world.grant(offline.grant).await.is_live(before));
    assert!(world.is_live(alive.session, make.now()).await);
    assert!(world.grant(alive.grant).await.is_live(make.now()));
    // The log outlives what it names.
    assert_eq!(world.log().await.len(), 1);
}
