//! When keys are fetched, and when they are not.

use std::time::Duration;

use symbolon_testing::Fault;

use crate::world::{
    JWKS, LOG, LOG_JWKS, TOO_LONG, World, code, setup, until, until_problem, with_kid,
};

const MINUTE: i64 = 60_000;

fn log_kid(world: &World) -> String {
    let keys = world.admin(&["keys", "list"]);
    let keys = keys["keys"].as_array().unwrap().clone();
    let is_log = |key: &&serde_json::Value| key["purpose"] == "log" && key["state"] == "active";
    let log = keys.iter().find(is_log).unwrap();
    log["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_fetch_a_cooldown_and_the_log_goes_on() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [login, alive] = [world.log_in().await, world.log_in().await];
    assert_eq!(world.proxy.count(JWKS), 1);
    for round in 1..=2 {
        let flood = |thread: usize| {
            let (verifier, token) = (verifier.clone(), alive.access.clone());
            tokio::task::spawn_blocking(move || {
                for number in 0..125 {
                    let stranger = with_kid(&token, &format!("{round}-{thread}-{number}"));
                    assert_eq!(code(&verifier, &stranger), "key_unknown");
                }
            })
        };
        let threads: Vec<_> = (0..8).map(flood).collect();
        // Meanwhile the log changes its key: its reader has a cooldown of its own.
        let compromised = log_kid(&world);
        world.admin(&["keys", "rotate", "--emergency", "--kid", &compromised]);
        for thread in threads {
            thread.await.unwrap();
        }
        // A compromised log key is an entry, signed by its successor.
        until(&verifier, |status| status.entries == round && status.live).await;
        let fetched = |seen: &[symbolon_testing::fault_proxy::Seen]| {
            seen.len() == round + 1 && seen.iter().all(|seen| seen.status.is_some())
        };
        world.proxy.until(JWKS, fetched).await;
        world.proxy.until_more(LOG, 2).await;
        assert_eq!(world.proxy.count(JWKS), round + 1);
        assert!(world.proxy.count(LOG_JWKS) <= round + 1);
        assert_eq!(code(&verifier, &alive.access), "accepted");
        world.hands.pass(10_000);
    }
    world.end(&login).await;
    until(&verifier, |status| status.entries == 3).await;
    assert_eq!(code(&verifier, &login.access), "revoked_session");
}

#[tokio::test]
async fn keys_are_asked_for_again_when_they_are_due_and_not_sent_again() {
    let world = World::with(setup().set("keys.jwks_max_age", "2m")).await;
    let verifier = world.verifier().await;
    let login = world.log_in().await;
    assert_eq!(code(&verifier, &login.access), "accepted");
    let keys = verifier.status().keys;
    for path in [JWKS, LOG_JWKS] {
        let seen = world.proxy.seen(path);
        assert_eq!(seen.len(), 1, "{path}");
        assert!(seen[0].if_none_match.is_empty());
    }
    world.hands.pass(MINUTE);
    until(&verifier, |status| status.live).await;
    world.proxy.until_more(LOG, 3).await;
    assert_eq!(world.proxy.count(JWKS), 1);
    assert_eq!(world.proxy.count(LOG_JWKS), 1);

    world.hands.pass(MINUTE);
    for path in [JWKS, LOG_JWKS] {
        let again = |seen: &[symbolon_testing::fault_proxy::Seen]| {
            seen.get(1).is_some_and(|seen| seen.status.is_some())
        };
        let seen = world.proxy.until(path, again).await;
        assert_eq!(seen[1].status, Some(304), "{path}");
        assert!(seen[1].if_none_match.starts_with('"'), "{path}");
    }
    // The keys are the same, and what they verified is still known.
    until(&verifier, |status| status.live).await;
    assert_eq!(verifier.status().keys, keys);
    assert_eq!(code(&verifier, &login.access), "accepted");
}

#[tokio::test]
async fn keys_outlive_a_fetch_that_fails_or_brings_nonsense() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let login = world.log_in().await;
    let keys = verifier.status().keys;
    for fault in [
        Fault::Reset,
        Fault::Status(500),
        Fault::Garbage,
        Fault::Truncate,
        Fault::TruncateChunked,
        Fault::Body("{}".into()),
        Fault::Body(r#"{"keys":[{"kty":"oct","k":"AA","kid":"x"}]}"#.into()),
    ] {
        let shown = format!("{fault:?}");
        world.proxy.set_for(JWKS, fault.clone());
        world.proxy.set_for(LOG_JWKS, fault);
        let fetches = world.proxy.count(JWKS);
        world.hands.pass(10_000);
        let stranger = with_kid(&login.access, "stranger");
        assert_eq!(code(&verifier, &stranger), "key_unknown");
        world.proxy.until(JWKS, |seen| seen.len() > fetches).await;
        until_problem(&verifier, "keys").await;
        assert_eq!(verifier.status().keys, keys, "{shown}");
        until(&verifier, |status| status.live).await;
        assert_eq!(code(&verifier, &login.access), "accepted", "{shown}");
        world.proxy.set(Fault::Pass);
        until(&verifier, |status| status.problem.is_none()).await;
    }
}

/// What the log is signed with is fetched beside the log, not before it.
#[tokio::test]
async fn keys_that_do_not_come_hold_up_no_revocation() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [login, alive] = [world.log_in().await, world.log_in().await];
    world.proxy.set_for(JWKS, Fault::Blackhole);
    world.proxy.set_for(LOG_JWKS, Fault::Blackhole);
    let fetches = world.proxy.count(LOG_JWKS);
    // Beyond `max-age`: they are due.
    world.hands.pass(6 * MINUTE);
    world
        .proxy
        .until(LOG_JWKS, |seen| seen.len() > fetches)
        .await;
    world.end(&login).await;
    let polls = world.proxy.until_more(LOG, 3).await;
    let longest = polls.windows(2).map(|two| two[1].at - two[0].at).max();
    // A fetch that is waited for takes five seconds.
    assert!(longest < Some(Duration::from_secs(4)), "{longest:?}");
    until(&verifier, |status| status.entries == 1 && status.live).await;
    world.hands.pass(TOO_LONG);
    world.recovers(&verifier, &[&login], &alive).await;
}
