//! The figures of a server of some size: start, idle memory, session checks.
//!
//! `cargo bench -p symbolon --bench figures`. Prints a table; judges nothing. The directory holds
//! 10,000 accounts and 10,000 live entries of the revocation log, made through the store's verbs.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark: it measures time, prints, and ends when something fails"
)]

use std::{
    hint::black_box,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use symbolon_core::{
    Ambient, Entropy, Issuer, Timestamp,
    master_key::MasterKeys,
    model::{Actor, AuditContext},
    secret::Password,
    service::{ClientContext, LoginRequest, RegisterRequest, TokenRequest},
    store::{
        AccountStore as _, Change, ChangeRequest, ChangeStore as _, Horizon, SessionStore as _,
    },
    tail::LogTail,
};
use symbolon_protocol::EndReason;
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{Fixtures, SeededEntropy, ServerProcess, ServerSetup, TestClock, settings};

const ACCOUNTS: u32 = 10_000;
const ENTRIES: u32 = 10_000;
const IDLE: Duration = Duration::from_secs(60);
const STARTS: usize = 7;
const CHECKS: u32 = 200_000;
const ROUNDS: usize = 7;

#[tokio::main]
async fn main() {
    println!("session check in process, cached");
    session_checks().await;
    println!("\nstart to ready, and memory");
    starts().await;
}

async fn session_checks() {
    let home = tempfile::tempdir().unwrap();
    let issuer = open(home.path()).await;
    let audit = AuditContext {
        actor: Actor::System,
        request_id: None,
    };
    let password = || Password::new("correct horse battery".to_owned());
    let context = ClientContext::default();
    issuer
        .register(RegisterRequest {
            identifier: "ada".to_owned(),
            password: password(),
            context: context.clone(),
            audit,
        })
        .await
        .unwrap();
    let login = issuer
        .login(LoginRequest {
            identifier: "ada".to_owned(),
            password: password(),
            cookie: true,
            tokens: Some(TokenRequest::default()),
            context,
        })
        .await
        .unwrap();
    let cookie = login.cookie.unwrap();
    let token = login.tokens.unwrap().access.jwt;
    issuer.check_session(&cookie.hash()).await.unwrap();
    let text = cookie.expose();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let lookup = per_check(|| {
            assert!(black_box(issuer.cached_session(black_box(&cookie.hash()))).is_some());
        });
        let whole = per_check(|| {
            let parsed = symbolon_core::secret::CookieValue::parse(black_box(&text)).unwrap();
            assert!(black_box(issuer.cached_session(&parsed.hash())).is_some());
        });
        let jwt = per_check_of(2_000, || {
            assert!(black_box(issuer.verify_access_token(black_box(&token))).is_ok());
        });
        rounds.push((lookup, whole, jwt));
    }
    let middle = |pick: fn(&(f64, f64, f64)) -> f64| {
        let mut all: Vec<_> = rounds.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "  SHA-256, look-up, clock, log         {:>8.0} ns",
        middle(|round| round.0)
    );
    println!(
        "  the same with the cookie's text read {:>8.0} ns",
        middle(|round| round.1)
    );
    println!(
        "  a JWT verified in full (EdDSA)       {:>8.0} ns",
        middle(|round| round.2)
    );
}

fn per_check(work: impl Fn()) -> f64 {
    per_check_of(CHECKS, work)
}

fn per_check_of(count: u32, work: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..count).for_each(|_| work());
    start.elapsed().as_nanos() as f64 / f64::from(count)
}

async fn open(home: &Path) -> Issuer {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
    let tail = Arc::new(LogTail::default());
    let options = SqliteOptions::new(home.join("bench.db"));
    let store = SqliteStore::open(options, Arc::clone(&entropy), Arc::clone(&tail) as _).unwrap();
    let master = MasterKeys::new(&[zeroize::Zeroizing::new([7; 32])]).unwrap();
    let ambient = Ambient::new(Arc::new(TestClock::new()), entropy);
    Issuer::open(settings(), store, tail, master, ambient)
        .await
        .unwrap()
}

async fn starts() {
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("passwords.memory_kib", "19456")
        .set("passwords.iterations", "2");
    let empty = Instant::now();
    let mut server = setup.start().await;
    println!(
        "  empty directory                      {:>8.0} ms",
        millis(empty.elapsed())
    );
    server.terminate();
    fill(&server.data_dir().join("symbolon.db")).await;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        server.start().await;
        times.push(millis(start.elapsed()));
        server.terminate();
    }
    times.sort_by(f64::total_cmp);
    println!(
        "  {ACCOUNTS} accounts, {ENTRIES} log entries   {:>8.0} ms (median of {STARTS}, {:.0} to {:.0})",
        times[STARTS / 2],
        times[0],
        times[STARTS - 1]
    );
    server.start().await;
    println!(
        "  resident when ready                  {:>8.1} MiB",
        resident(&server)
    );
    tokio::time::sleep(IDLE).await;
    println!(
        "  resident after 60 s idle             {:>8.1} MiB",
        resident(&server)
    );
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

fn resident(server: &ServerProcess) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}

/// Accounts, and sessions that were ended just now and so are in the log.
async fn fill(database: &Path) {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(2));
    let tail = Arc::new(LogTail::default());
    let store =
        SqliteStore::open(SqliteOptions::new(database), Arc::clone(&entropy), tail).unwrap();
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap());
    let fixtures = Fixtures::new(entropy, now);
    let audit = AuditContext {
        actor: Actor::System,
        request_id: None,
    };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..ACCOUNTS.max(ENTRIES) {
        let (store, fixtures, audit) = (Arc::clone(&store), fixtures.clone(), audit.clone());
        tasks.spawn(async move {
            let account = fixtures.account(&format!("user{number}"));
            let id = account.id;
            store
                .create_account(account, audit.clone(), now)
                .await
                .unwrap();
            let session = fixtures.session(id);
            let sid = session.session.id;
            let horizon = Horizon {
                until: now.as_secs() + 7 * 86_400,
                lifetime_secs: 300,
            };
            store.create_session(session, horizon, now).await.unwrap();
            let change = Change::EndSession {
                session: sid,
                owner: None,
            };
            let reason = EndReason::Logout;
            store
                .change(ChangeRequest {
                    change,
                    reason,
                    audit,
                    horizon,
                    now,
                })
                .await
                .unwrap();
        });
        if tasks.len() >= 256 {
            tasks.join_next().await.unwrap().unwrap();
        }
    }
    tasks.join_all().await;
    store.close().await;
}
