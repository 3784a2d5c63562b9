//! What is promised of the memory that nodes share, on one real server and on a cluster of three.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/redis.rs"]
mod support;

use std::{num::NonZeroU32, sync::Arc};

use futures_util::future::join_all;
use support::{bucket, entry, memory, put, until};
use symbolon_core::{
    settings::Bucket,
    store::{SharedMemory as _, Unreachable},
};
use symbolon_store::redis::RedisMemory;
use symbolon_testing::{RedisCluster, RedisServer};

/// Two nodes on one Redis.
struct Nodes {
    a: Arc<RedisMemory>,
    b: Arc<RedisMemory>,
}

impl Nodes {
    async fn on(url: &str) -> Self {
        let (a, b) = tokio::join!(memory(url), memory(url));
        Self { a, b }
    }

    async fn keep_the_contract(&self) {
        self.what_one_puts_the_other_gets_until_it_goes().await;
        self.what_is_named_goes_too_if_it_is_ours().await;
        self.a_bucket_is_shared().await;
        self.a_token_given_back_can_be_taken_again().await;
        self.a_bucket_fills_up_again().await;
        self.parallel_attempts_get_the_burst_and_no_more().await;
    }

    async fn what_one_puts_the_other_gets_until_it_goes(&self) {
        let Self { a, b } = self;
        assert_eq!(b.get("symbolon:t:copy:1").await, Ok(None));
        put(a, "symbolon:t:copy:1", "one").await;
        assert_eq!(b.get("symbolon:t:copy:1").await, Ok(Some(b"one".to_vec())));
        put(b, "symbolon:t:copy:1", "other").await;
        a.remove(vec!["symbolon:t:copy:1".into(), "symbolon:t:copy:2".into()]);
        until(async || b.get("symbolon:t:copy:1").await == Ok(None)).await;
        let mut short = entry("symbolon:t:copy:3", "short");
        short.lives_ms = 1;
        a.put(vec![short, entry("symbolon:t:copy:4", "long")]);
        until(async || b.get("symbolon:t:copy:4").await == Ok(Some(b"long".to_vec()))).await;
        until(async || b.get("symbolon:t:copy:3").await == Ok(None)).await;
    }

    async fn what_is_named_goes_too_if_it_is_ours(&self) {
        let Self { a, b } = self;
        put(a, "symbolon:t:copy:5", "five").await;
        put(a, "symbolon:t:session:5", "symbolon:t:copy:5").await;
        put(a, "others", "theirs").await;
        put(a, "symbolon:t:session:6", "others").await;
        b.remove_named(vec![
            "symbolon:t:session:5".into(),
            "symbolon:t:session:6".into(),
            "symbolon:t:session:7".into(),
        ]);
        for gone in [
            "symbolon:t:copy:5",
            "symbolon:t:session:5",
            "symbolon:t:session:6",
        ] {
            until(async || a.get(gone).await == Ok(None)).await;
        }
        assert_eq!(a.get("others").await, Ok(Some(b"theirs".to_vec())));
    }

    async fn a_bucket_is_shared(&self) {
        let Self { a, b } = self;
        let key = "symbolon:t:limit:1";
        for node in [a, b, a] {
            assert_eq!(node.take(key, bucket()).await, Ok(Ok(())));
        }
        let refused = b.take(key, bucket()).await.unwrap().unwrap_err();
        assert!(
            (3_590..=3_600).contains(&refused.retry_after_secs),
            "{refused:?}"
        );
        assert!(a.take(key, bucket()).await.unwrap().is_err());
        assert_eq!(a.take("symbolon:t:limit:2", bucket()).await, Ok(Ok(())));
        b.remove(vec![key.into()]);
        until(async || a.take(key, bucket()).await == Ok(Ok(()))).await;
    }

    async fn a_token_given_back_can_be_taken_again(&self) {
        let Self { a, b } = self;
        let key = "symbolon:t:limit:3";
        for _ in 0..3 {
            assert_eq!(a.take(key, bucket()).await, Ok(Ok(())));
        }
        b.give_back(key.into(), bucket());
        until(async || a.take(key, bucket()).await == Ok(Ok(()))).await;
        assert!(b.take(key, bucket()).await.unwrap().is_err());
        // Of what is full nothing is kept, and never is there more than the burst.
        let full = "symbolon:t:limit:4";
        assert_eq!(a.take(full, bucket()).await, Ok(Ok(())));
        for _ in 0..2 {
            a.give_back(full.into(), bucket());
            until(async || a.get(full).await == Ok(None)).await;
        }
        assert_eq!(self.passed(full, 10).await, 3);
    }

