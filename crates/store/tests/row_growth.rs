//! A refresh rewrites the grant's row and adds none: however often tokens are refreshed, the store
//! takes what it took. `SYMBOLON_TEST_ROTATIONS` says how many are done, and the figures are printed.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a drill reads what it prints"
)]

use std::sync::Arc;

use symbolon_core::{
    model::AuditContext,
    store::{Rotation, Store},
};
use symbolon_protocol::GrantId;
use symbolon_store::{
    bulk::{Bulk, Size},
    postgres::{PostgresBulk, PostgresOptions, PostgresStore},
    sqlite::{SqliteBulk, SqliteOptions, SqliteStore},
};
use symbolon_testing::{
    Fixtures, PostgresDatabase, RecordingObserver, SeededEntropy,
    fixtures::{horizon, refresh},
};

/// Grants, and tasks that refresh them.
const GRANTS: usize = 256;
const TASKS: usize = 16;

fn rotations() -> u64 {
    let given = std::env::var("SYMBOLON_TEST_ROTATIONS").ok();
    given.map_or(2_048, |number| number.parse().unwrap())
}

fn entropy() -> Arc<SeededEntropy> {
    Arc::new(SeededEntropy::new(1))
}

async fn grants(store: &dyn Store, make: &Fixtures) -> Vec<GrantId> {
    let mut grants = Vec::new();
    let now = make.now();
    for number in 0..GRANTS {
        let account = make.account(&format!("user{number}"));
        let session = make.session_with_grant(account.id);
        grants.push(session.grant.as_ref().unwrap().id);
        let made = store.create_account(account, AuditContext::system(), now);
        let _ = made.await.unwrap();
        let _ = store
            .create_session(session, horizon(now), now)
            .await
            .unwrap();
    }
    grants
}

/// Refreshes each of them equally often.
async fn refresh_all(store: &Arc<dyn Store>, grants: &[GrantId], make: &Fixtures) {
    let (now, each) = (make.now(), rotations() / GRANTS as u64);
    let tasks = grants.chunks(GRANTS / TASKS).map(|mine| {
        let (store, mine) = (Arc::clone(store), mine.to_vec());
        tokio::spawn(async move {
            for generation in 1..=each {
                for &grant in &mine {
                    let spent = refresh(grant, generation);
                    let system = AuditContext::system();
                    let rotated = store.rotate(spent, horizon(now), system, now).await;
                    assert!(matches!(rotated, Ok(Rotation::Rotated(_))), "{rotated:?}");
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

fn of_grants(sizes: Vec<Size>) -> Vec<(String, u64)> {
    let sizes = sizes.into_iter().filter(|size| size.table == "grants");
    sizes.map(|size| (size.name, size.bytes)).collect()
}

/// A line for the drill's table.
fn tell(engine: &str, before: &[(String, u64)], after: &[(String, u64)], in_place: Option<u64>) {
    let bytes = |sizes: &[(String, u64)]| sizes.iter().map(|(_, bytes)| bytes).sum::<u64>();
    let in_place = in_place.map_or_else(String::new, |count| format!(", in place {count}"));
    println!(
        "drilled: {engine}: rotations {}{in_place}, bytes before {}, bytes after {}",
        rotations(),
        bytes(before),
        bytes(after)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_no_page_is_added() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let sizes = async || {
        let mut bulk = SqliteBulk::open_source(&path).unwrap();
        let sizes = of_grants(bulk.sizes().await.unwrap());
        Box::new(bulk).close().await.unwrap();
        sizes
    };
    let open = || {
        let observer = Arc::new(RecordingObserver::default());
        SqliteStore::open(SqliteOptions::new(&path), entropy(), observer).unwrap()
    };
    let make = Fixtures::default();
    let store = open();
    let made = grants(&*store, &make).await;
    store.close().await;
    let before = sizes().await;
    let store = open();
    refresh_all(&(store.clone() as Arc<dyn Store>), &made, &make).await;
    store.close().await;
    let after = sizes().await;
    tell("sqlite", &before, &after, None);
    // A row in which a time takes the place of nothing is a few bytes longer, once.
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        let more = if name == "grants" { before / 4 } else { 0 };
        assert!(*after <= before + more, "{name}: {before}, {after}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_no_index_is_touched() {
    let database = PostgresDatabase::new();
    let options = || PostgresOptions::new(database.url().parse().unwrap());
    let observer = Arc::new(RecordingObserver::default());
    let store = PostgresStore::open(options(), entropy(), observer);
    let store = store.await.unwrap();
    let make = Fixtures::default();
    let made = grants(&*store, &make).await;
    let sizes = async || {
        let bulk = PostgresBulk::open_target(options(), &*entropy()).await;
        let mut bulk = bulk.unwrap();
        let sizes = of_grants(bulk.sizes().await.unwrap());
        Box::new(bulk).close().await.unwrap();
        sizes
    };
    database.sql("VACUUM ANALYZE grants");
    let before = sizes().await;
    refresh_all(&(store.clone() as Arc<dyn Store>), &made, &make).await;
    store.close().await;
    let after = sizes().await;
    let updates = loop {
        // The figures of a connection arrive when it has ended.
        let found = database.sql(
            "SELECT n_tup_upd || ' ' || n_tup_hot_upd FROM pg_stat_user_tables
             WHERE relname = 'grants'",
        );
        let (all, hot) = found.trim().split_once(' ').unwrap();
        let (all, hot): (u64, u64) = (all.parse().unwrap(), hot.parse().unwrap());
        if all >= rotations() {
            break (all, hot);
        }
        tokio::task::yield_now().await;
    };
    tell("postgresql", &before, &after, Some(updates.1));
    let (all, hot) = updates;
    assert!(hot * 100 >= all * 95, "{hot} of {all}");
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        // Room for versions that running transactions may still want, and for the free space map.
        let more = if name == "grants" {
            before + 131_072
        } else {
            32_768
        };
        assert!(*after <= before + more, "{name}: {before}, {after}");
    }
}
