//! What the store costs beside the bare engine, on PostgreSQL: the same concurrency, the same number of
//! connections, in turns in one process.
//!
//! - A session's read for a cookie ÷ the same statement by bare tokio-postgres, prepared and pipelined.
//! - A refresh rotation ÷ a prepared one-row `UPDATE` that commits by itself.
//! - Ends a second, all of which take the log's lock: from one process, and from two.
//!
//! The database is one of its own with `fsync` on, in `TMPDIR`.
//!
//! `cargo bench -p symbolon-store --bench postgres [rounds]`
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark is a stopwatch, and one that fails has nothing to report"
)]

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use symbolon_core::{
    entropy::EntropyExt as _,
    model::AuditContext,
    secret::CookieHash,
    store::{
        AccountStore as _, Change, ChangeOutcome, ChangeStore as _, GrantStore as _, Rotation,
        SessionStore as _,
    },
};
use symbolon_protocol::{EndReason, GrantId};
use symbolon_store::postgres::{PostgresOptions, PostgresStore};
use symbolon_testing::{
    Fixtures, PostgresCluster, RecordingObserver, SeededEntropy, TestClock,
    fixtures::{ORIGIN, horizon, refresh},
};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const CLIENTS: usize = 64;
const CONNECTIONS: usize = 16;
const TURN: Duration = Duration::from_secs(1);
const ENDERS: [usize; 4] = [1, 8, 64, 256];
/// The statement that the store sends for a session and its account.
const READ: &str = "
    SELECT s.id, s.account, s.kind, s.version, s.actor, s.created_at, s.auth_time, s.last_seen,
           s.idle_secs, s.expires_at, s.amr, s.acr, s.device_label, s.ip, s.ended_at,
           s.ended_reason, a.id, a.subject, a.state, a.disabled_at, a.erased_at, a.locale,
           a.profile, a.created_at,
           (SELECT coalesce(json_agg(json_build_array(i.kind, i.original, i.normalised, i.verified_at)
                                     ORDER BY i.kind, i.normalised), '[]')::text
            FROM identifiers i WHERE i.account = a.id),
           (SELECT coalesce(json_agg(json_build_array(r.scope_kind, r.scope_id, r.name)
                                     ORDER BY r.scope_kind, r.scope_id, r.name), '[]')::text
            FROM roles r WHERE r.account = a.id)
    FROM session_cookies c JOIN sessions s ON s.id = c.session JOIN accounts a ON a.id = s.account
    WHERE c.hash = $1 AND c.origin = $2";

/// One client's session.
struct Made {
    cookie: CookieHash,
    grant: GrantId,
    generation: AtomicU64,
    row: Uuid,
}

struct World {
    url: String,
    store: Arc<PostgresStore>,
    make: Fixtures,
    made: Arc<Vec<Made>>,
    raw: Arc<Vec<Client>>,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|word| word == "--other") {
        return other(
            &arguments[at + 1],
            arguments[at + 2].parse().expect("a number"),
        )
        .await;
    }
    let rounds = arguments
        .iter()
        .find_map(|word| word.parse().ok())
        .unwrap_or(7);
    let cluster = PostgresCluster::start_with(&["fsync=on", "full_page_writes=on"]);
    let database = cluster.database();
    let world = World::new(database.url()).await;
    reads(&world, rounds).await;
    rotations(&world, rounds).await;
    ends(&world, rounds).await;
    world.store.close().await;
}

async fn open(url: &str, seed: u64) -> Arc<PostgresStore> {
    let mut options = PostgresOptions::new(url.parse().expect("a URL"));
    options.connections = CONNECTIONS;
    options.queue = 1_024;
    options.wait = Duration::from_secs(10);
    let entropy = Arc::new(SeededEntropy::new(seed));
    let observer = Arc::new(RecordingObserver::default());
    let store = PostgresStore::open(options, entropy, observer).await;
    store.expect("the store opens")
}

