//! Services that start while their issuer is down.

use std::time::Duration;

use symbolon_testing::Fault;
use symbolon_verifier::{BuildError, Startup};

use crate::world::{JWKS, METADATA, World, code, until, until_problem};

#[tokio::test]
async fn who_starts_lazily_is_there_at_once_and_refuses_until_it_knows() {
    let world = World::start().await;
    let login = world.log_in().await;
    world.proxy.close().await;
    let verifier = world.lazy().await;
    assert_eq!(code(&verifier, &login.access), "keys_unavailable");
    until_problem(&verifier, "no answer").await;
    assert_eq!(code(&verifier, &login.access), "keys_unavailable");

    // Metadata comes, keys do not; then keys come, and the log does not.
    world.proxy.set_for(JWKS, Fault::Status(500));
    world.proxy.set_for("/revocations", Fault::Status(500));
    world.proxy.open().await;
    until_problem(&verifier, "status 500").await;
    assert_eq!(code(&verifier, &login.access), "keys_unavailable");
    world.proxy.set_for(JWKS, Fault::Pass);
    until(&verifier, |status| !status.keys.is_empty()).await;
    assert_eq!(code(&verifier, &login.access), "revocation_stale");
    assert!(!verifier.status().live);
    world.recovers(&verifier, &[], &login).await;
}

#[tokio::test]
async fn who_waits_gets_a_verifier_that_refuses_nobody() {
    let world = World::start().await;
    let login = world.log_in().await;
    world.proxy.close().await;
    let waiting = world
        .builder()
        .startup(Startup::Wait(Duration::from_secs(30)));
    let waiting = tokio::spawn(waiting.build());
    world.proxy.set_for(METADATA, Fault::Status(500));
    world.proxy.open().await;
    world.proxy.until(METADATA, |seen| !seen.is_empty()).await;
    assert!(!waiting.is_finished());
    world.proxy.set(Fault::Pass);
    let verifier = waiting.await.unwrap().unwrap();
    assert_eq!(code(&verifier, &login.access), "accepted");
}

#[tokio::test]
async fn who_waits_in_vain_gets_an_error_that_says_what_is_wrong() {
    let world = World::start().await;
    let limit = Duration::from_millis(500);
    for (fault, problem) in [
        (Fault::Status(500), "status 500"),
        (Fault::Reset, "no answer"),
        (Fault::Garbage, "no answer"),
    ] {
        world.proxy.set(fault);
        let impatient = world.builder().startup(Startup::Wait(limit));
        let error = impatient.build().await.unwrap_err();
        assert!(matches!(error, BuildError::NotLive { .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
    // The log alone fails.
    world.proxy.set(Fault::Pass);
    world.proxy.set_for("/revocations", Fault::Status(500));
    let impatient = world.builder().startup(Startup::Wait(limit));
    let error = impatient.build().await.unwrap_err();
    assert!(error.to_string().contains("revocation log"), "{error}");
}
