//! Refresh rotations a second, durable (`synchronous=FULL`), with 64 clients at once: group commit
//! ÷ one commit each. Both run in turns in the same process on the same disk.
//!
//! `cargo bench -p symbolon-store --bench rotate [rounds]`
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

use symbolon_core::{
    model::AuditContext,
    store::{AccountStore, GrantStore, Rotation, SessionStore},
};
use symbolon_protocol::GrantId;
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{
    Fixtures, RecordingObserver, SeededEntropy,
    fixtures::{horizon, refresh},
};

const CLIENTS: usize = 64;
const TURN: Duration = Duration::from_secs(1);

/// A store and where each client's counter stands.
struct Side {
    name: &'static str,
    store: Arc<SqliteStore>,
    counters: Vec<(GrantId, u64)>,
    fixtures: Fixtures,
    rates: Vec<f64>,
}

#[tokio::main]
async fn main() {
    let rounds: usize = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(8);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut grouped = side("group commit", dir.path(), 256).await;
    let mut single = side("one commit each", dir.path(), 1).await;
    for side in [&mut grouped, &mut single] {
        turn(side).await;
        side.rates.clear();
    }
    for _ in 0..rounds {
        turn(&mut grouped).await;
        turn(&mut single).await;
    }
    for side in [&mut grouped, &mut single] {
        side.rates.sort_by(f64::total_cmp);
    }
    report(&grouped);
    report(&single);
    println!(
        "ratio of medians   {:>10.2}",
        median(&grouped) / median(&single)
    );
    grouped.store.close().await;
    single.store.close().await;
}

fn report(side: &Side) {
    let ends = side.rates.first().zip(side.rates.last());
    let (low, high) = ends.expect("at least one round");
    println!(
        "{:<16} {:>10.0} rotations/s (median of {}, {low:.0} to {high:.0})",
        side.name,
        median(side),
        side.rates.len(),
    );
}

fn median(side: &Side) -> f64 {
    side.rates[side.rates.len() / 2]
}

async fn side(name: &'static str, dir: &std::path::Path, max_batch: usize) -> Side {
    let mut options = SqliteOptions::new(dir.join(format!("{max_batch}.db")));
    options.max_batch = max_batch;
    let observer = Arc::new(RecordingObserver::default());
    let store = SqliteStore::open(options, Arc::new(SeededEntropy::new(1)), observer)
        .expect("the store opens");
    let fixtures = Fixtures::default();
    let mut counters = Vec::new();
    for number in 0..CLIENTS {
        let account = fixtures.account(&format!("user{number}"));
        let session = fixtures.session_with_grant(account.id);
        counters.push((session.grant.as_ref().expect("a grant").id, 1));
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
        name,
        store,
        counters,
        fixtures,
        rates: Vec::new(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is a stopwatch")]
async fn turn(side: &mut Side) {
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
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    side.rates
        .push(total as f64 / start.elapsed().as_secs_f64());
}
