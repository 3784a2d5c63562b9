//! What happens at the same time.
//!
//! Many tasks log in and refresh while one ends something. Afterwards whatever was acknowledged is
//! either alive and not named in the log, or dead and named; nothing is in between.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use symbolon_core::{
    Timestamp,
    entropy::EntropyExt,
    model::{AuditContext, Revocation, SessionStatus},
    secret::SecretHash,
    store::{
        Change, ClaimAdmin, CreateAccount, CreateSession, NewSession, RotateGrant, Rotation, Store,
    },
};
use symbolon_protocol::{AccountId, EndReason};
use tokio::{sync::watch, task::JoinHandle};

use super::{Harness, Made, World, first_admin::setup_code, world::is_ended_in};
use crate::fixtures::{horizon, password_hash, refresh};

const TASKS: usize = 64;
const ROUNDS: usize = 8;

/// How far a race has come.
#[derive(Debug, Default)]
struct Course {
    /// Log-ins that were acknowledged.
    created: watch::Sender<usize>,
    /// Whether the change was answered.
    over: AtomicBool,
}

/// Logs in and refreshes until it is refused. Answers what it was told exists.
fn user(
    store: Arc<dyn Store>,
    new: NewSession,
    made: Made,
    course: Arc<Course>,
    now: Timestamp,
) -> JoinHandle<Option<Made>> {
    tokio::spawn(async move {
        match store.create_session(new, horizon(now), now).await.unwrap() {
            CreateSession::Created { .. } => course.created.send_modify(|count| *count += 1),
            CreateSession::AccountNotActive | CreateSession::PasswordChanged => return None,
        };
        for generation in 1..=4 {
            if !uses(&*store, refresh(made.grant, generation), &course, now).await {
                break;
            }
        }
        Some(made)
    })
}

/// One refresh. A change that has been answered reaches every use that begins later.
async fn uses(store: &dyn Store, rotate: RotateGrant, course: &Course, now: Timestamp) -> bool {
    let was_over = course.over.load(Ordering::SeqCst);
    let rotation = store
        .rotate(rotate.clone(), horizon(now), AuditContext::system(), now)
        .await
        .unwrap();
    match rotation {
        Rotation::Rotated(_) | Rotation::Replayed(_) => {
            let grant = store.grant(rotate.grant).await.unwrap().unwrap();
            assert!(
                !was_over || grant.is_live(now),
                "{grant:?} was used after its end"
            );
            true
        }
        Rotation::Ended => false,
        other => panic!("{other:?}"),
    }
}

/// 64 users, half of them with offline grants, against one change that is made once `after` of
/// them are in. Answers what was made.
async fn race<H: Harness>(
    world: &World<H>,
    account: AccountId,
    (change, reason): (Change, EndReason),
    old: Vec<Made>,
    after: usize,
) -> Vec<Made> {
    let now = world.now();
    let course = Arc::new(Course::default());
    let mut users = Vec::new();
    for number in 0..TASKS {
        let new = if number % 2 == 0 {
            world.make.session_with_grant(account)
        } else {
            world.make.session_with_offline_grant(account)
        };
        let made = Made::of(&new, &world.make);
        users.push(user(world.store(), new, made, course.clone(), now));
    }
    let refreshing: Vec<_> = old
        .iter()
        .map(|made| {
            let (store, grant, course) = (world.store(), made.grant, course.clone());
            tokio::spawn(async move {
                let mut generation = 1;
                while uses(&*store, refresh(grant, generation), &course, now).await
                    && !course.over.load(Ordering::SeqCst)
                {
                    generation += 1;
                }
            })
        })
        .collect();
    let mut created = course.created.subscribe();
    created.wait_for(|count| *count >= after).await.unwrap();
    world.applied(change, reason).await;
    course.over.store(true, Ordering::SeqCst);
    for one in refreshing {
        one.await.unwrap();
    }
    let mut all = old;
    for one in users {
        all.extend(one.await.unwrap());
    }
    all
}

/// Dead and named, or alive and not named.
async fn assert_settled<H: Harness>(world: &World<H>, log: &[Revocation], made: &Made) -> bool {
    let now = world.now();
    let session = world.session(made.session).await;
    let is_live = session.status(now) == SessionStatus::Live;
    assert_eq!(is_live, !is_ended_in(log, made.session.into()));
    let grant = world.grant(made.grant).await;
    if grant.offline {
        assert_eq!(grant.is_live(now), !is_ended_in(log, made.grant.into()));
    } else {
        assert_eq!(grant.is_live(now), is_live);
    }
    is_live || grant.is_live(now)
}

async fn settled<H: Harness>(world: &World<H>, made: &[Made]) -> usize {
    let log = world.log().await;
    assert_eq!(world.observer.seen(), log);
    let mut alive = 0;
    for one in made {
        alive += usize::from(assert_settled(world, &log, one).await);
    }
    alive
}

async fn some_sessions<H: Harness>(world: &World<H>, account: AccountId) -> Vec<Made> {
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(world.log_in(world.make.session_with_grant(account)).await);
        made.push(
            world
                .log_in(world.make.session_with_offline_grant(account))
                .await,
        );
    }
    made
}

/// Whatever was logging in at the time.
pub async fn disabling_leaves_nothing_alive<H: Harness>() {
    let world = World::<H>::new().await;
    for round in 0..ROUNDS {
        let account = world.account(&format!("user{round}")).await;
        let old = some_sessions(&world, account).await;
        let change = Change::DisableAccount { account };
        let made = race(
            &world,
            account,
            (change, EndReason::AccountDisabled),
            old,
            round * 8,
        )
        .await;
        assert_eq!(settled(&world, &made).await, 0);
        let live = world.store().live_sessions(account, world.now()).await;
        assert_eq!(live, Ok(Vec::new()));
    }
}

