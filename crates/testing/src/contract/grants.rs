//! Using refresh tokens.

use symbolon_core::{
    Timestamp,
    model::{AuditContext, GrantState},
    store::{Change, EndedCount, LiveGrant, RotateGrant, Rotation},
};
use symbolon_protocol::{EndReason, Kind};

use super::{
    Harness, World,
    world::{is_ended_in, named},
};
use crate::fixtures::{GRACE_MS, horizon, refresh};

/// What a reuse ends by default.
const ENDED: EndedCount = EndedCount {
    sessions: 0,
    grants: 1,
};

fn rotated(rotation: Rotation) -> LiveGrant {
    match rotation {
        Rotation::Rotated(live) => *live,
        other => panic!("not rotated: {other:?}"),
    }
}

fn replayed(rotation: Rotation) -> LiveGrant {
    match rotation {
        Rotation::Replayed(live) => *live,
        other => panic!("not replayed: {other:?}"),
    }
}

/// And answers the grant after the step with its living parents.
pub async fn a_rotation_moves_the_counter_by_one<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let before = world.grant(made.grant).await;
    let at = world.now().plus_secs(90);
    let use_of_first = RotateGrant {
        secret_id: 7,
        ..refresh(made.grant, 1)
    };
    let live = rotated(
        world
            .store()
            .rotate(use_of_first, horizon(at), AuditContext::system(), at)
            .await
            .unwrap(),
    );
    assert_eq!((live.grant.generation, live.grant.secret_id), (2, 7));
    assert_eq!(live.grant.rotated_at, Some(at));
    assert_eq!(live.grant.seed, before.seed);
    assert_eq!(
        (live.grant.version, live.grant.expires_at),
        (1, before.expires_at)
    );
    assert_eq!(world.grant(made.grant).await, live.grant);
    assert_eq!(live.account.id, id);
    let session = live.session.unwrap();
    assert_eq!(session.last_seen, at);
    assert_eq!(world.session(made.session).await, session);
    // An earlier clock does not take the session's use back.
    let live = rotated(world.refresh(made.grant, 2, world.now()).await);
    assert_eq!(live.session.unwrap().last_seen, at);
    assert!(world.log().await.is_empty());
}

/// The same successor, any number of times, up to and including the last millisecond.
pub async fn a_replay_is_idempotent_within_its_window<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let at = world.now().plus_secs(90);
    let live = rotated(world.refresh(made.grant, 1, at).await);
    for millis in [0, -1, GRACE_MS / 2, GRACE_MS] {
        let again = replayed(world.refresh(made.grant, 1, at.plus_millis(millis)).await);
        assert_eq!(again, live, "{millis}");
    }
    assert_eq!(world.grant(made.grant).await, live.grant);
    assert_eq!(Some(world.session(made.session).await), live.session);
    let strict = RotateGrant {
        grace_ms: 0,
        ..refresh(made.grant, 1)
    };
    let answer = world
        .store()
        .rotate(strict, horizon(at), AuditContext::system(), at)
        .await;
    assert_eq!(answer, Ok(Rotation::Replayed(Box::new(live))));
    assert!(world.log().await.is_empty());
    assert!(
        !world
            .audit_actions()
            .await
            .contains(&"refresh_reused".to_owned())
    );
}

/// It counts from the rotation, not from the last replay.
pub async fn the_window_does_not_slide<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let at = world.now();
    rotated(world.refresh(made.grant, 1, at).await);
    for millis in [GRACE_MS / 2, GRACE_MS - 1] {
        replayed(world.refresh(made.grant, 1, at.plus_millis(millis)).await);
    }
    let late = world
        .refresh(made.grant, 1, at.plus_millis(GRACE_MS + 1))
        .await;
    assert_eq!(late, Rotation::Reused(ENDED));
}

async fn assert_reused<H: Harness>(world: &World<H>, generation: u64, now: Timestamp) {
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    rotated(world.refresh(made.grant, 1, world.now()).await);
    rotated(world.refresh(made.grant, 2, world.now()).await);
    assert_eq!(
        world.refresh(made.grant, generation, now).await,
        Rotation::Reused(ENDED)
    );
    let reason = EndReason::RefreshReuse;
    let state = GrantState::Ended { at: now, reason };
    assert_eq!(world.grant(made.grant).await.state, state);
    assert!(world.is_live(made.session, now).await);
    let log = world.log().await;
    assert_eq!(named(&log), [(Kind::Grant, made.grant.into(), None)]);
    assert_eq!(
        (log[0].entry.reason, log[0].entry.until),
        (reason, Some(horizon(now).until))
    );
    assert_eq!(world.observer.seen(), log);
    // The current one is worth nothing now, and the spent one is no second incident.
    for generation in [1, 2, 3] {
        assert_eq!(
            world.refresh(made.grant, generation, now).await,
            Rotation::Ended
        );
    }
    assert_eq!(world.log().await, log);
    let trail = world.harness.audit_trail().await;
    let last = trail.last().unwrap();
    assert_eq!(last.action, "refresh_reused");
    assert_eq!(last.target, format!("grant:{}", made.grant));
    assert_eq!(last.reason.as_deref(), Some("refresh_reuse"));
}

