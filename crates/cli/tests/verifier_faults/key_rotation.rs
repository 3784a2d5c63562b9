//! Token keys change under traffic.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use symbolon_testing::Api;
use symbolon_verifier::Verifier;

use crate::world::{JWKS, World, code, setup};

/// Refreshes and verifies until it is told to stop; how many tokens there were.
async fn traffic(
    api: Api,
    verifier: Verifier,
    mut refresh: String,
    stop: Arc<AtomicBool>,
) -> usize {
    let mut tokens = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = api.refresh(&refresh).await.expect(200);
        refresh = answer.text("/refresh_token");
        let verdict = code(&verifier, &answer.text("/access_token"));
        assert_eq!(verdict, "accepted", "{:?}", verifier.status());
        tokens += 1;
    }
    tokens
}

/// The shortest `max-age` that a server can be told: a new key signs as soon as everybody who keeps
/// to that has seen it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_refused_while_keys_rotate() {
    let world = World::with(setup().set("keys.jwks_max_age", "10s")).await;
    let verifier = world.verifier().await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut traffics = Vec::new();
    for _ in 0..2 {
        let login = world.log_in().await;
        traffics.push(tokio::spawn(traffic(
            world.api(),
            verifier.clone(),
            login.refresh,
            Arc::clone(&stop),
        )));
    }
    let first = verifier.status().keys;
    let waiting = world.admin(&["keys", "rotate"]);
    assert_eq!(waiting["waiting"].as_array().unwrap().len(), 1);
    // It signs from a known second on; whoever rotates again before that changes nothing.
    let mut every = tokio::time::interval(std::time::Duration::from_millis(500));
    loop {
        every.tick().await;
        let done = world.admin(&["keys", "rotate"]);
        if done["activated"] != serde_json::json!([]) {
            break;
        }
    }
    let fetches = world.proxy.count(JWKS);
    world.proxy.until(JWKS, |seen| seen.len() > fetches).await;
    stop.store(true, Ordering::Relaxed);
    for traffic in traffics {
        assert!(traffic.await.unwrap() > 10);
    }
    assert_ne!(verifier.status().keys, first);
}
