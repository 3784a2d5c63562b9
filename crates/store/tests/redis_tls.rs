//! TLS to a real Redis: its certificate and name are verified, and ours is shown.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/redis.rs"]
#[expect(dead_code, reason = "no bucket is needed here")]
mod support;

use std::time::Duration;

use support::{lazy_memory, limited_memory, put};
use symbolon_store::redis::{RedisMemory, RedisOptions};
use symbolon_testing::{Certificates, RedisServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_verified_and_our_certificate_shown() {
    let certificates = Certificates::make();
    let redis = RedisServer::start_tls(&certificates);
    let url = |host: &str, parameters: &[(&str, &str)]| {
        let files = parameters
            .iter()
            .map(|(name, file)| format!("{name}={}", certificates.path(file).display()));
        let query = files.collect::<Vec<_>>().join("&");
        format!("{}?{query}", redis.url().replace("127.0.0.1", host))
    };
    let roots = ("sslrootcert", "ca.pem");
    let ours = [("sslcert", "client.pem"), ("sslkey", "client.key")];

    let good = url("localhost", &[roots, ours[0], ours[1]]);
    let memory = support::memory(&good).await;
    put(&memory, "symbolon:t:copy:1", "one").await;

    for (why, bad) in [
        (
            "another authority",
            url(
                "localhost",
                &[("sslrootcert", "other.pem"), ours[0], ours[1]],
            ),
        ),
        ("the system's authorities", url("localhost", &ours)),
        ("another name", url("127.0.0.1", &[roots, ours[0], ours[1]])),
        ("no certificate of ours", url("localhost", &[roots])),
    ] {
        assert!(!lazy_memory(&bad).await.is_reachable(), "{why}");
    }
    // Nothing goes in the clear to a server without TLS.
    let plain = RedisServer::start();
    let to_plain = good.replace(
        &redis.port().address().port().to_string(),
        &plain.port().address().port().to_string(),
    );
    // Neither of these two says that it does not understand.
    for silent in [to_plain, redis.url().replace("rediss://", "redis://")] {
        let memory = limited_memory(&silent, Duration::from_millis(50)).await;
        assert!(!memory.is_reachable(), "{silent}");
    }
    let missing = url("localhost", &[("sslrootcert", "none.pem")]);
    let error = RedisMemory::open(RedisOptions::new(missing.parse().unwrap())).await;
    assert!(error.unwrap_err().to_string().contains("none.pem"));
}
