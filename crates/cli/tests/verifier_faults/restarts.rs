//! A server that stops and starts again, and how verifiers come back to it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use symbolon_core::entropy::EntropyExt as _;
use symbolon_testing::{Fault, SeededEntropy};

use crate::world::{LOG, METADATA, World, code, until, until_problem};

#[tokio::test]
async fn a_server_that_is_killed_or_stopped_in_a_long_poll_is_found_again() {
    let mut world = World::start().await;
    let verifier = world.verifier().await;
    let mut ended = Vec::new();
    let alive = world.log_in().await;
    for kill in [true, false] {
        let [login, meanwhile] = [world.log_in().await, world.log_in().await];
        // A poll that waits for news.
        world.proxy.until_more(LOG, 1).await;
        if kill {
            world.server.kill();
        } else {
            assert!(world.server.terminate().success());
        }
        until_problem(&verifier, "no answer").await;
        assert_eq!(code(&verifier, &alive.access), "accepted");
        world.server.start().await;
        // Ended before the verifier is back, and after it.
        world.end(&meanwhile).await;
        ended.push(meanwhile);
        until(&verifier, |status| status.entries == ended.len()).await;
        world.end(&login).await;
        ended.push(login);
        until(&verifier, |status| status.entries == ended.len()).await;
        let all: Vec<_> = ended.iter().collect();
        world.recovers(&verifier, &all, &alive).await;
    }
}

/// Pauses double and are spread: from what was drawn follows how long each must be.
#[tokio::test]
async fn retries_come_with_pauses_that_double_and_are_spread() {
    let world = World::start().await;
    let drawn = Arc::new(Mutex::new(Vec::new()));
    let dice = SeededEntropy::new(7);
    let record = Arc::clone(&drawn);
    let draw = move || {
        let number = u64::from_le_bytes(dice.bytes());
        record.lock().unwrap().push(number);
        number
    };
    let verifier = world.builder().randomness(draw).build().await.unwrap();
    // One that waits for news, and is cut.
    world.proxy.until_more(LOG, 1).await;
    let before = drawn.lock().unwrap().len();
    world.break_all(Fault::Reset);
    world.proxy.set_for(METADATA, Fault::Pass);
    let start = world.proxy.count(LOG);
    let seen = world.proxy.until(LOG, |seen| seen.len() >= start + 4).await;

    // Nothing else draws meanwhile: keys are not due, the metadata, which are asked for, come, and
    // no answer is in doubt.
    let drawn = drawn.lock().unwrap()[before..].to_vec();
    let pauses: Vec<_> = drawn.iter().zip(0..).map(pause).collect();
    let times = &seen[start - 1..];
    assert!(times.len() >= 5 && pauses.len() >= 4);
    for ((two, number), pause) in times.windows(2).zip(0..).zip(&pauses) {
        let gap = two[1].at - two[0].at;
        assert!(gap >= *pause, "{number}: {gap:?} < {pause:?}");
    }

    world.proxy.set(Fault::Pass);
    until(&verifier, |status| status.problem.is_none()).await;
    assert!(verifier.status().live);
}

/// Between half and all of 100 ms × 2ⁿ, 5 s at most.
fn pause((drawn, failures): (&u64, u32)) -> Duration {
    let full = Duration::from_millis(100 << failures).min(Duration::from_secs(5));
    let half = u64::try_from((full / 2).as_micros()).unwrap();
    full / 2 + Duration::from_micros(drawn % (half + 1))
}
