//! Random sequences of verbs against a model that is small enough to be read and believed.

use std::collections::BTreeMap;

use proptest::{
    prelude::{Just, Strategy, prop, prop_oneof},
    test_runner::{Config, TestRunner},
};
use symbolon_core::{
    Timestamp,
    store::{Change, Rotation},
};
use symbolon_protocol::{AccountId, EndReason};

use super::{Harness, Made, World, world::is_ended_in};
use crate::fixtures::{GRACE_MS, password_hash};

/// Numbers pick among what there is, modulo how much that is.
#[derive(Debug, Clone)]
enum Step {
    LogIn {
        account: usize,
        offline: bool,
    },
    /// Presents a generation that is so far behind the counter; -1 is ahead.
    Refresh {
        of: usize,
        behind: i64,
    },
    EndSession(usize),
    EndGrant(usize),
    EndSessions {
        account: usize,
        except: Option<usize>,
    },
    SetPassword(usize),
    Disable(usize),
    Enable(usize),
    Wait {
        millis: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = 0..8_usize;
    let account = 0..2_usize;
    let step = prop_oneof![
        4 => (account.clone(), prop::bool::ANY)
            .prop_map(|(account, offline)| Step::LogIn { account, offline }),
        8 => (any.clone(), prop_oneof![6 => Just(0), 3 => Just(1), 1 => Just(2), 1 => Just(-1)])
            .prop_map(|(of, behind)| Step::Refresh { of, behind }),
        1 => any.clone().prop_map(Step::EndSession),
        1 => any.clone().prop_map(Step::EndGrant),
        1 => (account.clone(), prop::option::of(any))
            .prop_map(|(account, except)| Step::EndSessions { account, except }),
        1 => account.clone().prop_map(Step::SetPassword),
        1 => account.clone().prop_map(Step::Disable),
        1 => account.prop_map(Step::Enable),
        3 => prop_oneof![Just(1), Just(GRACE_MS), Just(GRACE_MS + 1), Just(20 * 60 * 1000)]
            .prop_map(|millis| Step::Wait { millis }),
    ];
    prop::collection::vec(step, 1..40)
}

/// What the model knows of a session and its grant.
#[derive(Debug)]
struct Login {
    made: Made,
    account: usize,
    offline: bool,
    session_ended: bool,
    grant_ended: bool,
    last_seen: Timestamp,
    generation: u64,
    rotated_at: Option<Timestamp>,
}

impl Login {
    /// 30 minutes of idleness; no test lasts 12 hours.
    fn session_lives(&self, now: Timestamp) -> bool {
        !self.session_ended && now < self.last_seen.plus_secs(30 * 60)
    }

    fn end_session(&mut self) {
        self.session_ended = true;
        self.grant_ended |= !self.offline;
    }
}

#[derive(Debug)]
struct Model {
    now: Timestamp,
    accounts: [AccountId; 2],
    disabled: [bool; 2],
    password: [u32; 2],
    logins: Vec<Login>,
}

#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Rotated,
    Replayed,
    Reused,
    Ahead,
    Ended,
}

impl Model {
    /// What using this token does, and does it.
    fn refresh(&mut self, of: usize, generation: u64) -> Expected {
        let now = self.now;
        let disabled = self.disabled[self.logins[of].account];
        let login = &mut self.logins[of];
        if generation > login.generation {
            return Expected::Ahead;
        }
        if disabled || login.grant_ended || !(login.offline || login.session_lives(now)) {
            return Expected::Ended;
        }
        if generation == login.generation {
            login.generation += 1;
            login.rotated_at = Some(now);
            if !login.offline && now >= login.last_seen.plus_secs(60) {
                login.last_seen = now;
            }
            return Expected::Rotated;
        }
        let in_window = |at: Timestamp| now <= at.plus_millis(GRACE_MS);
        if generation + 1 == login.generation && login.rotated_at.is_some_and(in_window) {
            return Expected::Replayed;
        }
        login.grant_ended = true;
        Expected::Reused
    }

    fn end_all(&mut self, account: usize, except: Option<usize>) {
        for (number, login) in self.logins.iter_mut().enumerate() {
            if login.account == account && Some(number) != except {
                login.end_session();
                login.grant_ended = true;
            }
        }
    }
}

/// 48 sequences of up to 40 verbs; a failing one is shrunk to the shortest that fails.
pub fn random_sequences_agree_with_the_model<H: Harness>() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 48,
        failure_persistence: None,
        ..Config::default()
    };
    let run = |steps: Vec<Step>| {
        runtime.block_on(agree::<H>(steps));
        Ok(())
    };
    TestRunner::new(config).run(&steps(), run).unwrap();
}

async fn agree<H: Harness>(steps: Vec<Step>) {
    let world = World::<H>::new().await;
    let mut model = Model {
        now: world.now(),
        accounts: [world.account("ada").await, world.account("grace").await],
        disabled: [false; 2],
        password: [1; 2],
        logins: Vec::new(),
    };
    for step in steps {
        take(&world, &mut model, step).await;
        compare(&world, &model).await;
    }
}

