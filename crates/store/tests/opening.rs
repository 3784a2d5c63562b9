//! What is opened, what is refused, and what is left untouched.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::{path::Path, sync::Arc, time::Duration};

use symbolon_core::store::{AccountStore, LogStore, StoreError};
use symbolon_store::sqlite::{OpenError, SqliteOptions, SqliteStore};
use symbolon_testing::{RecordingObserver, SeededEntropy};

fn open(path: &Path) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(
        SqliteOptions::new(path),
        Arc::new(SeededEntropy::new(1)),
        Arc::new(RecordingObserver::default()),
    )
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    for _ in 0..2 {
        let store = open(&path).unwrap();
        store
            .check_writable(symbolon_testing::TestClock::START)
            .await
            .unwrap();
        let mut files = 0;
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
            files += 1;
        }
        assert_eq!(files, 3, "database, write-ahead log, its index");
        store.close().await;
        // Rights that somebody has loosened are tightened when it is opened again.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
}

#[tokio::test]
async fn closing_leaves_one_file_and_answers_what_comes_later() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    let store = open(&path).unwrap();
    let state = store.log_state().await.unwrap();
    store.close().await;
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    let now = symbolon_testing::TestClock::START;
    let late = store.check_writable(now).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    let late = store.has_admin().await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    store.close().await;
    // The same log, whatever the randomness is now.
    assert_eq!(open(&path).unwrap().log_state().await, Ok(state));
}

/// Writing a large file anew takes longer than whoever asks for readiness waits.
#[tokio::test]
async fn it_is_ready_while_traces_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    let mut options = SqliteOptions::new(&path);
    options.busy_timeout = Duration::from_secs(10);
    let store = SqliteStore::open(
        options,
        Arc::new(SeededEntropy::new(1)),
        Arc::new(RecordingObserver::default()),
    )
    .unwrap();
    let now = symbolon_testing::TestClock::START;
    store.check_writable(now).await.unwrap();
    // Somebody who reads keeps the removal from ending.
    let outside = rusqlite::Connection::open(&path).unwrap();
    outside.execute_batch("BEGIN").unwrap();
    let count = |sql| outside.query_row(sql, [], |row| row.get::<_, i64>(0));
    assert_eq!(count("SELECT count(*) FROM meta"), Ok(1));
    store.check_writable(now).await.unwrap();
    let mut removing = std::pin::pin!(store.remove_traces());
    // The first question may still be answered before it begins.
    for _ in 0..2 {
        tokio::select! {
            biased;
            ended = &mut removing => panic!("{ended:?}"),
            ready = store.check_writable(now) => assert_eq!(ready, Ok(())),
        }
    }
    outside.execute_batch("ROLLBACK").unwrap();
    assert_eq!(removing.await, Ok(()));
    store.close().await;
}

#[tokio::test]
async fn what_is_queued_is_done_before_it_closes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("symbolon.db")).unwrap();
    let now = symbolon_testing::TestClock::START;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let store = store.clone();
        waiting.spawn(async move { store.check_writable(now).await });
    }
    tokio::task::yield_now().await;
    store.close().await;
    let mut done = 0;
    for answer in waiting.join_all().await {
        let closed = matches!(answer, Err(StoreError::Unavailable(_)));
        assert!(answer.is_ok() || closed, "{answer:?}");
        done += i64::from(answer.is_ok());
    }
    // What was answered is there, and nothing that was refused.
    let conn = rusqlite::Connection::open(dir.path().join("symbolon.db")).unwrap();
    let written: i64 = conn
        .query_row("SELECT fence FROM meta", [], |row| row.get(0))
        .unwrap();
    assert_eq!(written, done);
    assert!(done > 0);
}

/// The file's bytes must be the same afterwards.
fn refused(path: &Path) -> OpenError {
    let before = std::fs::read(path).unwrap();
    let error = open(path).err().unwrap();
    assert_eq!(std::fs::read(path).unwrap(), before);
    assert_eq!(
        std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1
    );
    error
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    std::fs::write(
        &path,
        "no database at all, but long enough to be one ".repeat(100),
    )
    .unwrap();
    assert!(matches!(refused(&path), OpenError::NotSymbolon));
}

#[test]
fn another_applications_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .unwrap();
    other.close().unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::NotSymbolon));
    assert_eq!(error.to_string(), "the file is not a Symbolon database");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing").join("symbolon.db");
    let error = open(&path).err().unwrap();
    assert!(matches!(&error, OpenError::File { .. }), "{error}");
    assert!(error.to_string().contains("missing"), "{error}");
}

async fn with_schema(version: u32, oldest_compatible: u32) -> (tempfile::TempDir, OpenAgain) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    open(&path).unwrap().close().await;
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute(
        "UPDATE meta SET schema_version = ?1, oldest_compatible = ?2",
        [version, oldest_compatible],
    )
    .unwrap();
    conn.close().unwrap();
    (dir, OpenAgain(path))
}

struct OpenAgain(std::path::PathBuf);

#[tokio::test]
async fn a_newer_schema_is_opened_only_if_it_says_so() {
    let (_dir, again) = with_schema(7, 1).await;
    assert!(open(&again.0).is_ok());
    let (_dir, again) = with_schema(7, 6).await;
    let error = refused(&again.0);
    assert_eq!(
        error.to_string(),
        "the database has schema 7, which needs a release that knows schema 6; this one knows 1"
    );
}
