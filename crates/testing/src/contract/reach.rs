//! What ending something would reach.

use symbolon_core::store::{Change, NewSession, Reach, ReachOf};
use symbolon_protocol::EndReason;

use super::{Harness, World};
use crate::fixtures::{TOKEN_LIFETIME_SECS, client, horizon};

/// The sessions and grants that are counted before are those that are counted as ended after.
pub async fn what_is_told_before_is_what_ends<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let of_client = |name: &str, mut new: NewSession| {
        if let Some(grant) = &mut new.grant {
            grant.client = client(name);
        }
        new
    };
    let online = |name| of_client(name, world.make.session_with_grant(id));
    let offline = |name| of_client(name, world.make.session_with_offline_grant(id));
    let kept = world.log_in(offline("mail")).await;
    let first = world.log_in(online("notes")).await;
    for new in [
        online("notes"),
        online("photos"),
        offline("mail"),
        world.make.session(id),
    ] {
        world.log_in(new).await;
    }
    world.account("grace").await;
    let now = world.now();
    let reach = async |of| store.reach(id, of, horizon(now), now).await.unwrap();

    let one = reach(ReachOf::Session(first.session)).await;
    let wanted = Reach {
        sessions: 1,
        apps: 1,
        refresh_tokens: 1,
        grants_with_access: 1,
    };
    assert_eq!(one, Some(wanted));
    // An offline grant stays when its session ends.
    let of_kept = reach(ReachOf::Session(kept.session)).await;
    let wanted = Reach {
        sessions: 1,
        ..Reach::default()
    };
    assert_eq!(of_kept, Some(wanted));
    let others = ReachOf::AllBut(Some(kept.session));
    let wanted = Reach {
        sessions: 5,
        apps: 3,
        refresh_tokens: 4,
        grants_with_access: 4,
    };
    assert_eq!(reach(others).await, Some(wanted));
    assert!(world.log().await.is_empty(), "asking ends nothing");

    let change = Change::EndSessions {
        account: id,
        except: Some(kept.session),
    };
    let ended = world.applied(change, EndReason::LogoutEverywhere).await;
    assert_eq!((ended.ended.sessions, ended.ended.grants), (5, 4));
    assert_eq!(reach(others).await, Some(Reach::default()));
    assert_eq!(reach(ReachOf::Session(first.session)).await, None);
    let wanted = Reach {
        sessions: 1,
        apps: 1,
        refresh_tokens: 1,
        grants_with_access: 1,
    };
    assert_eq!(reach(ReachOf::AllBut(None)).await, Some(wanted));
}

/// Another's session is as good as none.
pub async fn only_ones_own_is_told<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let ada = world.account("ada").await;
    let grace = world.account("grace").await;
    let made = world.log_in(world.make.session_with_grant(ada)).await;
    let now = world.now();
    for (account, session) in [
        (grace, made.session),
        (ada, world.make.unknown_session()),
        (world.make.unknown_account(), made.session),
    ] {
        let of = ReachOf::Session(session);
        assert_eq!(store.reach(account, of, horizon(now), now).await, Ok(None));
    }
    let all = ReachOf::AllBut(None);
    let reach = store.reach(grace, all, horizon(now), now).await;
    assert_eq!(reach, Ok(Some(Reach::default())));
}

/// A refresh makes another one; afterwards only the refresh token is left.
pub async fn access_tokens_count_until_they_have_expired<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let made = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let start = world.now();
    let reach = async |now| {
        let reach = store
            .reach(id, ReachOf::AllBut(None), horizon(now), now)
            .await;
        let reach = reach.unwrap().unwrap();
        (reach.refresh_tokens, reach.grants_with_access, reach.apps)
    };
    assert_eq!(reach(start).await, (1, 1, 1));
    // The horizon remembers for a while longer than a token lives.
    let later = start.plus_secs(10 * TOKEN_LIFETIME_SECS);
    assert_eq!(reach(later).await, (1, 0, 1));
    world.refresh(made.grant, 1, later).await;
    assert_eq!(reach(later).await, (1, 1, 1));
    let just_before = later.plus_secs(TOKEN_LIFETIME_SECS - 1);
    assert_eq!(reach(just_before).await, (1, 1, 1));
}
