//! A real Redis that is stopped, held up, emptied, switched over, or loses a node of its cluster.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/redis.rs"]
mod support;

use std::time::{Duration, Instant};

use support::{bucket, lazy_memory, limited_memory, memory, put, until};
use symbolon_core::store::{SharedMemory as _, Unreachable};
use symbolon_testing::{RedisCluster, RedisServer};

const KEY: &str = "symbolon:t:copy:1";

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_gone_is_used_again_once_it_is_back() {
    let mut redis = RedisServer::start();
    let memory = memory(&redis.url()).await;
    put(&memory, KEY, "one").await;
    redis.crash();
    until(async || !memory.is_reachable() || memory.get(KEY).await.is_err()).await;
    assert_eq!(memory.get(KEY).await, Err(Unreachable));
    assert_eq!(memory.take("x", bucket()).await, Err(Unreachable));
    redis.restart();
    until(async || memory.is_reachable()).await;
    assert_eq!(memory.get(KEY).await, Ok(None), "it came back empty");
    put(&memory, KEY, "two").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_not_there_at_the_start_is_used_once_it_is() {
    let mut redis = RedisServer::start();
    redis.crash();
    let memory = lazy_memory(&redis.url()).await;
    assert_eq!(memory.get(KEY).await, Err(Unreachable));
    redis.restart();
    until(async || memory.is_reachable()).await;
    assert_eq!(memory.get(KEY).await, Ok(None));
}

/// One request waits for the time limit; the next ones do not wait at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_is_waited_for_once() {
    let redis = RedisServer::start();
    let memory = limited_memory(&redis.url(), Duration::from_millis(250)).await;
    until(async || memory.is_reachable()).await;
    redis.hold();
    let started = now();
    assert_eq!(memory.get(KEY).await, Err(Unreachable));
    let first = started.elapsed();
    assert!((250..2_000).contains(&first.as_millis()), "{first:?}");
    let started = now();
    for _ in 0..1_000 {
        assert_eq!(memory.get(KEY).await, Err(Unreachable));
        assert_eq!(memory.take("x", bucket()).await, Err(Unreachable));
    }
    let others = started.elapsed();
    assert!(
        others < Duration::from_secs(1),
        "2,000 requests: {others:?}"
    );
    redis.release();
    until(async || memory.is_reachable()).await;
    until(async || memory.get(KEY).await == Ok(None)).await;
}

/// What was a master takes no writes any more: as good as gone, until it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_takes_no_writes_is_not_used() {
    let redis = RedisServer::start();
    let other = RedisServer::start();
    let memory = memory(&redis.url()).await;
    redis.follow(&other);
    assert_eq!(memory.take("x", bucket()).await, Err(Unreachable));
    assert!(!memory.is_reachable());
    redis.promote();
    until(async || memory.is_reachable()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_needed_and_given() {
    let redis = RedisServer::start_with(&["--requirepass", "secret"]);
    let url = redis.url().replace("redis://", "redis://:secret@");
    let memory = memory(&url).await;
    assert_eq!(memory.get(KEY).await, Ok(None));
    for wrong in ["redis://:other@", "redis://"] {
        let url = redis.url().replace("redis://", wrong);
        assert!(!lazy_memory(&url).await.is_reachable(), "{url}");
    }
}

/// Without a replica a cluster that lost a master is not used, and is once it is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_used_while_it_is_whole() {
    let mut cluster = RedisCluster::start();
    let memory = memory(&cluster.url()).await;
    cluster.masters[1].crash();
    until(async || {
        for n in 0..20 {
            let _ = memory.get(&format!("symbolon:t:copy:{n}")).await;
        }
        !memory.is_reachable()
    })
    .await;
    assert_eq!(memory.take("x", bucket()).await, Err(Unreachable));
    cluster.masters[1].restart();
    until(async || memory.is_reachable()).await;
    put(&memory, KEY, "one").await;
}

/// The rights that the manual names are enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_needs_few_rights() {
    let user = "symbolon on >secret ~symbolon:* +get +set +del +unlink +eval +time +ping";
    let words = std::iter::once("--user").chain(user.split(' '));
    let redis = RedisServer::start_with(&words.collect::<Vec<_>>());
    let url = redis.url().replace("redis://", "redis://symbolon:secret@");
    let memory = memory(&url).await;
    put(&memory, KEY, "one").await;
    let limit = "symbolon:t:limit:1";
    assert_eq!(memory.take(limit, bucket()).await, Ok(Ok(())));
    memory.give_back(limit.into(), bucket());
    until(async || memory.get(limit).await == Ok(None)).await;
    put(&memory, "symbolon:t:session:1", KEY).await;
    memory.remove_named(vec!["symbolon:t:session:1".into()]);
    until(async || memory.get(KEY).await == Ok(None)).await;
    assert!(memory.is_reachable());
    let _ = memory.get("others").await;
    assert!(!memory.is_reachable(), "nothing but what is ours");
}
