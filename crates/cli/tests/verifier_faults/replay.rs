//! Answers that are genuine, and old.

use symbolon_protocol::Cursor;
use symbolon_testing::{Fault, fault_proxy::Recorded};
use symbolon_verifier::Startup;

use crate::world::{LOG, METADATA, TOO_LONG, World, code, until, until_problem};

/// The answer that the verifier got last, after one more poll.
async fn record(world: &World) -> Recorded {
    let polls = world.proxy.count(LOG);
    let answered = |seen: &[symbolon_testing::fault_proxy::Seen]| {
        seen.iter().skip(polls).any(|seen| seen.status.is_some())
    };
    world.proxy.until(LOG, answered).await;
    world.proxy.recorded(LOG)
}

#[tokio::test]
async fn an_empty_answer_replayed_for_ever_never_looks_fresh() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [login, alive] = [world.log_in().await, world.log_in().await];
    // It answers the very question that the verifier goes on to ask.
    let empty = record(&world).await;
    world.break_all(Fault::Pass);
    world.proxy.set_for(LOG, Fault::Replay(empty));
    world.proxy.cut();
    world.end(&login).await;
    until_problem(&verifier, "old answer").await;
    world.proxy.until_more(LOG, 2).await;
    world.hands.pass(TOO_LONG);
    world.proxy.until_more(LOG, 1).await;
    assert_eq!(code(&verifier, &login.access), "revocation_stale");
    assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    world.recovers(&verifier, &[&login], &alive).await;
}

#[tokio::test]
async fn an_older_answer_takes_nothing_back() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [first, second, alive] = [
        world.log_in().await,
        world.log_in().await,
        world.log_in().await,
    ];
    let before = world.proxy.recorded(LOG);
    world.end(&first).await;
    until(&verifier, |status| status.entries == 1).await;
    world.proxy.set_for(LOG, Fault::Replay(before));
    world.proxy.cut();
    world.end(&second).await;
    until(&verifier, |status| status.problem.is_some()).await;
    assert_eq!(code(&verifier, &first.access), "revoked_session");
    world.hands.pass(TOO_LONG);
    world.proxy.until_more(LOG, 2).await;
    assert_eq!(code(&verifier, &first.access), "revoked_session");
    assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    world.recovers(&verifier, &[&first, &second], &alive).await;
}

/// Each answer is later than the one before, as if the log went on, and all of them are old.
#[tokio::test]
async fn a_whole_row_of_recorded_answers_does_not_look_fresh() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [login, alive] = [world.log_in().await, world.log_in().await];
    record(&world).await;
    let asked = world.proxy.seen(LOG).last().unwrap().query.clone();
    let cursor = asked
        .split('&')
        .find_map(|pair| pair.strip_prefix("after="))
        .unwrap();
    assert!(cursor.parse::<Cursor>().is_ok());
    // Nothing reaches the verifier while they are recorded, each in a second of its own.
    world.proxy.close().await;
    let mut row: Vec<String> = Vec::new();
    while row.len() < 2 {
        let path = format!("{LOG}?after={cursor}&wait=1");
        row.push(world.api().get(&path).send().await.expect(200).body);
    }
    world.end(&login).await;
    world.hands.pass(TOO_LONG);
    world.proxy.open().await;
    for body in row {
        world.proxy.set_for(LOG, Fault::Body(body));
        world.proxy.until_more(LOG, 2).await;
        assert_eq!(code(&verifier, &login.access), "revocation_stale");
        assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    }
    world.recovers(&verifier, &[&login], &alive).await;
}

/// A verifier that starts has nothing to compare the first answer with; it is not believed either.
#[tokio::test]
async fn a_verifier_does_not_start_on_a_recorded_answer() {
    let world = World::start().await;
    let first = world.builder().build().await.unwrap();
    let [login, alive] = [world.log_in().await, world.log_in().await];
    drop(first);
    let asked = world.api().get(LOG).send().await.expect(200);
    world.end(&login).await;
    world.proxy.set_for(LOG, Fault::Body(asked.body));
    let lazy = world.builder().startup(Startup::Lazy);
    let verifier = lazy.build().await.unwrap();
    until_problem(&verifier, "old answer").await;
    assert!(world.proxy.count(METADATA) >= 2);
    assert_eq!(code(&verifier, &login.access), "revocation_stale");
    assert_eq!(verifier.status().age, None);
    world.recovers(&verifier, &[&login], &alive).await;
}
