//! Replacing a password.

use symbolon_core::store::{Applied, Change, ChangeOutcome, NewAccount, RenewedCookie, Rotation};
use symbolon_protocol::{AccountId, EndReason, Kind, RevocationId};

use super::{Harness, Made, World, world::named};
use crate::fixtures::{ORIGIN, password_hash};

fn set(account: AccountId, expected_version: Option<u32>, keep: Option<RenewedCookie>) -> Change {
    Change::SetPassword {
        account,
        expected_version,
        hash: password_hash("second"),
        keep,
    }
}

async fn with_three_sessions<H: Harness>() -> (World<H>, AccountId, [Made; 3]) {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let first = world.log_in(world.make.session_with_grant(id)).await;
    let second = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let third = world.log_in(world.make.session_with_grant(id)).await;
    (world, id, [first, second, third])
}

/// When nothing is to be kept, as an administrator does it.
pub async fn a_new_password_ends_everything<H: Harness>() {
    let (world, id, made) = with_three_sessions::<H>().await;
    let applied = world
        .applied(set(id, None, None), EndReason::PasswordChanged)
        .await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (3, 3));
    assert_eq!(applied.revocations.len(), 4);
    for one in &made {
        assert!(!world.is_live(one.session, world.now()).await);
        assert_eq!(
            world.refresh(one.grant, 1, world.now()).await,
            Rotation::Ended
        );
    }
    let password = world.store().password(id).await.unwrap().unwrap();
    assert_eq!(password.hash, password_hash("second"));
    assert_eq!((password.version, password.changed_at), (2, world.now()));
    assert_eq!(
        world.audit_actions().await,
        ["account_created", "password_changed"]
    );
}

/// Its old cookie is worth nothing, its version and that of its online grants are higher; offline
/// grants end, also those that were given in it.
pub async fn the_kept_session_goes_by_new_things<H: Harness>() {
    for kept in [0, 1] {
        let (world, id, made) = with_three_sessions::<H>().await;
        let store = world.store();
        let now = world.now();
        let cookie = world.make.cookie();
        let keep = RenewedCookie {
            session: made[kept].session,
            cookie: Some(cookie.clone()),
        };
        let change = set(id, Some(1), Some(keep));
        let applied = world.applied(change, EndReason::PasswordChanged).await;
        assert_eq!(applied.ended.sessions, 2);
        let session = world.session(made[kept].session).await;
        assert_eq!(session.version, 2);
        let old = store
            .touch_session(&made[kept].cookie.hash, ORIGIN, now)
            .await;
        assert_eq!(old, Ok(None));
        let new = store.touch_session(&cookie.hash, ORIGIN, now).await;
        assert_eq!(new.unwrap().unwrap().session, session);
        let entries = named(&applied.revocations);
        let bumped = |kind, id: RevocationId| entries.contains(&(kind, id, Some(2)));
        let ended = |kind, id: RevocationId| entries.contains(&(kind, id, None));
        for (number, one) in made.iter().enumerate() {
            let (sid, gid) = (one.session.into(), one.grant.into());
            let stays = number == kept;
            assert_eq!(world.is_live(one.session, now).await, stays);
            assert_eq!(bumped(Kind::Session, sid), stays);
            assert_eq!(ended(Kind::Session, sid), !stays);
            let online = number != 1;
            assert_eq!(bumped(Kind::Grant, gid), stays && online);
            assert_eq!(ended(Kind::Grant, gid), !online);
            let grant = world.grant(one.grant).await;
            assert_eq!(grant.is_live(now), stays && online);
            assert_eq!(grant.version, if stays && online { 2 } else { 1 });
        }
    }
}

/// Another version, a session that is dead or somebody else's.
pub async fn a_stale_password_change_changes_nothing<H: Harness>() {
    let (world, id, made) = with_three_sessions::<H>().await;
    let other = world.account("grace").await;
    let foreign = world.log_in(world.make.session(other)).await;
    let end = Change::EndSession {
        session: made[2].session,
        owner: None,
    };
    world.applied(end, EndReason::Logout).await;
    let keep = |session| {
        Some(RenewedCookie {
            session,
            cookie: Some(world.make.cookie()),
        })
    };
    let log = world.log().await;
    for change in [
        set(id, Some(2), None),
        set(id, Some(1), keep(made[2].session)),
        set(id, Some(1), keep(foreign.session)),
        set(id, None, keep(world.make.unknown_session())),
    ] {
        let outcome = world.change(change, EndReason::PasswordChanged).await;
        assert_eq!(outcome, ChangeOutcome::Stale);
    }
    let password = world.store().password(id).await.unwrap().unwrap();
    assert_eq!(
        (password.version, password.hash),
        (1, password_hash("first"))
    );
    assert!(world.is_live(made[0].session, world.now()).await);
    assert_eq!(world.log().await, log);
    // A cookie that somebody has already is an error, and nothing of the change is left.
    let stolen = RenewedCookie {
        session: made[0].session,
        cookie: Some(foreign.cookie.clone()),
    };
    let change = set(id, Some(1), Some(stolen));
    let request = world.make.change(change, EndReason::PasswordChanged);
    assert!(world.store().change(request).await.is_err());
    let view = world
        .store()
        .touch_session(&foreign.cookie.hash, ORIGIN, world.now())
        .await;
    assert_eq!(view.unwrap().unwrap().account.id, other);
    let password = world.store().password(id).await.unwrap().unwrap();
    assert_eq!(password.version, 1);
    assert!(world.is_live(made[1].session, world.now()).await);
    assert_eq!(world.log().await, log);
}

/// Version 1; nobody can have verified one before.
pub async fn an_account_without_password_gets_one<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world
        .put(NewAccount {
            password: None,
            ..world.make.account("ada")
        })
        .await;
    let outcome = world
        .change(set(id, Some(1), None), EndReason::PasswordChanged)
        .await;
    assert_eq!(outcome, ChangeOutcome::Stale);
    let applied = world
        .applied(set(id, None, None), EndReason::PasswordChanged)
        .await;
    assert_eq!(applied, Applied::default());
    let password = world.store().password(id).await.unwrap().unwrap();
    assert_eq!(
        (password.version, password.hash),
        (1, password_hash("second"))
    );
}