/// The one before the previous at any time, the previous after its window.
pub async fn a_spent_token_ends_the_grant<H: Harness>() {
    let world = World::<H>::new().await;
    assert_reused(&world, 1, world.now()).await;
    let world = World::<H>::new().await;
    assert_reused(&world, 2, world.now().plus_millis(GRACE_MS + 1)).await;
}

/// By configuration.
pub async fn reuse_can_end_the_session<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let now = world.now();
    for generation in [1, 2] {
        rotated(world.refresh(made.grant, generation, now).await);
    }
    let strict = RotateGrant {
        reuse_ends_session: true,
        ..refresh(made.grant, 1)
    };
    let answer = world
        .store()
        .rotate(strict, horizon(now), AuditContext::system(), now)
        .await;
    let ended = EndedCount {
        sessions: 1,
        ..ENDED
    };
    assert_eq!(answer, Ok(Rotation::Reused(ended)));
    assert!(!world.is_live(made.session, now).await);
    let log = world.log().await;
    assert!(is_ended_in(&log, made.grant.into()));
    assert!(is_ended_in(&log, made.session.into()));
}

/// Unknown grants, and generations that are ahead of the store.
pub async fn generations_that_never_were<H: Harness>() {
    let world = World::<H>::new().await;
    let now = world.now();
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let unknown = world.make.unknown_grant();
    assert_eq!(world.refresh(unknown, 1, now).await, Rotation::Unknown);
    assert_eq!(world.store().grant(unknown).await, Ok(None));
    for generation in [2, 3, u64::MAX] {
        assert_eq!(
            world.refresh(made.grant, generation, now).await,
            Rotation::Ahead
        );
    }
    rotated(world.refresh(made.grant, 1, now).await);
    assert!(world.log().await.is_empty());
}

/// Whether the account, the session or the grant itself is dead, by an end or by time.
pub async fn nothing_dead_is_rotated<H: Harness>() {
    let world = World::<H>::new().await;
    let start = world.now();
    let id = world.account("ada").await;
    let idle_at = start.plus_secs(30 * 60);
    let session_idle = world.log_in(world.make.session_with_grant(id)).await;
    let mut new = world.make.session_with_grant(id);
    new.session.expires_at = start.plus_secs(60);
    let session_expired = world.log_in(new).await;
    let mut new = world.make.session_with_grant(id);
    new.grant.as_mut().unwrap().expires_at = start.plus_secs(60);
    let grant_expired = world.log_in(new).await;
    let mut new = world.make.session_with_grant(id);
    new.grant.as_mut().unwrap().idle_secs = 60;
    let grant_idle = world.log_in(new).await;
    for (made, at) in [
        (&session_idle, idle_at),
        (&session_expired, start.plus_secs(60)),
        (&grant_expired, start.plus_secs(60)),
        (&grant_idle, start.plus_secs(60)),
    ] {
        assert_eq!(world.refresh(made.grant, 1, at).await, Rotation::Ended);
        // One moment earlier it was alive, and refreshing is what keeps it so.
        rotated(world.refresh(made.grant, 1, at.plus_millis(-1)).await);
    }
    rotated(world.refresh(session_idle.grant, 2, idle_at).await);
    rotated(
        world
            .refresh(grant_idle.grant, 2, start.plus_secs(60))
            .await,
    );

    let offline = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let change = Change::DisableAccount { account: id };
    world.applied(change, EndReason::AccountDisabled).await;
    for made in [&session_idle, &grant_idle, &offline] {
        for generation in [1, 2] {
            let rotation = world.refresh(made.grant, generation, start).await;
            assert!(
                matches!(rotation, Rotation::Ended | Rotation::Ahead),
                "{rotation:?}"
            );
        }
    }
}

