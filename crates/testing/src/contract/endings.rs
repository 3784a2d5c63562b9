//! Ending sessions, grants and accounts.

use symbolon_core::{
    model::{Actor, AuditContext, GrantState, SessionState},
    store::{Applied, Change, ChangeOutcome, ChangeRequest, RenewedCookie, Rotation},
};
use symbolon_protocol::{EndReason, Kind};

use super::{AuditRow, Harness, World, world::named};
use crate::fixtures::{TOKEN_LIFETIME_SECS, horizon, password_hash};

/// Which covers its online grants, and they end with it.
pub async fn ending_a_session_writes_one_entry<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let other = world.log_in(world.make.session_with_grant(id)).await;
    let change = Change::EndSession {
        session: made.session,
        owner: None,
    };
    let applied = world.applied(change, EndReason::EndedByAdmin).await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (1, 1));
    assert_eq!(
        named(&applied.revocations),
        [(Kind::Session, made.session.into(), None)]
    );
    let entry = applied.revocations[0].entry;
    assert_eq!(
        (entry.seq, entry.until),
        (1, Some(horizon(world.now()).until))
    );
    assert_eq!(world.log().await, applied.revocations);
    let (at, reason) = (world.now(), EndReason::EndedByAdmin);
    let state = world.session(made.session).await.state;
    assert_eq!(state, SessionState::Ended { at, reason });
    let state = world.grant(made.grant).await.state;
    assert_eq!(state, GrantState::Ended { at, reason });
    assert!(world.is_live(other.session, at).await);
    assert!(world.grant(other.grant).await.is_live(at));
}

/// Somebody else's session is as good as none.
pub async fn only_the_owner_ends_a_session<H: Harness>() {
    let world = World::<H>::new().await;
    let ada = world.account("ada").await;
    let grace = world.account("grace").await;
    let made = world.log_in(world.make.session(ada)).await;
    let end = |owner| Change::EndSession {
        session: made.session,
        owner: Some(owner),
    };
    let outcome = world.change(end(grace), EndReason::EndedByUser).await;
    assert_eq!(outcome, ChangeOutcome::NotFound);
    assert!(world.is_live(made.session, world.now()).await);
    assert!(world.log().await.is_empty());
    let applied = world.applied(end(ada), EndReason::EndedByUser).await;
    assert_eq!(applied.ended.sessions, 1);
}

/// Neither to the log nor to the audit trail, and the first reason stays.
pub async fn ending_twice_writes_nothing<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let changes = [
        Change::EndSession {
            session: made.session,
            owner: None,
        },
        Change::EndGrant { grant: made.grant },
        Change::EndSessions {
            account: id,
            except: None,
        },
    ];
    world.applied(changes[0].clone(), EndReason::Logout).await;
    let trail = world.harness.audit_trail().await;
    for change in changes {
        let applied = world.applied(change, EndReason::EndedByAdmin).await;
        assert_eq!(applied, Applied::default());
    }
    assert_eq!(world.log().await.len(), 1);
    assert_eq!(world.harness.audit_trail().await, trail);
    let state = world.session(made.session).await.state;
    assert!(matches!(
        state,
        SessionState::Ended {
            reason: EndReason::Logout,
            ..
        }
    ));
}

