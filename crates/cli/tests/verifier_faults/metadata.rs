//! Metadata that change, fail or lie while a verifier runs.

use serde_json::Value;
use symbolon_testing::{Fault, fault_proxy::Seen};

use crate::world::{JWKS, LOG, LOG_JWKS, METADATA, World, code, until, until_problem};

const MINUTE: i64 = 60_000;

/// What the server says of itself, changed.
async fn metadata(world: &World, change: impl FnOnce(&mut Value)) -> Fault {
    let genuine = world.api().get(METADATA).send().await.expect(200);
    let mut metadata: Value = serde_json::from_str(&genuine.body).unwrap();
    change(&mut metadata);
    Fault::Body(metadata.to_string())
}

/// Whether something was found where it is now.
fn has_moved(seen: &[Seen]) -> bool {
    let found = |seen: &Seen| seen.query.contains("moved") && seen.status == Some(200);
    seen.iter().any(found)
}

#[tokio::test]
async fn metadata_are_asked_for_again_when_due_and_not_sent_again() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let alive = world.log_in().await;
    world.hands.pass(4 * MINUTE);
    until(&verifier, |status| status.live).await;
    world.proxy.until_more(LOG, 3).await;
    assert_eq!(world.proxy.count(METADATA), 1);

    world.hands.pass(MINUTE);
    let again = |seen: &[Seen]| seen.get(1).is_some_and(|seen| seen.status.is_some());
    let seen = world.proxy.until(METADATA, again).await;
    assert_eq!(seen[1].status, Some(304));
    assert!(seen[0].if_none_match.is_empty());
    assert!(seen[1].if_none_match.starts_with('"'));
    world.recovers(&verifier, &[], &alive).await;
    assert_eq!(verifier.status().problem, None);
}

#[tokio::test]
async fn endpoints_that_move_are_followed_without_a_restart() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [login, alive] = [world.log_in().await, world.log_in().await];
    let moved = metadata(&world, |metadata| {
        for (member, path) in [
            ("jwks_uri", JWKS),
            ("symbolon_revocations_endpoint", LOG),
            ("symbolon_revocations_jwks_uri", LOG_JWKS),
        ] {
            metadata[member] = format!("{}{path}?moved=1", world.server.issuer()).into();
        }
    });
    world.proxy.set_for(METADATA, moved.await);
    world.hands.pass(6 * MINUTE);
    for path in [JWKS, LOG_JWKS, LOG] {
        world.proxy.until(path, has_moved).await;
    }
    world.end(&login).await;
    until(&verifier, |status| status.entries == 1 && status.live).await;
    assert_eq!(code(&verifier, &login.access), "revoked_session");
    assert_eq!(code(&verifier, &alive.access), "accepted");
    assert_eq!(verifier.status().problem, None);
}

#[tokio::test]
async fn a_log_or_keys_that_fail_for_long_are_looked_for_before_the_metadata_are_due() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let alive = world.log_in().await;
    for (failing, problem) in [(LOG, "revocation log"), (JWKS, "keys")] {
        world.proxy.set_for(failing, Fault::Status(404));
        let asked = world.proxy.count(METADATA);
        if failing == JWKS {
            let stranger = crate::world::with_kid(&alive.access, "stranger");
            assert_eq!(code(&verifier, &stranger), "key_unknown");
        }
        until_problem(&verifier, problem).await;
        world.proxy.until(METADATA, |seen| seen.len() > asked).await;
        // However often it fails, not all the time.
        let failures = world.proxy.count(failing);
        world
            .proxy
            .until(failing, |seen| seen.len() > failures + 1)
            .await;
        assert_eq!(world.proxy.count(METADATA), asked + 1);
        world.recovers(&verifier, &[], &alive).await;
        world.hands.pass(10_000);
    }
}

#[tokio::test]
async fn metadata_that_fail_or_lie_later_harm_nothing_that_is_there() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let alive = world.log_in().await;
    let other_issuer = metadata(&world, |metadata| {
        metadata["issuer"] = "https://evil.example".into();
    });
    let other_log = metadata(&world, |metadata| {
        let evil = "https://evil.example/revocations";
        metadata["symbolon_revocations_endpoint"] = evil.into();
    });
    let insecure = metadata(&world, |metadata| {
        metadata["jwks_uri"] = "http://evil.example/jwks.json".into();
    });
    let mut ended = Vec::new();
    for (fault, problem) in [
        (Fault::Reset, "metadata: no answer"),
        (Fault::Status(500), "metadata: answered with status 500"),
        (Fault::Garbage, "metadata: no answer"),
        (Fault::Truncate, "metadata: no answer"),
        (Fault::Body("{}".into()), "metadata is malformed"),
        (
            Fault::Body("x".repeat(70_000)),
            "metadata: the answer is larger",
        ),
        (other_issuer.await, "metadata is of issuer"),
        (other_log.await, "must not be used"),
        (insecure.await, "must not be used"),
    ] {
        world.proxy.set_for(METADATA, fault);
        world.hands.pass(6 * MINUTE);
        until_problem(&verifier, problem).await;
        // Keys and log go on as before.
        let login = world.log_in().await;
        world.end(&login).await;
        ended.push(login);
        until(&verifier, |status| {
            status.entries == ended.len() && status.live
        })
        .await;
        assert_eq!(code(&verifier, &alive.access), "accepted", "{problem}");
        world
            .recovers(&verifier, &ended.iter().collect::<Vec<_>>(), &alive)
            .await;
    }
}
