//! A thousand readers of the revocation log on one server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; a stopwatch"
)]

use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use symbolon_testing::{ServerProcess, ServerSetup};
use symbolon_verifier::{Algorithm, Verifier};
use tokio::task::JoinSet;

const VERIFIERS: usize = 50;
const POLLERS: usize = 950;
/// Descriptors that the readers take on either side, with some to spare.
const FILES: u64 = 2_500;
const PATIENCE: Duration = Duration::from_secs(120);

fn has_enough_files() -> bool {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    maximum.is_none_or(|maximum| maximum >= FILES) && setrlimit(Resource::Nofile, raised).is_ok()
}

async fn until_waiting(server: &ServerProcess, count: usize) {
    let start = Instant::now();
    while server.metric("symbolon_feed_waiting", &[]).await < count as f64 {
        assert!(start.elapsed() < PATIENCE, "not everybody waits");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn signatures(server: &ServerProcess) -> f64 {
    server.metric("symbolon_feed_signatures_total", &[]).await
}

/// One revocation reaches all of them, and is signed for all of them together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_readers_are_told_by_one_signature() {
    if !has_enough_files() {
        println!("skipped: fewer than {FILES} open files are allowed");
        return;
    }
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let mut verifiers = JoinSet::new();
    for _ in 0..VERIFIERS {
        let builder = Verifier::builder(server.issuer())
            .audience(server.issuer())
            .algorithms([Algorithm::EdDSA])
            .wait(Duration::from_secs(25));
        verifiers.spawn(async move {
            let verifier = builder.build().await.unwrap();
            assert!(verifier.wait_until_live(PATIENCE).await);
            verifier
        });
    }
    let verifiers = verifiers.join_all().await;
    // They are at the head, so they wait for all they can; the others join them there.
    until_waiting(&server, VERIFIERS).await;
    let head = server.metric("symbolon_revocation_head", &[]).await;
    let empty = api.get("/revocations").send().await.expect(200).body;
    let cursor = cursor_of(&empty);
    let mut pollers = JoinSet::new();
    for _ in 0..POLLERS {
        let (api, cursor) = (api.clone(), cursor.clone());
        pollers.spawn(async move {
            let path = format!("/revocations?wait=25&after={cursor}");
            while cursor_of(&api.get(&path).send().await.expect(200).body) == cursor {}
        });
    }
    until_waiting(&server, VERIFIERS + POLLERS).await;
    let before = signatures(&server).await;
    let start = Instant::now();
    let path = format!("/api/v1/sessions/{}", login.session);
    let call = api.delete(&path).cookie(&login.cookie);
    let _ = call.send().await.expect(200);
    for verifier in &verifiers {
        let told = verifier.wait_until(PATIENCE, |status| status.entries > 0);
        assert!(told.await, "{:?}", verifier.status());
    }
    pollers.join_all().await;
    // The clock's second is part of what is signed.
    let seconds = start.elapsed().as_secs() + 2;
    let signed = signatures(&server).await - before;
    assert!(
        (1.0..=seconds as f64).contains(&signed),
        "{signed} signatures in {seconds} s"
    );
    let after = server.metric("symbolon_revocation_head", &[]).await;
    assert!(after > head);
    println!("all told after {:?}", start.elapsed());
}

/// Where the log ends, out of a signed answer that is not verified here.
fn cursor_of(jws: &str) -> String {
    let payload = jws.split('.').nth(1).unwrap();
    let payload = symbolon_jose::base64url::decode(payload).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    body["next"].as_str().expect("a cursor").to_owned()
}
