//! A process that is killed in the middle of its work: whatever it was answered is there.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]
#![cfg(unix)]

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use symbolon_core::{
    model::AuditContext,
    store::{
        AccountStore, Change, ChangeOutcome, ChangeStore, GrantStore, LogStore, Rotation,
        SessionStore,
    },
};
use symbolon_protocol::{EndReason, GrantId};
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{
    Fixtures, RecordingObserver, SeededEntropy,
    fixtures::{horizon, refresh},
};

/// Where the process that will be killed works.
const DIRECTORY: &str = "SYMBOLON_TEST_DIRECTORY";

fn open(dir: &Path, seed: u64) -> Arc<SqliteStore> {
    SqliteStore::open(
        SqliteOptions::new(dir.join("symbolon.db")),
        Arc::new(SeededEntropy::new(seed)),
        Arc::new(RecordingObserver::default()),
    )
    .unwrap()
}

/// One line for each answer: what it was about, and a number. Lines are written whole.
fn acknowledge(what: &str, number: u64) {
    let line = format!("ack {what} {number}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// Refreshes and revokes for ever, in 16 tasks.
async fn work(dir: &Path) {
    let store = open(dir, 1);
    let make = Fixtures::default();
    let now = make.now();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let account = make.account(&format!("user{number}"));
        let session = make.session_with_grant(account.id);
        let grant = session.grant.as_ref().unwrap().id;
        let context = AuditContext::system();
        store.create_account(account, context, now).await.unwrap();
        store
            .create_session(session, horizon(now), now)
            .await
            .unwrap();
        let (store, make) = (store.clone(), make.clone());
        tasks.spawn(async move {
            for generation in 1.. {
                let rotation = store
                    .rotate(
                        refresh(grant, generation),
                        horizon(now),
                        AuditContext::system(),
                        now,
                    )
                    .await
                    .unwrap();
                assert!(matches!(rotation, Rotation::Rotated(_)));
                acknowledge(&grant.to_string(), generation + 1);
                let change = Change::RevokeClient {
                    client: format!("client-{number}-{generation}").parse().unwrap(),
                };
                let request = make.change(change, EndReason::EndedByAdmin);
                if let ChangeOutcome::Applied(applied) = store.change(request).await.unwrap() {
                    let entry = applied.revocations.first().unwrap().entry;
                    acknowledge("log", entry.seq);
                }
            }
        });
    }
    tasks.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_outlives_the_process() {
    if let Some(dir) = std::env::var_os(DIRECTORY) {
        work(Path::new(&dir)).await;
        return;
    }
    for answers in [1, 100, 1500] {
        let dir = tempfile::tempdir().unwrap();
        let mut worker = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "what_was_answered_outlives_the_process",
                "--nocapture",
            ])
            .env(DIRECTORY, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(worker.stdout.take().unwrap()).lines();
        let mut highest: HashMap<String, u64> = HashMap::new();
        let mut seen = 0;
        for line in lines.map_while(Result::ok) {
            let mut words = line.split_whitespace();
            if words.next() != Some("ack") {
                continue;
            }
            let (what, number) = (words.next().unwrap(), words.next().unwrap());
            let number: u64 = number.parse().unwrap();
            let known = highest.entry(what.to_owned()).or_default();
            *known = number.max(*known);
            seen += 1;
            if seen == answers {
                worker.kill().unwrap();
            }
        }
        worker.wait().unwrap();
        assert!(seen >= answers);
        assert_all_there(dir.path(), highest).await;
    }
}

async fn assert_all_there(dir: &Path, mut highest: HashMap<String, u64>) {
    let store = open(dir, 2);
    let now = Fixtures::default().now();
    let head = store.log_state().await.unwrap().head.seq;
    assert!(head >= highest.remove("log").unwrap_or(0));
    let log = store.revocations_after(0, u32::MAX).await.unwrap();
    assert!(log.iter().map(|one| one.entry.seq).eq(1..=head));
    for (grant, answered) in highest {
        let id: GrantId = grant.parse().unwrap();
        let kept = store.grant(id).await.unwrap().unwrap();
        // At most the one that was under way has come further.
        assert!(kept.generation == answered || kept.generation == answered + 1);
        let again = store
            .rotate(
                refresh(id, answered - 1),
                horizon(now),
                AuditContext::system(),
                now,
            )
            .await;
        if kept.generation == answered {
            assert!(matches!(again, Ok(Rotation::Replayed(_))), "{again:?}");
        }
    }
    store.close().await;
}