async fn take<H: Harness>(world: &World<H>, model: &mut Model, step: Step) {
    let pick = |number: usize| number.checked_rem(model.logins.len());
    match step {
        Step::Wait { millis } => model.now = model.now.plus_millis(millis),
        Step::LogIn { account, offline } => log_in(world, model, account, offline).await,
        Step::Refresh { of, behind } => {
            if let Some(of) = pick(of) {
                refresh(world, model, of, behind).await;
            }
        }
        Step::EndSession(of) => {
            if let Some(of) = pick(of) {
                let session = model.logins[of].made.session;
                change(
                    world,
                    model,
                    Change::EndSession {
                        session,
                        owner: None,
                    },
                )
                .await;
                model.logins[of].end_session();
            }
        }
        Step::EndGrant(of) => {
            if let Some(of) = pick(of) {
                let grant = model.logins[of].made.grant;
                change(world, model, Change::EndGrant { grant }).await;
                model.logins[of].grant_ended = true;
            }
        }
        Step::EndSessions { account, except } => {
            let except = except.and_then(pick);
            let kept = except.map(|of| model.logins[of].made.session);
            let account_id = model.accounts[account];
            change(
                world,
                model,
                Change::EndSessions {
                    account: account_id,
                    except: kept,
                },
            )
            .await;
            model.end_all(account, except);
        }
        Step::SetPassword(account) => {
            let hash = password_hash("next");
            let (id, version) = (model.accounts[account], Some(model.password[account]));
            let set = Change::SetPassword {
                account: id,
                expected_version: version,
                hash,
                keep: None,
            };
            change(world, model, set).await;
            model.password[account] += 1;
            model.end_all(account, None);
        }
        Step::Disable(account) => {
            change(
                world,
                model,
                Change::DisableAccount {
                    account: model.accounts[account],
                },
            )
            .await;
            if !model.disabled[account] {
                model.end_all(account, None);
            }
            model.disabled[account] = true;
        }
        Step::Enable(account) => {
            let context = symbolon_core::model::AuditContext::system();
            let enabled = world
                .store()
                .enable_account(model.accounts[account], context, model.now)
                .await;
            assert_eq!(enabled, Ok(true));
            model.disabled[account] = false;
        }
    }
}

async fn change<H: Harness>(world: &World<H>, model: &Model, change: Change) {
    world
        .applied_at(change, EndReason::EndedByAdmin, model.now)
        .await;
}

async fn log_in<H: Harness>(world: &World<H>, model: &mut Model, account: usize, offline: bool) {
    let make = world.make.at(model.now);
    let mut new = if offline {
        make.session_with_offline_grant(model.accounts[account])
    } else {
        make.session_with_grant(model.accounts[account])
    };
    new.password_version = Some(model.password[account]);
    let made = Made::of(&new, &make);
    if model.disabled[account] {
        let horizon = crate::fixtures::horizon(model.now);
        let refused = world.store().create_session(new, horizon, model.now).await;
        assert_eq!(
            refused,
            Ok(symbolon_core::store::CreateSession::AccountNotActive)
        );
        return;
    }
    world.log_in(new).await;
    model.logins.push(Login {
        made,
        account,
        offline,
        session_ended: false,
        grant_ended: false,
        last_seen: model.now,
        generation: 1,
        rotated_at: None,
    });
}

async fn refresh<H: Harness>(world: &World<H>, model: &mut Model, of: usize, behind: i64) {
    let current = model.logins[of].generation;
    let Some(generation) = current
        .checked_add_signed(-behind)
        .filter(|number| *number > 0)
    else {
        return;
    };
    let expected = model.refresh(of, generation);
    let grant = model.logins[of].made.grant;
    let happened = match world.refresh(grant, generation, model.now).await {
        Rotation::Rotated(live) => {
            assert_eq!(live.grant.generation, model.logins[of].generation);
            Expected::Rotated
        }
        Rotation::Replayed(live) => {
            assert_eq!(live.grant.generation, model.logins[of].generation);
            Expected::Replayed
        }
        Rotation::Reused(_) => Expected::Reused,
        Rotation::Ahead => Expected::Ahead,
        Rotation::Ended => Expected::Ended,
        Rotation::Unknown => panic!("{grant} is unknown"),
    };
    assert_eq!(happened, expected);
}

/// The rows and the log say what the model says.
async fn compare<H: Harness>(world: &World<H>, model: &Model) {
    let log = world.log().await;
    let mut live: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for login in &model.logins {
        let session = world.session(login.made.session).await;
        assert_eq!(session.last_seen, login.last_seen);
        let ended = matches!(
            session.state,
            symbolon_core::model::SessionState::Ended { .. }
        );
        assert_eq!(ended, login.session_ended);
        let grant = world.grant(login.made.grant).await;
        assert_eq!(grant.generation, login.generation);
        assert_eq!(grant.is_live(model.now), !login.grant_ended);
        if login.session_lives(model.now) {
            live.entry(login.account)
                .or_default()
                .push(login.made.session);
            assert!(!is_ended_in(&log, login.made.session.into()));
        }
        if !login.grant_ended {
            assert!(!is_ended_in(&log, login.made.grant.into()));
        }
    }
    for (number, account) in model.accounts.iter().enumerate() {
        let listed = world
            .store()
            .live_sessions(*account, model.now)
            .await
            .unwrap();
        let mut listed: Vec<_> = listed.iter().map(|session| session.id).collect();
        let mut wanted = live.remove(&number).unwrap_or_default();
        listed.sort();
        wanted.sort();
        assert_eq!(listed, wanted);
    }
    assert_eq!(world.observer.seen(), log);
    let seqs = log.iter().map(|one| one.entry.seq);
    assert!(seqs.eq(1..=log.len() as u64));
}