/// Its expiry and an ordinary log-out, and it tells of no session.
pub async fn an_offline_grant_outlives_its_session<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let change = Change::EndSession {
        session: made.session,
        owner: Some(id),
    };
    let applied = world.applied(change, EndReason::Logout).await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (1, 0));
    let live = rotated(world.refresh(made.grant, 1, world.now()).await);
    assert_eq!(live.session, None);
    assert_eq!(live.grant.session, Some(made.session));
    let days_later = world.now().plus_secs(13 * 24 * 60 * 60);
    rotated(world.refresh(made.grant, 2, days_later).await);
}

/// Of 32 uses of one token exactly one moves the counter; all get the same successor.
pub async fn parallel_uses_agree<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let now = world.now();
    for generation in 1..=8 {
        let uses: Vec<_> = (0..32)
            .map(|_| {
                let store = world.store();
                let rotate = refresh(made.grant, generation);
                tokio::spawn(async move {
                    store
                        .rotate(rotate, horizon(now), AuditContext::system(), now)
                        .await
                })
            })
            .collect();
        let mut winners = 0;
        for one in uses {
            let live = match one.await.unwrap().unwrap() {
                Rotation::Rotated(live) => {
                    winners += 1;
                    live
                }
                Rotation::Replayed(live) => live,
                other => panic!("{other:?}"),
            };
            assert_eq!(live.grant.generation, generation + 1);
        }
        assert_eq!(winners, 1);
        assert_eq!(world.grant(made.grant).await.generation, generation + 1);
    }
    assert!(world.log().await.is_empty());
}

/// The answer of a rotation is lost, the store too: the client tries again and gets the same.
pub async fn a_crash_loses_no_answer<H: Harness>() {
    let mut world = World::<H>::new().await;
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    for generation in 1..=3 {
        let live = rotated(world.refresh(made.grant, generation, world.now()).await);
        world = world.after_crash().await;
        let again = replayed(world.refresh(made.grant, generation, world.now()).await);
        assert_eq!(again, live);
    }
}

/// Many at once, of every kind, some of them twice: each has the outcome that it has alone.
pub async fn uses_that_come_together_are_decided_one_by_one<H: Harness>() {
    let world = World::<H>::new().await;
    let account = world.account("ada").await;
    let other = world.account("grace").await;
    let mut uses = Vec::new();
    for number in 0..8 {
        let made = world.log_in(world.make.session_with_grant(account)).await;
        let offline = world.make.session_with_offline_grant(other);
        let offline = world.log_in(offline).await.grant;
        match number % 4 {
            // New, and twice at once.
            0 => uses.extend([
                (made.grant, 1, "moves"),
                (offline, 1, "moves"),
                (offline, 1, "moves"),
            ]),
            1 => {
                world.refresh(made.grant, 1, world.now()).await;
                uses.extend([(made.grant, 1, "replays"), (offline, 2, "ahead")]);
            }
            2 => {
                for generation in 1..=2 {
                    world.refresh(made.grant, generation, world.now()).await;
                }
                uses.push((made.grant, 1, "reuses"));
                uses.push((world.make.unknown_grant(), 1, "unknown"));
            }
            _ => {
                let session = made.session;
                let change = Change::EndSession {
                    session,
                    owner: None,
                };
                world.applied(change, EndReason::Logout).await;
                uses.extend([(made.grant, 1, "over"), (offline, 1, "moves")]);
            }
        }
    }
    let (now, mut asked) = (world.now(), Vec::new());
    for &(grant, generation, wanted) in &uses {
        let store = world.store();
        asked.push(tokio::spawn(async move {
            let (rotate, audit) = (refresh(grant, generation), AuditContext::system());
            let rotation = store.rotate(rotate, horizon(now), audit, now).await;
            (grant, wanted, rotation.unwrap())
        }));
    }
    let mut moved = Vec::new();
    for one in asked {
        let (grant, wanted, rotation) = one.await.unwrap();
        match (wanted, &rotation) {
            ("moves", Rotation::Rotated(live)) => {
                assert_eq!(live.grant.generation, 2);
                moved.push(grant);
            }
            ("moves" | "replays", Rotation::Replayed(live)) => {
                assert_eq!(live.grant.generation, 2);
            }
            ("ahead", Rotation::Ahead)
            | ("reuses", Rotation::Reused(_))
            | ("unknown", Rotation::Unknown)
            | ("over", Rotation::Ended) => {}
            _ => panic!("{wanted}: {rotation:?}"),
        }
    }
    let mut wanted: Vec<_> = uses
        .iter()
        .filter(|(_, _, of)| *of == "moves")
        .map(|one| one.0)
        .collect();
    wanted.sort();
    wanted.dedup();
    moved.sort();
    assert_eq!(moved, wanted, "each moved once");
    for grant in moved {
        assert_eq!(world.grant(grant).await.generation, 2);
    }
}
