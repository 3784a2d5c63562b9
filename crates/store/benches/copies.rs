//! Session checks a second that a copy in Redis answers ÷ bare GETs of the same copies over one
//! multiplexed connection, with 64 clients at once. Both take turns in one process on one Redis, which the
//! bench starts and stops.
//!
//! `cargo bench -p symbolon-store --bench copies [rounds]`
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that fails has nothing to report"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use redis::{AsyncConnectionConfig, aio::MultiplexedConnection};
use symbolon_core::{
    Ambient, Issuer,
    master_key::MasterKeys,
    secret::CookieHash,
    store::{AccountStore as _, SessionStore as _, SharedMemory, Store},
    tail::LogTail,
};
use symbolon_store::{
    redis::{RedisMemory, RedisOptions},
    sqlite::{SqliteOptions, SqliteStore},
};
use symbolon_testing::{
    Fixtures, RedisServer, SeededEntropy, TestClock, fixtures::horizon, settings,
};

const CLIENTS: usize = 64;
/// Each is checked once a turn, so that no node's own memory answers.
const SESSIONS: usize = 6_400;

/// A database with sessions, on which any number of issuers are opened.
struct World {
    store: Arc<SqliteStore>,
    tail: Arc<LogTail>,
    clock: Arc<TestClock>,
    cookies: Vec<CookieHash>,
}

impl World {
    async fn new(directory: &std::path::Path) -> Self {
        let tail = Arc::new(LogTail::default());
        let options = SqliteOptions::new(directory.join("copies.db"));
        let observer = Arc::clone(&tail) as _;
        let store = SqliteStore::open(options, Arc::new(SeededEntropy::new(1)), observer);
        let store = store.expect("the store opens");
        let clock = Arc::new(TestClock::new());
        let make = Fixtures::default();
        let mut cookies = Vec::new();
        for number in 0..SESSIONS / CLIENTS {
            let new = make.account(&format!("user{number}@example.com"));
            let account = new.id;
            let audit = symbolon_core::model::AuditContext::system();
            let made = store.create_account(new, audit, make.now()).await;
            let _ = made.expect("an account");
            for _ in 0..CLIENTS {
                let session = make.session(account);
                cookies.extend(session.cookie.as_ref().map(|cookie| cookie.hash));
                let made = store.create_session(session, horizon(make.now()), make.now());
                let _ = made.await.expect("a session");
            }
        }
        Self {
            store,
            tail,
            clock,
            cookies,
        }
    }

    /// A node that has nothing in its own memory.
    async fn node(&self, memory: &Arc<RedisMemory>) -> Issuer {
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        let master = MasterKeys::new(&[zeroize::Zeroizing::new([7; 32])]).expect("a key");
        let entropy = Arc::new(SeededEntropy::new(2));
        let ambient = Ambient::new(Arc::clone(&self.clock) as _, entropy);
        let tail = Arc::clone(&self.tail);
        let issuer = Issuer::open(settings(), store, tail, master, ambient).await;
        let memory = Arc::clone(memory) as Arc<dyn SharedMemory>;
        issuer.expect("an issuer").with_shared_memory(memory)
    }
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

/// Checks every session once, with all clients at once; how many a second.
async fn checks(issuer: Issuer, cookies: &[CookieHash]) -> f64 {
    let issuer = Arc::new(issuer);
    let started = now();
    let clients = cookies.chunks(cookies.len() / CLIENTS).map(|share| {
        let (issuer, share) = (Arc::clone(&issuer), share.to_vec());
        tokio::spawn(async move {
            for cookie in share {
                let _ = issuer.check_session(&cookie).await.expect("it is good");
            }
        })
    });
    join_all(clients).await;
    rate(cookies.len(), started.elapsed())
}

/// Gets every copy once, as the same number of clients.
async fn gets(connection: &MultiplexedConnection, keys: &[String]) -> f64 {
    let started = now();
    let clients = keys.chunks(keys.len() / CLIENTS).map(|share| {
        let (mut connection, share) = (connection.clone(), share.to_vec());
        tokio::spawn(async move {
            for key in share {
                let mut get = redis::cmd("GET");
                let got: Vec<u8> = get
                    .arg(key)
                    .query_async(&mut connection)
                    .await
                    .expect("it is there");
                assert!(!got.is_empty());
            }
        })
    });
    join_all(clients).await;
    rate(keys.len(), started.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(done: usize, took: Duration) -> f64 {
    done as f64 / took.as_secs_f64()
}

#[tokio::main]
async fn main() {
    let rounds: usize = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(15);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let world = World::new(directory.path()).await;
    let redis = RedisServer::start();
    let url = redis.url();
    let mut options = RedisOptions::new(url.parse().expect("a URL"));
    options.time_limit = Duration::from_secs(5);
    let memory = RedisMemory::open(options).await.expect("it opens");
    let config = AsyncConnectionConfig::new().set_pipeline_buffer_size(1_024);
    let client = redis::Client::open(url).expect("a URL");
    let bare = client.get_multiplexed_async_connection_with_config(&config);
    let bare = bare.await.expect("a connection");

    let (mut copies, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..=rounds {
        // Copies live for a minute: each turn has its own.
        redis.cli(&["FLUSHALL"]);
        checks(world.node(&memory).await, &world.cookies).await;
        let all = (2 * SESSIONS).to_string();
        redis.until(&["DBSIZE"], |size| size == all);
        let keys = redis.keys("symbolon:*:copy:*");
        raw.push(gets(&bare, &keys).await);
        copies.push(checks(world.node(&memory).await, &world.cookies).await);
    }
    for kind in ["copy", "session"] {
        let keys = redis.keys(&format!("symbolon:*:{kind}:*"));
        let usage = keys.first().map(|key| redis.cli(&["MEMORY", "USAGE", key]));
        println!("{kind:<16} {:>10} bytes", usage.unwrap_or_default());
    }
    // The first round warms up.
    let (mut copies, mut raw) = (copies.split_off(1), raw.split_off(1));
    let neighbours = copies.iter().zip(&raw);
    let mut ratios: Vec<f64> = neighbours.map(|(copy, raw)| copy / raw).collect();
    for rates in [&mut copies, &mut raw, &mut ratios] {
        rates.sort_by(f64::total_cmp);
    }
    let median = |rates: &[f64]| rates[rates.len() / 2];
    for (name, rates) in [("checks by copy", &copies), ("bare GET", &raw)] {
        let (low, high) = (rates[0], rates[rates.len() - 1]);
        println!(
            "{name:<16} {:>10.0} /s (median of {}, {low:.0} to {high:.0})",
            median(rates),
            rates.len(),
        );
    }
    println!("median of ratios {:>10.2}", median(&ratios));
    world.store.close().await;
}