/// Every log-in verified the old one.
pub async fn a_new_password_leaves_nothing_alive<H: Harness>() {
    let world = World::<H>::new().await;
    for round in 0..ROUNDS {
        let account = world.account(&format!("user{round}")).await;
        let old = some_sessions(&world, account).await;
        let change = Change::SetPassword {
            account,
            expected_version: Some(1),
            hash: password_hash("second"),
            keep: None,
        };
        let made = race(
            &world,
            account,
            (change, EndReason::PasswordChanged),
            old,
            round * 8,
        )
        .await;
        assert_eq!(settled(&world, &made).await, 0);
        let live = world.store().live_sessions(account, world.now()).await;
        assert_eq!(live, Ok(Vec::new()));
    }
}

/// What was there before is dead; what came later lives.
pub async fn ending_all_sessions_ends_what_was_there<H: Harness>() {
    let world = World::<H>::new().await;
    for round in 0..ROUNDS {
        let account = world.account(&format!("user{round}")).await;
        let old = some_sessions(&world, account).await;
        let was_there = old.clone();
        let change = Change::EndSessions {
            account,
            except: None,
        };
        let made = race(
            &world,
            account,
            (change, EndReason::LogoutEverywhere),
            old,
            round * 8,
        )
        .await;
        settled(&world, &made).await;
        assert_eq!(settled(&world, &was_there).await, 0);
        assert_eq!(made.len(), TASKS + was_there.len());
    }
}

/// All refreshes of its grant stop with it; the others go on.
pub async fn ending_a_session_ends_its_grants<H: Harness>() {
    let world = World::<H>::new().await;
    let account = world.account("ada").await;
    for round in 0..ROUNDS {
        let made = world.log_in(world.make.session_with_grant(account)).await;
        let change = Change::EndSession {
            session: made.session,
            owner: Some(account),
        };
        let old = vec![made.clone()];
        let all = race(&world, account, (change, EndReason::Logout), old, round * 8).await;
        settled(&world, &all).await;
        assert_eq!(settled(&world, &[made]).await, 0);
        let end = Change::EndSessions {
            account,
            except: None,
        };
        world.applied(end, EndReason::LogoutEverywhere).await;
    }
}

/// Whoever reads while entries are appended never sees a gap that fills up later.
pub async fn the_log_is_prefix_closed_for_every_reader<H: Harness>() {
    let world = World::<H>::new().await;
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (store, over) = (world.store(), over.clone());
            tokio::spawn(async move {
                let mut next = 1;
                loop {
                    let last_turn = over.load(Ordering::SeqCst);
                    let news = store.revocations_after(next - 1, 7).await.unwrap();
                    for one in &news {
                        assert_eq!(one.entry.seq, next);
                        next += 1;
                    }
                    if news.is_empty() && last_turn {
                        return next - 1;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let now = world.now();
    let revoking: Vec<_> = (0..TASKS)
        .map(|_| {
            let store = world.store();
            let requests: Vec<_> = (0..4)
                .map(|_| {
                    let token = world.make.entropy().token_id(now);
                    let until = now.as_secs() + 300;
                    let change = Change::RevokeToken { token, until };
                    world.make.change(change, EndReason::ClientRevoked)
                })
                .collect();
            tokio::spawn(async move {
                for request in requests {
                    store.change(request).await.unwrap();
                }
            })
        })
        .collect();
    for one in revoking {
        one.await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    for one in readers {
        assert_eq!(one.await.unwrap(), 4 * TASKS as u64);
    }
    assert_eq!(world.observer.seen(), world.log().await);
}

/// However many claim at once.
pub async fn one_first_admin<H: Harness>() {
    let world = World::<H>::new().await;
    let now = world.now();
    let code = || SecretHash::of("code");
    let end = now.plus_secs(60);
    let store = world.store();
    let put = store.put_setup_code(code(), setup_code("code", end), now);
    assert!(put.await.unwrap().is_some());
    let claims: Vec<_> = (0..32)
        .map(|number| {
            let new = world.make.account(&format!("admin{number}"));
            let store = world.store();
            let claim = async move {
                store
                    .claim_first_admin(code(), new, AuditContext::system(), now)
                    .await
            };
            tokio::spawn(claim)
        })
        .collect();
    let mut claimed = 0;
    for one in claims {
        match one.await.unwrap().unwrap() {
            ClaimAdmin::Claimed => claimed += 1,
            outcome => assert_eq!(outcome, ClaimAdmin::Void),
        }
    }
    assert_eq!(claimed, 1);
    assert_eq!(world.store().accounts(None, 100).await.unwrap().len(), 1);
}

/// However many want it at once.
pub async fn one_holder_of_a_name<H: Harness>() {
    let world = World::<H>::new().await;
    let now = world.now();
    let creations: Vec<_> = (0..32)
        .map(|_| {
            let (store, new) = (world.store(), world.make.account("ada"));
            let create =
                async move { store.create_account(new, AuditContext::system(), now).await };
            tokio::spawn(create)
        })
        .collect();
    let mut created = 0;
    for one in creations {
        created += usize::from(one.await.unwrap() == Ok(CreateAccount::Created));
    }
    assert_eq!(created, 1);
    assert_eq!(world.store().accounts(None, 100).await.unwrap().len(), 1);
}