/// Time ends things without an entry; as long as a token of them can be valid, an end names them.
pub async fn what_died_lately_is_named_what_died_long_ago_is_not<H: Harness>() {
    for (after_death, is_named) in [
        (TOKEN_LIFETIME_SECS - 1, true),
        (TOKEN_LIFETIME_SECS * 10, false),
    ] {
        let world = World::<H>::new().await;
        let id = world.account("ada").await;
        let mut new = world.make.session_with_grant(id);
        new.session.expires_at = world.now().plus_secs(60);
        let online = world.log_in(new).await;
        let mut new = world.make.session_with_offline_grant(id);
        new.session.expires_at = world.now().plus_secs(60);
        new.grant.as_mut().unwrap().expires_at = world.now().plus_secs(60);
        let offline = world.log_in(new).await;
        let now = world.now().plus_secs(60 + after_death);
        let change = Change::DisableAccount { account: id };
        let applied = world
            .applied_at(change, EndReason::AccountDisabled, now)
            .await;
        // Nothing of it was alive but the online grant, its session aside.
        assert_eq!((applied.ended.sessions, applied.ended.grants), (0, 1));
        let mut entries = named(&applied.revocations);
        entries.sort_by_key(|(_, id, _)| id.0);
        let mut wanted = vec![
            (Kind::Session, online.session.into(), None),
            (Kind::Session, offline.session.into(), None),
            (Kind::Grant, offline.grant.into(), None),
        ];
        wanted.retain(|_| is_named);
        wanted.sort_by_key(|(_, id, _): &(_, symbolon_protocol::RevocationId, _)| id.0);
        assert_eq!(entries, wanted);
        for made in [&online, &offline] {
            let again = world.refresh(made.grant, 1, world.now()).await;
            assert_eq!(again, Rotation::Ended, "also for a clock that runs behind");
        }
    }
}

/// Offline grants too, but not those that were given in the session that stays.
pub async fn all_sessions_but_one<H: Harness>() {
    let world = World::<H>::new().await;
    let now = world.now();
    let id = world.account("ada").await;
    let other = world.account("grace").await;
    let bystander = world
        .log_in(world.make.session_with_offline_grant(other))
        .await;
    let online = world.log_in(world.make.session_with_grant(id)).await;
    let offline = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let kept = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let change = Change::EndSessions {
        account: id,
        except: Some(kept.session),
    };
    let applied = world.applied(change, EndReason::LogoutEverywhere).await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (2, 2));
    let mut entries = named(&applied.revocations);
    entries.sort_by_key(|(_, id, _)| id.0);
    let mut wanted = [
        (Kind::Session, online.session.into(), None),
        (Kind::Session, offline.session.into(), None),
        (Kind::Grant, offline.grant.into(), None),
    ];
    wanted.sort_by_key(|(_, id, _): &(_, symbolon_protocol::RevocationId, _)| id.0);
    assert_eq!(entries, wanted);
    for made in [&kept, &bystander] {
        assert!(world.is_live(made.session, now).await);
        assert!(world.grant(made.grant).await.is_live(now));
    }
    let change = Change::EndSessions {
        account: id,
        except: None,
    };
    let applied = world.applied(change, EndReason::LogoutEverywhere).await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (1, 1));
    assert!(!world.grant(kept.grant).await.is_live(now));
}

/// With an entry of its own; its session goes on.
pub async fn a_grant_ends_alone<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let change = Change::EndGrant { grant: made.grant };
    let applied = world.applied(change, EndReason::ClientRevoked).await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (0, 1));
    assert_eq!(
        named(&applied.revocations),
        [(Kind::Grant, made.grant.into(), None)]
    );
    assert!(world.is_live(made.session, world.now()).await);
    assert_eq!(
        world.refresh(made.grant, 1, world.now()).await,
        Rotation::Ended
    );
}

/// One entry for each session, one for each offline grant.
pub async fn a_disabled_account_has_nothing_left<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let other = world.account("grace").await;
    let bystander = world.log_in(world.make.session_with_grant(other)).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(world.log_in(world.make.session_with_grant(id)).await);
        made.push(
            world
                .log_in(world.make.session_with_offline_grant(id))
                .await,
        );
    }
    let change = Change::DisableAccount { account: id };
    let applied = world
        .applied(change.clone(), EndReason::AccountDisabled)
        .await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (6, 6));
    assert_eq!(applied.revocations.len(), 9);
    for one in &made {
        assert!(!world.is_live(one.session, world.now()).await);
        assert_eq!(
            world.refresh(one.grant, 1, world.now()).await,
            Rotation::Ended
        );
    }
    assert!(world.is_live(bystander.session, world.now()).await);
    let again = world.applied(change, EndReason::AccountDisabled).await;
    assert_eq!(again, Applied::default());
}

