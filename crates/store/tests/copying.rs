//! Copies of a database: whole, of one moment, without what was deleted.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use symbolon_core::store::LogStore;
use symbolon_store::{
    Contents,
    sqlite::{CopyError, CopySource, OpenError, SqliteOptions, SqliteStore},
};
use symbolon_testing::{RecordingObserver, SeededEntropy, TestClock};

const CANARY: &[u8] = b"a person who was erased";

fn open(path: &Path) -> Arc<SqliteStore> {
    SqliteStore::open(
        SqliteOptions::new(path),
        Arc::new(SeededEntropy::new(1)),
        Arc::new(RecordingObserver::default()),
    )
    .unwrap()
}

fn copy(from: &Path, to: &Path) -> Result<(), CopyError> {
    File::create(to).unwrap();
    CopySource::open(from)?.write_to(to)
}

fn holds_canary(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(CANARY.len()).any(|window| window == CANARY)
}

#[tokio::test]
async fn what_was_deleted_is_not_copied() {
    let dir = tempfile::tempdir().unwrap();
    let (path, target) = (dir.path().join("symbolon.db"), dir.path().join("copy"));
    open(&path).close().await;
    // Without `secure_delete`, as by a release or a shell that did not have it.
    let shell = rusqlite::Connection::open(&path).unwrap();
    shell
        .execute_batch(&format!(
            "PRAGMA secure_delete = OFF;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO outbox (topic, payload, next_at, created_at)
                 SELECT 'mail', '{}' || hex(randomblob(300)), 0, 0 FROM n;
             DELETE FROM outbox WHERE seq % 50 <> 0;
             UPDATE outbox SET payload = 'x';
             PRAGMA wal_checkpoint(TRUNCATE);",
            String::from_utf8_lossy(CANARY)
        ))
        .unwrap();
    drop(shell);
    assert!(holds_canary(&path), "nothing was left to find");
    copy(&path, &target).unwrap();
    assert!(!holds_canary(&target));
    assert!(target.metadata().unwrap().len() < path.metadata().unwrap().len());
    // It is one file, and opens as any other.
    let contents = Contents::read(&target, TestClock::START).unwrap();
    assert_eq!((contents.accounts, contents.head), (0, 0));
    let (old, new) = (open(&path), open(&target));
    assert_eq!(old.log_state().await, new.log_state().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_of_one_moment_whoever_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    let store = open(&path);
    let shell = rusqlite::Connection::open(&path).unwrap();
    shell
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO outbox (topic, payload, next_at, created_at)
                 SELECT 'mail', hex(randomblob(200)), 0, 0 FROM n;",
        )
        .unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&done);
    // Each transaction moves two numbers at the ends of the file together.
    let writer = std::thread::spawn(move || {
        let mut written = 0_u64;
        while !stop.load(Ordering::Relaxed) {
            shell
                .execute_batch(
                    "BEGIN IMMEDIATE; UPDATE meta SET fence = fence + 1;
                     UPDATE outbox SET attempts = attempts + 1 WHERE seq IN (1, 20000); COMMIT",
                )
                .unwrap();
            written += 1;
        }
        written
    });
    for number in 0..5 {
        let target = dir.path().join(format!("copy-{number}"));
        copy(&path, &target).unwrap();
        Contents::read(&target, TestClock::START).unwrap();
        let found = rusqlite::Connection::open(&target).unwrap();
        let moments: String = found
            .query_row(
                "SELECT group_concat(DISTINCT n) FROM (
                     SELECT fence AS n FROM meta
                     UNION ALL SELECT attempts FROM outbox WHERE seq IN (1, 20000))",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert!(!moments.contains(','), "{moments}");
    }
    done.store(true, Ordering::Relaxed);
    assert!(writer.join().unwrap() > 0);
    store.close().await;
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let refused = |path: &Path| CopySource::open(path).unwrap_err();
    std::fs::write(
        &path,
        "no database at all, but long enough to look like one",
    )
    .unwrap();
    assert!(matches!(refused(&path), OpenError::NotSymbolon));
    std::fs::write(&path, "").unwrap();
    assert!(matches!(refused(&path), OpenError::NotSymbolon));
    let missing = refused(&dir.path().join("missing"));
    assert!(matches!(missing, OpenError::Sqlite(_)), "{missing:?}");
    let good = dir.path().join("symbolon.db");
    open(&good).close().await;
    let shell = rusqlite::Connection::open(&good).unwrap();
    shell
        .execute_batch("UPDATE meta SET schema_version = 900, oldest_compatible = 900")
        .unwrap();
    drop(shell);
    assert!(matches!(refused(&good), OpenError::TooNew { .. }));
}

#[tokio::test]
async fn a_damaged_page_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    open(&path).close().await;
    Contents::read(&path, TestClock::START).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // All that follows the schema and the first tables.
    let pages = bytes.len() / 4096;
    for page in pages / 2..pages {
        bytes[page * 4096..page * 4096 + 64].fill(0xA5);
    }
    std::fs::write(&path, bytes).unwrap();
    let damaged = Contents::read(&path, TestClock::START).unwrap_err();
    assert!(
        matches!(damaged, OpenError::Damaged(_) | OpenError::Sqlite(_)),
        "{damaged:?}"
    );
}