impl World {
    async fn new(url: String) -> Self {
        let store = open(&url, 1).await;
        let (make, mut made, mut raw) = (Fixtures::default(), Vec::new(), Vec::new());
        let now = make.now();
        for _ in 0..CONNECTIONS {
            let (client, connection) = tokio_postgres::connect(&url, NoTls)
                .await
                .expect("it connects");
            tokio::spawn(connection);
            raw.push(client);
        }
        raw[0]
            .batch_execute("CREATE TABLE bare (id UUID PRIMARY KEY, n BIGINT NOT NULL, at BIGINT) WITH (fillfactor = 50)")
            .await
            .expect("a table");
        for number in 0..CLIENTS {
            let account = make.account(&format!("user{number}"));
            let session = make.session_with_grant(account.id);
            let row = *session.session.id.as_uuid();
            made.push(Made {
                cookie: session.cookie.as_ref().expect("a cookie").hash,
                grant: session.grant.as_ref().expect("a grant").id,
                generation: AtomicU64::new(1),
                row,
            });
            let audit = AuditContext::system();
            store
                .create_account(account, audit, now)
                .await
                .expect("an account");
            store
                .create_session(session, horizon(now), now)
                .await
                .expect("a session");
            raw[0]
                .execute("INSERT INTO bare VALUES ($1, 0, 0)", &[&row])
                .await
                .expect("a row");
        }
        Self {
            url,
            store,
            make,
            made: Arc::new(made),
            raw: Arc::new(raw),
        }
    }
}

/// How often a second `clients` do something, each one again and again.
async fn rate<F, Fut>(clients: usize, work: F) -> f64
where
    F: Fn(usize) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let start = Instant::now();
    let mut all = JoinSet::new();
    for client in 0..clients {
        let work = work.clone();
        all.spawn(async move {
            let mut done = 0_u64;
            while start.elapsed() < TURN {
                work(client).await;
                done += 1;
            }
            done
        });
    }
    let mut sum = 0;
    while let Some(done) = all.join_next().await {
        sum += done.expect("a client");
    }
    sum as f64 / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Two ways in turns: A B, B A, …
async fn compare<A, B, FutA, FutB>(what: &str, rounds: usize, ours: A, bare: B)
where
    A: Fn(usize) -> FutA + Clone + Send + 'static,
    B: Fn(usize) -> FutB + Clone + Send + 'static,
    FutA: Future<Output = ()> + Send,
    FutB: Future<Output = ()> + Send,
{
    rate(CLIENTS, ours.clone()).await;
    rate(CLIENTS, bare.clone()).await;
    let (mut all_ours, mut all_bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (a, b) = if round % 2 == 0 {
            let a = rate(CLIENTS, ours.clone()).await;
            (a, rate(CLIENTS, bare.clone()).await)
        } else {
            let b = rate(CLIENTS, bare.clone()).await;
            (rate(CLIENTS, ours.clone()).await, b)
        };
        all_ours.push(a);
        all_bare.push(b);
        ratios.push(a / b);
    }
    println!(
        "{what:<24} {:>8.0}/s   bare {:>8.0}/s   {:.2} of the bare engine, {:.2} x its time",
        median(all_ours),
        median(all_bare),
        median(ratios.clone()),
        1.0 / median(ratios),
    );
}

async fn reads(world: &World, rounds: usize) {
    let mut statements = Vec::new();
    for client in world.raw.iter() {
        statements.push(client.prepare(READ).await.expect("a statement"));
    }
    let statements = Arc::new(statements);
    let (store, made, now) = (world.store.clone(), world.made.clone(), world.make.now());
    let ours = move |client: usize| {
        let (store, made) = (store.clone(), made.clone());
        async move {
            let cookie = &made[client].cookie;
            let view = store.touch_session_from(cookie, ORIGIN, None, now).await;
            assert!(view.expect("an answer").is_some());
        }
    };
    let (raw, made) = (world.raw.clone(), world.made.clone());
    let bare = move |client: usize| {
        let (raw, statements, made) = (raw.clone(), statements.clone(), made.clone());
        async move {
            let at = client % CONNECTIONS;
            let hash = &made[client].cookie.0[..];
            let rows = raw[at].query(&statements[at], &[&hash, &ORIGIN]).await;
            assert_eq!(rows.expect("an answer").len(), 1);
        }
    };
    compare("session read", rounds, ours, bare).await;
}