/// And nothing is written for them.
pub async fn unknown_nodes_are_not_found<H: Harness>() {
    let world = World::<H>::new().await;
    let account = world.make.unknown_account();
    let session = world.make.unknown_session();
    for change in [
        Change::EndSession {
            session,
            owner: None,
        },
        Change::EndSessions {
            account,
            except: None,
        },
        Change::EndGrant {
            grant: world.make.unknown_grant(),
        },
        Change::DisableAccount { account },
        Change::SetRoles {
            account,
            roles: Vec::new(),
        },
        Change::SetPassword {
            account,
            expected_version: None,
            hash: password_hash("x"),
            keep: Some(RenewedCookie {
                session,
                cookie: None,
            }),
        },
        Change::RevokeKey {
            kid: "unknown".to_owned(),
            replacement: Box::new(
                world
                    .make
                    .active_key(symbolon_core::model::KeyPurpose::Token),
            ),
        },
    ] {
        let outcome = world.change(change.clone(), EndReason::EndedByAdmin).await;
        assert_eq!(outcome, ChangeOutcome::NotFound, "{change:?}");
    }
    assert!(world.log().await.is_empty());
    assert!(world.audit_actions().await.is_empty());
    assert_eq!(world.store().signing_keys().await, Ok(Vec::new()));
}

/// In which request, to what; one row for one act.
pub async fn audit_rows_tell_who_and_why<H: Harness>() {
    let world = World::<H>::new().await;
    let admin = world.put(world.make.admin("root")).await;
    let id = world.account("ada").await;
    world.log_in(world.make.session_with_grant(id)).await;
    world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let change = Change::EndSessions {
        account: id,
        except: None,
    };
    let request = ChangeRequest {
        audit: AuditContext {
            actor: Actor::Account(admin),
            request_id: Some("r-1".to_owned()),
        },
        ..world.make.change(change, EndReason::EndedByAdmin)
    };
    world.store().change(request).await.unwrap();
    let trail = world.harness.audit_trail().await;
    let wanted = AuditRow {
        actor: format!("account:{admin}"),
        action: "session_ended".to_owned(),
        target: format!("account:{id}"),
        reason: Some("ended_by_admin".to_owned()),
        request_id: Some("r-1".to_owned()),
    };
    assert_eq!(trail.len(), 3);
    assert_eq!(trail.last(), Some(&wanted));
}

/// Whoever's they are, a page at a time, until a page finds nothing.
pub async fn everything_ends_in_pages<H: Harness>() {
    let world = World::<H>::new().await;
    let (ada, grace) = (world.account("ada").await, world.account("grace").await);
    let mut made = Vec::new();
    for account in [ada, grace] {
        made.push(world.log_in(world.make.session_with_grant(account)).await);
        let offline = world.make.session_with_offline_grant(account);
        made.push(world.log_in(offline).await);
    }
    let mut pages = Vec::new();
    loop {
        let change = Change::EndEverything { limit: 3 };
        let applied = world.applied(change, EndReason::Restored).await;
        if applied.revocations.is_empty() {
            assert_eq!(applied, Applied::default());
            break;
        }
        pages.push((applied.ended.sessions, applied.ended.grants));
    }
    // Sessions with their online grants, then the grants that outlive sessions.
    let sum = |of: fn(&(u32, u32)) -> u32| pages.iter().map(of).sum::<u32>();
    assert_eq!(
        (sum(|page| page.0), sum(|page| page.1)),
        (4, 4),
        "{pages:?}"
    );
    assert!(pages.iter().all(|page| page.0 <= 3), "{pages:?}");
    for one in &made {
        assert!(!world.is_live(one.session, world.now()).await);
        assert!(!world.grant(one.grant).await.is_live(world.now()));
    }
    assert_eq!(world.log().await.len(), 6);
    assert!(
        world
            .audit_actions()
            .await
            .contains(&"session_ended".to_owned())
    );
}