    async fn a_bucket_fills_up_again(&self) {
        let quick = Bucket {
            burst: NonZeroU32::MIN,
            refill_ms: 40,
        };
        let key = "symbolon:t:limit:5";
        assert_eq!(self.a.take(key, quick).await, Ok(Ok(())));
        until(async || self.b.take(key, quick).await == Ok(Ok(()))).await;
    }

    async fn parallel_attempts_get_the_burst_and_no_more(&self) {
        assert_eq!(self.passed("symbolon:t:limit:6", 100).await, 3);
    }

    /// How many of so many attempts at once pass.
    async fn passed(&self, key: &str, attempts: usize) -> usize {
        let nodes = [&self.a, &self.b].into_iter().cycle().take(attempts);
        let all = join_all(nodes.map(|node| node.take(key, bucket()))).await;
        all.iter().filter(|one| **one == Ok(Ok(()))).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_one_server() {
    let redis = RedisServer::start();
    Nodes::on(&redis.url()).await.keep_the_contract().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster() {
    let cluster = RedisCluster::start();
    let nodes = Nodes::on(&cluster.url()).await;
    nodes.keep_the_contract().await;
    let spread = join_all((0..30).map(async |n| {
        let key = format!("symbolon:t:copy:spread{n}");
        put(&nodes.a, &key, "x").await;
    }));
    let _ = spread.await;
    for master in &cluster.masters {
        assert!(
            !master.keys("*spread*").is_empty(),
            "every master has a part"
        );
    }
}

/// Whoever writes there gets in nobody's way for longer than it lies there.
#[tokio::test]
async fn what_is_no_bucket_is_a_full_one_or_counted_elsewhere() {
    let redis = RedisServer::start();
    let memory = memory(&redis.url()).await;
    let passed = async |key: &str| {
        let mut passed = 0;
        while memory.take(key, bucket()).await == Ok(Ok(())) {
            passed += 1;
        }
        passed
    };
    for garbage in [
        "",
        "rubbish",
        "nan",
        "inf",
        "-inf",
        "-5",
        "1e300",
        "99999999999999999999",
    ] {
        redis.cli(&["SET", "symbolon:t:limit:1", garbage]);
        assert_eq!(passed("symbolon:t:limit:1").await, 3, "{garbage:?}");
        let given = format!("symbolon:t:limit:given-{garbage}");
        redis.cli(&["SET", &given, garbage]);
        memory.give_back(given.clone(), bucket());
        until(async || memory.get(&given).await != Ok(Some(garbage.into()))).await;
        assert_eq!(passed(&given).await, 3, "{garbage:?} and one given back");
    }
    redis.cli(&["RPUSH", "symbolon:t:limit:2", "list"]);
    let taken = memory.take("symbolon:t:limit:2", bucket()).await;
    assert_eq!(taken, Err(Unreachable));
    assert_eq!(memory.get("symbolon:t:limit:2").await, Err(Unreachable));
    // It is not Redis that fails there.
    assert!(memory.is_reachable());
}

/// The server's clock counts, and a step of it back refills nothing and locks nobody out.
#[tokio::test]
async fn a_clock_that_is_set_back_neither_refills_nor_locks_out() {
    let redis = RedisServer::start();
    let memory = memory(&redis.url()).await;
    let key = "symbolon:t:limit:1";
    let window = 3 * 3_600_000_i64;
    let now = || {
        let time = redis.cli(&["TIME"]);
        let secs: i64 = time.lines().next().unwrap().parse().unwrap();
        secs * 1000
    };
    // As an empty bucket looks to a clock that was set back by half a minute, and by an hour.
    redis.cli(&["SET", key, &(now() + window + 30_000).to_string()]);
    assert!(memory.take(key, bucket()).await.unwrap().is_err());
    redis.cli(&["SET", key, &(now() + window + 3_600_000).to_string()]);
    assert_eq!(memory.take(key, bucket()).await, Ok(Ok(())));
}
