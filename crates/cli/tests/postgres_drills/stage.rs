//! Nodes on one database, and stopwatches.

use std::time::{Duration, Instant};

use symbolon_testing::{ServerProcess, ServerSetup};

use crate::dice;

const ISSUER: &str = "http://127.0.0.1:10000";
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How long what is to happen may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long something lasts: in CI a moment, in a drill so many times as long.
pub(crate) fn lasting(moment: Duration) -> Duration {
    moment * u32::try_from(times()).unwrap_or(1)
}

/// Whether a drill wants all there is.
pub(crate) fn is_whole() -> bool {
    times() > 1
}

fn times() -> u64 {
    dice::from_env("SYMBOLON_TEST_LONGER", || 1)
}

/// A node of a deployment whose database is here.
pub(crate) fn node(url: &str) -> ServerSetup {
    reachable_node(url).issuer(ISSUER)
}

/// One whose issuer is where it listens, for those who ask the issuer.
pub(crate) fn reachable_node(url: &str) -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("store.url", url)
        .set("master_key", MASTER_KEY)
        // Longer than a database is away.
        .set("tokens.refresh_grace", "60s")
        .set("log.level", "warn")
}

/// Two that start at the same moment.
pub(crate) async fn two(setup: &ServerSetup) -> [ServerProcess; 2] {
    tokio::join!(setup.clone().start(), setup.clone().start()).into()
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Until the condition holds; how long that took.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let started = now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}");
        // Another process tells nobody here when it can work again.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    started.elapsed()
}