async fn rotations(world: &World, rounds: usize) {
    let mut statements = Vec::new();
    for client in world.raw.iter() {
        let sql = "UPDATE bare SET n = n + 1, at = $2 WHERE id = $1";
        statements.push(client.prepare(sql).await.expect("a statement"));
    }
    let statements = Arc::new(statements);
    let (store, made, now) = (world.store.clone(), world.made.clone(), world.make.now());
    let ours = move |client: usize| {
        let (store, made) = (store.clone(), made.clone());
        async move {
            let one = &made[client];
            let use_it = refresh(one.grant, one.generation.fetch_add(1, Ordering::Relaxed));
            let rotated = store
                .rotate(use_it, horizon(now), AuditContext::system(), now)
                .await;
            assert!(matches!(rotated, Ok(Rotation::Rotated(_))), "{rotated:?}");
        }
    };
    let (raw, made) = (world.raw.clone(), world.made.clone());
    let bare = move |client: usize| {
        let (raw, statements, made) = (raw.clone(), statements.clone(), made.clone());
        async move {
            let at = client % CONNECTIONS;
            let changed = raw[at]
                .execute(&statements[at], &[&made[client].row, &1_i64])
                .await;
            assert_eq!(changed.expect("an answer"), 1);
        }
    };
    compare("refresh rotation", rounds, ours, bare).await;
}

fn end(store: Arc<PostgresStore>, make: Fixtures) -> impl Fn(usize) -> Ending + Clone + Send {
    move |_| {
        let (store, make) = (store.clone(), make.clone());
        Box::pin(async move {
            let token = make.entropy().token_id(make.now());
            let until = make.now().as_secs() + 300;
            let change = make.change(
                Change::RevokeToken { token, until },
                EndReason::ClientRevoked,
            );
            let done = store.change(change).await;
            assert!(matches!(done, Ok(ChangeOutcome::Applied(_))), "{done:?}");
        })
    }
}

type Ending = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

async fn ends(world: &World, rounds: usize) {
    let work = end(world.store.clone(), world.make.clone());
    rate(CLIENTS, work.clone()).await;
    for clients in ENDERS {
        let mut alone = Vec::new();
        for _ in 0..rounds.min(3) {
            alone.push(rate(clients, work.clone()).await);
        }
        let (mut both, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds.min(3) {
            let other = tokio::process::Command::new(std::env::current_exe().expect("ourselves"))
                .args(["--other", &world.url, &clients.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a second process");
            let mut other = other;
            let output = other.stdout.take().expect("its output");
            let mut lines = tokio::io::BufReader::new(output);
            let mut line = String::new();
            use tokio::io::AsyncBufReadExt as _;
            lines.read_line(&mut line).await.expect("it is ready");
            drop(other.stdin.take());
            let ours = rate(clients, work.clone()).await;
            line.clear();
            lines.read_line(&mut line).await.expect("its figure");
            let other: f64 = line.trim().parse().expect("a number");
            both.push(ours + other);
            theirs.push(other);
        }
        println!(
            "ends, {clients:>3} at once        {:>8.0}/s   two processes {:>8.0}/s",
            median(alone),
            median(both),
        );
    }
}

/// The second process: says that it is ready, begins when its input ends, says what it did.
async fn other(url: &str, clients: usize) {
    let store = open(url, 2).await;
    let make = Fixtures::new(
        Arc::new(SeededEntropy::new(2 + std::process::id() as u64)),
        TestClock::START,
    );
    let work = end(store.clone(), make);
    println!("ready");
    let mut input = tokio::io::stdin();
    let mut rest = Vec::new();
    use tokio::io::AsyncReadExt as _;
    input.read_to_end(&mut rest).await.expect("its end");
    println!("{}", rate(clients, work).await);
    store.close().await;
}
