//! The figures of a server of some size: start and idle memory. What checks cost is in `symbolon
//! bench`.
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
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use symbolon_core::{
    Entropy, Timestamp,
    model::{Actor, AuditContext},
    store::{
        AccountStore as _, Change, ChangeRequest, ChangeStore as _, Horizon, SessionStore as _,
    },
    tail::LogTail,
};
use symbolon_protocol::EndReason;
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{Fixtures, SeededEntropy, ServerProcess, ServerSetup};

const ACCOUNTS: u32 = 10_000;
const ENTRIES: u32 = 10_000;
const IDLE: Duration = Duration::from_secs(60);
const STARTS: usize = 7;

#[tokio::main]
async fn main() {
    println!("start to ready, and memory");
    starts().await;
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
