//! What comes instead of an answer, or of half of one.

use std::time::Duration;

use symbolon_jose::{Algorithm, Signer, SigningKey, decode};
use symbolon_protocol::typ;
use symbolon_testing::Fault;
use symbolon_verifier::{Demand, OnStale};

use crate::world::{LOG, TOO_LONG, World, code, until, until_problem};

/// The last answer of the log as somebody else would have signed it, `kid` and all.
fn forged(world: &World, kid: Option<&str>) -> String {
    let genuine = world.proxy.recorded(LOG).body();
    let payload = decode(&genuine).unwrap().raw_parts()[1].to_owned();
    let payload = symbolon_jose::base64url::decode(&payload).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    let mut key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    if let Some(kid) = kid {
        // The key of RFC 8037 appendix A under another's name.
        let jwk = concat!(
            r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#,
            r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        );
        let jwk = symbolon_jose::Jwk::from_json(jwk).unwrap();
        key = SigningKey::from_jwk(&jwk.with_kid(kid.to_owned())).unwrap();
    }
    Signer::new(&key, typ::REVOCATIONS).sign(&payload).unwrap()
}

/// The `kid` of the log's genuine key.
fn log_kid(world: &World) -> String {
    let keys = world.admin(&["keys", "list"]);
    let keys = keys["keys"].as_array().unwrap().clone();
    let log = keys.iter().find(|key| key["purpose"] == "log").unwrap();
    log["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_broken_answer_is_believed_and_each_is_got_over() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let alive = world.log_in().await;
    let kid = log_kid(&world);
    let mut ended = Vec::new();
    let genuine_shape = forged(&world, None);
    for (fault, problem) in [
        (Fault::Reset, "no answer"),
        (Fault::Status(500), "status 500"),
        (Fault::Status(304), "status 304"),
        (Fault::Garbage, "no answer"),
        (Fault::Truncate, "no answer"),
        (Fault::TruncateChunked, "no answer"),
        (Fault::Body(String::new()), "revocation log"),
        (Fault::Body("{}".into()), "revocation log"),
        (Fault::Body("x".repeat(5 << 20)), "larger than"),
        (Fault::Body(genuine_shape), "no key has the kid"),
        (Fault::Body(forged(&world, Some(&kid))), "signature"),
    ] {
        let login = world.log_in().await;
        assert_eq!(code(&verifier, &login.access), "accepted", "{problem}");
        let entries = verifier.status().entries;

        // Also to what is fetched beside the log: keys.
        world.break_all(fault);
        world.end(&login).await;
        until_problem(&verifier, problem).await;
        // It cannot know yet, and has time left.
        assert_eq!(code(&verifier, &login.access), "accepted", "{problem}");

        world.hands.pass(TOO_LONG);
        for login in [&login, &alive] {
            assert_eq!(code(&verifier, &login.access), "revocation_stale");
            let accept = Demand::new().on_stale(OnStale::Accept);
            assert!(verifier.verify_for(&login.access, &accept).is_ok());
        }
        assert!(!verifier.status().live);
        assert_eq!(verifier.status().entries, entries, "{problem}");

        ended.push(login);
        world
            .recovers(&verifier, &ended.iter().collect::<Vec<_>>(), &alive)
            .await;
    }
}

#[tokio::test]
async fn a_verifier_that_accepts_when_stale_still_refuses_what_it_knows() {
    let world = World::start().await;
    let builder = world.builder().on_stale(OnStale::Accept);
    let verifier = builder.build().await.unwrap();
    let [known, unknown, alive] = [
        world.log_in().await,
        world.log_in().await,
        world.log_in().await,
    ];
    world.end(&known).await;
    until(&verifier, |status| status.entries == 1).await;
    world.proxy.close().await;
    world.end(&unknown).await;
    world.hands.pass(TOO_LONG);

    assert_eq!(code(&verifier, &known.access), "revoked_session");
    assert_eq!(code(&verifier, &unknown.access), "accepted");
    let reject = Demand::new().on_stale(OnStale::Reject);
    let refused = verifier.verify_for(&alive.access, &reject).unwrap_err();
    assert_eq!(refused.reason().code(), "revocation_stale");

    world.proxy.open().await;
    world.recovers(&verifier, &[&known, &unknown], &alive).await;
}

#[tokio::test]
async fn an_issuer_that_is_down_or_silent_is_noticed_and_comes_back() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [first, second, alive] = [
        world.log_in().await,
        world.log_in().await,
        world.log_in().await,
    ];
    world.proxy.close().await;
    world.end(&first).await;
    until_problem(&verifier, "no answer").await;
    world.hands.pass(TOO_LONG);
    assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    world.proxy.open().await;
    world.recovers(&verifier, &[&first], &alive).await;

    // Connections are taken and nothing is said. Nobody breaks them: the verifier gives up itself.
    let polls = world.proxy.count(LOG);
    world.break_all(Fault::Blackhole);
    world.end(&second).await;
    world.proxy.until(LOG, |seen| seen.len() > polls).await;
    world.hands.pass(TOO_LONG);
    assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    world.recovers(&verifier, &[&first, &second], &alive).await;
}

#[tokio::test]
async fn a_slow_issuer_is_followed_as_long_as_it_answers_at_all() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [first, second, alive] = [
        world.log_in().await,
        world.log_in().await,
        world.log_in().await,
    ];
    world.break_all(Fault::Slow {
        latency: Duration::from_millis(300),
        bytes_per_sec: 20_000,
    });
    world.end(&first).await;
    until(&verifier, |status| status.entries == 1 && status.live).await;
    assert_eq!(code(&verifier, &first.access), "revoked_session");
    assert_eq!(code(&verifier, &alive.access), "accepted");

    // So slow that no answer is ever complete.
    let polls = world.proxy.count(LOG);
    world.break_all(Fault::Slow {
        latency: Duration::ZERO,
        bytes_per_sec: 20,
    });
    world.end(&second).await;
    world.proxy.until(LOG, |seen| seen.len() > polls).await;
    world.hands.pass(TOO_LONG);
    assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    world.proxy.set(Fault::Pass);
    world.proxy.cut();
    world.recovers(&verifier, &[&first, &second], &alive).await;
}

#[tokio::test]
async fn an_answer_that_comes_twice_counts_once() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [login, alive] = [world.log_in().await, world.log_in().await];
    world.break_all(Fault::Twice);
    world.end(&login).await;
    until(&verifier, |status| status.entries == 1).await;
    world.proxy.until_more(LOG, 2).await;
    world.hands.pass(TOO_LONG);
    until(&verifier, |status| status.live).await;
    world.recovers(&verifier, &[&login], &alive).await;
}
