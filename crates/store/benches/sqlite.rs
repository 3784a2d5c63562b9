//! What the embedded store costs beside the bare engine, durable (`synchronous=FULL`), with 64 clients at
//! once, in turns in one process on one disk.
//!
//! - Refresh rotations: group commit, one commit each, and bare one-row `UPDATE`s that commit by themselves.
//! - Session reads for a cookie: the store, and the same prepared statements on as many threads as the store
//!   has readers: for as many clients, who hand their reads over one by one, and in a loop, which waits for
//!   nobody.
//!
//! `cargo bench -p symbolon-store --bench sqlite [rounds]`
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that fails has nothing to report"
)]

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};
use symbolon_core::{
    model::AuditContext,
    secret::CookieHash,
    store::{AccountStore, GrantStore, Rotation, SessionStore},
};
use symbolon_protocol::GrantId;
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{
    Fixtures, RecordingObserver, SeededEntropy,
    fixtures::{ORIGIN, horizon, refresh},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

const CLIENTS: usize = 64;
/// Of the bare table: one for each client.
const ROWS: u32 = 64;
const TURN: Duration = Duration::from_secs(1);

/// A store and where each client's counter stands.
struct Side {
    store: Arc<SqliteStore>,
    options: SqliteOptions,
    counters: Vec<(GrantId, u64)>,
    cookies: Vec<CookieHash>,
    fixtures: Fixtures,
    rates: Rates,
}

/// What the store asks for a cookie, on one snapshot: the session, its account, and what belongs to that.
const SESSION: &str = "
    SELECT s.id, s.account, s.kind, s.version, s.actor, s.created_at, s.auth_time, s.last_seen, s.idle_secs,
           s.expires_at, s.amr, s.acr, s.device_label, s.ip, s.ended_at, s.ended_reason
    FROM session_cookies c JOIN sessions s ON s.id = c.session WHERE c.hash = ?1 AND c.origin = ?2";
const OF_THE_ACCOUNT: [&str; 3] = [
    "SELECT id, subject, state, disabled_at, erased_at, locale, profile, created_at FROM accounts WHERE id = ?1",
    "SELECT account, kind, original, normalised, verified_at FROM identifiers
     WHERE account BETWEEN ?1 AND ?1 ORDER BY account, kind, normalised",
    "SELECT account, scope_kind, scope_id, name FROM roles
     WHERE account BETWEEN ?1 AND ?1 ORDER BY account, scope_kind, scope_id, name",
];

#[tokio::main]
async fn main() {
    let rounds: usize = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(8);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut grouped = side("group commit", dir.path(), 256).await;
    let mut single = side("one commit each", dir.path(), 1).await;
    let mut updates = Rates::of("bare UPDATE");
    let mut reads = Rates::of("session read");
    let mut selects = Rates::of("bare, in a loop");
    let mut handed = Rates::of("bare, for 64");
    let bare = bare_table(&dir.path().join("bare.db"));
    // The first round warms up.
    for round in 0..=rounds {
        let each = [
            rotate(&mut grouped).await,
            rotate(&mut single).await,
            update(&bare),
            read(&grouped).await,
            select(&grouped),
            select_for_clients(&grouped).await,
        ];
        let all = [
            &mut grouped.rates,
            &mut single.rates,
            &mut updates,
            &mut reads,
            &mut selects,
            &mut handed,
        ];
        for (rates, rate) in all.into_iter().zip(each) {
            if round > 0 {
                rates.all.push(rate);
            }
        }
    }
    for rates in [
        &grouped.rates,
        &single.rates,
        &updates,
        &reads,
        &handed,
        &selects,
    ] {
        rates.report();
    }
    let over = |ours: &Rates, bare: &Rates| ours.median() / bare.median();
    println!(
        "group commit ÷ one commit each {:.2}, ÷ bare UPDATE {:.2}; \
         session read ÷ bare for 64 clients {:.2}, ÷ bare in a loop {:.2}",
        over(&grouped.rates, &single.rates),
        over(&grouped.rates, &updates),
        over(&reads, &handed),
        over(&reads, &selects),
    );
    grouped.store.close().await;
    single.store.close().await;
}

/// How often a second, in each round.
struct Rates {
    name: &'static str,
    all: Vec<f64>,
}

impl Rates {
    const fn of(name: &'static str) -> Self {
        let all = Vec::new();
        Self { name, all }
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.all.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    fn median(&self) -> f64 {
        self.sorted()[self.all.len() / 2]
    }

    fn report(&self) {
        let sorted = self.sorted();
        let ends = sorted.first().zip(sorted.last());
        let (low, high) = ends.expect("at least one round");
        println!(
            "{:<16} {:>10.0}/s (median of {}, {low:.0} to {high:.0})",
            self.name,
            self.median(),
            sorted.len(),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn a_second(done: u64, start: Instant) -> f64 {
    done as f64 / start.elapsed().as_secs_f64()
}

/// As durable as the store's.
fn bare_table(path: &Path) -> Connection {
    let conn = Connection::open(path).expect("it opens");
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
         CREATE TABLE bare (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, at INTEGER);",
    )
    .expect("a table");
    for row in 0..ROWS {
        conn.execute("INSERT INTO bare VALUES (?1, 0, 0)", [row])
            .expect("a row");
    }
    conn
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is a stopwatch")]
fn update(conn: &Connection) -> f64 {
    let sql = "UPDATE bare SET n = n + 1, at = ?2 WHERE id = ?1";
    let mut update = conn.prepare(sql).expect("a statement");
    let start = Instant::now();
    let mut done = 0;
    for row in (0..ROWS).cycle() {
        if start.elapsed() >= TURN {
            break;
        }
        let changed = update.execute((row, 1_i64)).expect("it commits");
        assert_eq!(changed, 1);
        done += 1;
    }
    a_second(done, start)
}

/// Reads what was asked for, without making anything of it.
fn columns(row: &rusqlite::Row<'_>, count: usize) {
    for column in 0..count {
        std::hint::black_box(row.get_ref(column).expect("a value"));
    }
}

/// Reads on the bare engine while there is a cookie to read for; how often it did.
fn bare_reader(path: &Path, mut next: impl FnMut() -> Option<(CookieHash, Option<Told>)>) -> u64 {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).expect("it opens");
    let prepare = |sql| conn.prepare(sql).expect("a statement");
    let (mut begin, mut end) = (prepare("BEGIN DEFERRED"), prepare("ROLLBACK"));
    let (mut session, mut of_it) = (prepare(SESSION), OF_THE_ACCOUNT.map(prepare));
    let mut done = 0;
    while let Some((cookie, told)) = next() {
        begin.execute([]).expect("a snapshot");
        let account = session.query_row((&cookie.0[..], ORIGIN), |row| {
            columns(row, 16);
            row.get(1)
        });
        let account: [u8; 16] = account.expect("a row");
        for (select, count) in of_it.iter_mut().zip([8, 5, 4]) {
            let mut rows = select.query([account]).expect("rows");
            while let Some(row) = rows.next().expect("a row") {
                columns(row, count);
            }
        }
        end.execute([]).expect("its end");
        if let Some(told) = told {
            told.send(()).expect("somebody waits");
        }
        done += 1;
    }
    done
}

/// Whom to tell that it was read.
type Told = oneshot::Sender<()>;

/// In a loop on each thread: nobody is waited for, nothing is handed over.
#[expect(clippy::disallowed_methods, reason = "a benchmark is a stopwatch")]
fn select(side: &Side) -> f64 {
    let start = Instant::now();
    let thread = |_| {
        let (path, cookies) = (side.options.path.clone(), side.cookies.clone());
        std::thread::spawn(move || {
            let mut cookies = cookies.into_iter().cycle().map(|cookie| (cookie, None));
            bare_reader(&path, || {
                (start.elapsed() < TURN).then(|| cookies.next())?
            })
        })
    };
    let threads: Vec<_> = (0..side.options.readers).map(thread).collect();
    let done = threads.into_iter().map(|one| one.join().expect("a count"));
    a_second(done.sum(), start)
}

/// At the store's concurrency: every client hands each of its reads to one of the threads and waits.
#[expect(clippy::disallowed_methods, reason = "a benchmark is a stopwatch")]
async fn select_for_clients(side: &Side) -> f64 {
    let (queue, waiting) = mpsc::channel(CLIENTS);
    let waiting = Arc::new(Mutex::new(waiting));
    let thread = |_| {
        let (path, waiting) = (side.options.path.clone(), Arc::clone(&waiting));
        let mut next = move || waiting.lock().expect("a lock").blocking_recv();
        std::thread::spawn(move || bare_reader(&path, &mut next))
    };
    let threads: Vec<_> = (0..side.options.readers).map(thread).collect();
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for &cookie in &side.cookies {
        let queue = queue.clone();
        clients.spawn(async move {
            while start.elapsed() < TURN {
                let (told, read) = oneshot::channel();
                let sent = queue.send((cookie, Some(told))).await;
                sent.expect("a thread");
                read.await.expect("it was read");
            }
        });
    }
    clients.join_all().await;
    drop(queue);
    let done = threads.into_iter().map(|one| one.join().expect("a count"));
    a_second(done.sum(), start)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is a stopwatch")]
async fn read(side: &Side) -> f64 {
    let (start, now) = (Instant::now(), side.fixtures.now());
    let mut clients = JoinSet::new();
    for &cookie in &side.cookies {
        let store = Arc::clone(&side.store);
        clients.spawn(async move {
            let mut done = 0;
            while start.elapsed() < TURN {
                let view = store.touch_session_from(&cookie, ORIGIN, None, now).await;
                assert!(view.expect("an answer").is_some());
                done += 1;
            }
            done
        });
    }
    a_second(clients.join_all().await.into_iter().sum(), start)
}

async fn side(name: &'static str, dir: &Path, max_batch: usize) -> Side {
    let mut options = SqliteOptions::new(dir.join(format!("{max_batch}.db")));
    options.max_batch = max_batch;
    let observer = Arc::new(RecordingObserver::default());
    let store = SqliteStore::open(options.clone(), Arc::new(SeededEntropy::new(1)), observer)
        .expect("the store opens");
    let fixtures = Fixtures::default();
    let (mut counters, mut cookies) = (Vec::new(), Vec::new());
    for number in 0..CLIENTS {
        let account = fixtures.account(&format!("user{number}"));
        let session = fixtures.session_with_grant(account.id);
        counters.push((session.grant.as_ref().expect("a grant").id, 1));
        cookies.push(session.cookie.as_ref().expect("a cookie").hash);
        let now = fixtures.now();
        store
            .create_account(account, AuditContext::system(), now)
            .await
            .expect("an account");
        store
            .create_session(session, horizon(now), now)
            .await
            .expect("a session");
    }
    Side {
        store,
        options,
        counters,
        cookies,
        fixtures,
        rates: Rates::of(name),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is a stopwatch")]
async fn rotate(side: &mut Side) -> f64 {
    let now = side.fixtures.now();
    let start = Instant::now();
    let clients: Vec<_> = side
        .counters
        .iter()
        .map(|&(grant, mut generation)| {
            let store = Arc::clone(&side.store);
            tokio::spawn(async move {
                let first = generation;
                while start.elapsed() < TURN {
                    let rotation = store
                        .rotate(
                            refresh(grant, generation),
                            horizon(now),
                            AuditContext::system(),
                            now,
                        )
                        .await;
                    assert!(matches!(rotation, Ok(Rotation::Rotated(_))), "{rotation:?}");
                    generation += 1;
                }
                (generation, generation - first)
            })
        })
        .collect();
    let mut total = 0_u64;
    for (client, counter) in clients.into_iter().zip(&mut side.counters) {
        let (generation, done) = client.await.expect("a client");
        counter.1 = generation;
        total += done;
    }
    a_second(total, start)
}
