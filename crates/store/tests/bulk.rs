//! All of a store copied to the other engine and back, whatever its rows hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use symbolon_core::{
    EntropyExt as _,
    store::{Change, ChangeStore as _, LogStore as _},
};
use symbolon_store::{
    bulk::{Bulk, BulkError, Copied, Step, TABLES, copy},
    postgres::{OpenError, PostgresBulk, PostgresOptions, PostgresStore},
    sqlite::{SqliteBulk, SqliteOptions, SqliteStore},
};
use symbolon_testing::{PostgresDatabase, RecordingObserver, SeededEntropy};

/// At least one row in every table, with what is easily lost on the way: nothing, nothing at all,
/// quotes, other scripts, the largest numbers.
const ROWS: &str = r#"
    UPDATE meta SET fence = 7, latest = 1764000000000;
    INSERT INTO accounts (id, subject, state, disabled_at, erased_at, locale, profile, created_at) VALUES
        (x'00000000000000000000000000000001', 'sub-a', 'active', NULL, NULL, 'de-CH', '{"n":1.0,"t":"\u0000"}', 1),
        (x'00000000000000000000000000000002', 'sub-B', 'disabled', 9, NULL, NULL, '{}', 9223372036854775807),
        (x'ff000000000000000000000000000003', 'sub-"c', 'erased', NULL, 9, NULL, '{}', -1);
    INSERT INTO identifiers (account, kind, normalised, original, verified_at) VALUES
        (x'00000000000000000000000000000001', 'email', 'ada@example.com', 'Ada@Example.com', 3),
        (x'00000000000000000000000000000001', 'username', 'ädä', 'ÄDÄ', NULL),
        (x'00000000000000000000000000000002', 'username', 'zoë \ , "x"', 'Zoë', NULL);
    INSERT INTO roles (account, scope_kind, scope_id, name) VALUES
        (x'00000000000000000000000000000001', 'issuer', '', 'admin'),
        (x'00000000000000000000000000000001', 'team', '7', 'editor');
    INSERT INTO credentials (id, account, kind, version, hash, data, label, created_at, changed_at, last_used_at) VALUES
        (x'00000000000000000000000000000011', x'00000000000000000000000000000001', 'password', 3, '$argon2id$x', NULL, NULL, 1, 2, NULL),
        (x'00000000000000000000000000000012', x'00000000000000000000000000000001', 'passkey', 1, NULL, x'', 'a key', 1, 2, 3);
    INSERT INTO sessions (id, account, kind, version, actor, created_at, auth_time, last_seen, idle_secs, expires_at,
                          amr, acr, device_label, ip, ended_at, ended_reason) VALUES
        (x'00000000000000000000000000000021', x'00000000000000000000000000000001', 'browser', 2,
         x'00000000000000000000000000000002', 1, 1, 1, 60, 100000, '["pwd","otp, \"x\""]', 'high', 'x', '203.0.113.0', NULL, NULL),
        (x'00000000000000000000000000000022', x'00000000000000000000000000000001', 'token', 1, NULL, 1, 1, 1, 60, 100000,
         '[]', NULL, NULL, NULL, 5, 'logout');
    INSERT INTO session_cookies (hash, session, origin) VALUES
        (x'00000000000000000000000000000000000000000000000000000000000000ff', x'00000000000000000000000000000021', 'https://a.example');
    INSERT INTO clients (id, name, secret_hash, settings, created_at, disabled_at) VALUES ('c', 'C', x'01', '{}', 1, NULL);
    INSERT INTO resources (uri, scopes, token_lifetime_secs, algorithm, created_at) VALUES ('orders', '["read","write"]', 60, NULL, 1);
    INSERT INTO grants (id, account, client, resource, scopes, session, parent, offline, version, generation, seed, secret_id,
                        rotated_at, created_at, idle_secs, expires_at, ended_at, ended_reason) VALUES
        (x'00000000000000000000000000000031', x'00000000000000000000000000000001', 'c', 'orders', '["read"]',
         x'00000000000000000000000000000021', NULL, 0, 1, 17, zeroblob(32), 1, 5, 1, 60, 100000, NULL, NULL),
        (x'00000000000000000000000000000032', NULL, 'c', 'orders', '[]', NULL,
         x'00000000000000000000000000000031', 1, 1, 1, zeroblob(32), 1, NULL, 1, 60, 100000, 7, 'client_revoked');
    INSERT INTO signing_keys (seq, kid, purpose, algorithm, state, state_at, state_until, private, public_jwk, created_at) VALUES
        (3, 'k3', 'token', 'EdDSA', 'active', 1, NULL, x'00ff', '{}', 1), (9, 'k9', 'log', 'EdDSA', 'gone', 1, NULL, x'', '{}', 1);
    INSERT INTO server_secrets (id, secret, created_at) VALUES (1, x'00ff', 1);
    INSERT INTO audit_events (seq, at, actor, action, target_kind, target_id, reason, request_id) VALUES
        (41, 1, 'system', 'session_ended', 'session', 's', 'logout', NULL);
    INSERT INTO outbox (seq, topic, payload, attempts, next_at, created_at) VALUES (5, 'mail', '{"a":"ö"}', 2, 1, 1);
    INSERT INTO setup_code (id, hash, sealed, expires_at) VALUES (1, zeroblob(32), x'01', 1);
    INSERT INTO token_lifetimes (seq, secs, since) VALUES (2, 300, 1);
"#;

fn entropy() -> Arc<SeededEntropy> {
    Arc::new(SeededEntropy::new(1))
}

fn sqlite(path: &Path) -> SqliteBulk {
    SqliteBulk::open_target(path, &*entropy()).unwrap()
}

async fn postgres(database: &PostgresDatabase) -> PostgresBulk {
    PostgresBulk::open_target(options(database), &*entropy())
        .await
        .unwrap()
}

fn options(database: &PostgresDatabase) -> PostgresOptions {
    PostgresOptions::new(database.url().parse().unwrap())
}

fn shell(path: &Path, sql: &str) {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(sql).unwrap();
}

/// A store with three entries in its log, and rows everywhere.
async fn source(path: &Path) {
    let store = SqliteStore::open(
        SqliteOptions::new(path),
        entropy(),
        Arc::new(RecordingObserver::default()),
    )
    .unwrap();
    let make = symbolon_testing::Fixtures::default();
    for _ in 0..3 {
        let token = make.entropy().token_id(make.now());
        let until = make.now().as_secs() + 300;
        let change = Change::RevokeToken { token, until };
        let change = make.change(change, symbolon_protocol::EndReason::ClientRevoked);
        let _ = store.change(change).await.unwrap();
    }
    store.close().await;
    shell(path, ROWS);
}

async fn run(from: &mut dyn Bulk, to: &mut dyn Bulk) -> Result<Copied, BulkError> {
    copy(from, to, &|_| {}).await
}

async fn all(store: &mut dyn Bulk) -> BTreeMap<&'static str, Vec<symbolon_store::bulk::Row>> {
    let mut rows = BTreeMap::new();
    for &table in TABLES {
        rows.insert(table.name, store.page(table, None, 1000).await.unwrap());
    }
    rows
}

#[tokio::test]
async fn every_table_moves_to_postgresql_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let (first, last) = (dir.path().join("a.db"), dir.path().join("b.db"));
    let database = PostgresDatabase::new();
    source(&first).await;

    let mut from = SqliteBulk::open_source(&first).unwrap();
    let mut to = postgres(&database).await;
    let copied = run(&mut from, &mut to).await.unwrap();
    let empty: Vec<_> = copied.tables.iter().filter(|one| one.rows == 0).collect();
    assert!(empty.is_empty(), "nothing was tried with {empty:?}");
    assert!(!copied.was_resumed);
    let (rows, meta) = (all(&mut from).await, from.meta().await.unwrap());
    assert_eq!(to.meta().await.unwrap(), meta);
    Box::new(to).close().await.unwrap();

    let mut from = PostgresBulk::open_source(options(&database)).await.unwrap();
    let mut to = sqlite(&last);
    run(&mut from, &mut to).await.unwrap();
    assert!(all(&mut to).await == rows);
    assert_eq!(to.meta().await.unwrap(), meta);
    Box::new(to).close().await.unwrap();
    Box::new(from).close().await.unwrap();

    // What is numbered goes on from there, and the entries' sums are as if they had been made here.
    database.sql(
        "INSERT INTO audit_events (at, actor, action, target_kind, target_id)
         VALUES (1, 'a', 'b', 'c', 'd')",
    );
    assert_eq!(
        database.sql("SELECT max(seq) FROM audit_events").trim(),
        "42"
    );
    let store = SqliteStore::open(
        SqliteOptions::new(&last),
        entropy(),
        Arc::new(RecordingObserver::default()),
    )
    .unwrap();
    let entries = store.revocations_after(0, 10).await.unwrap();
    assert_eq!(entries.len(), 3);
    store.close().await;
    assert!(
        symbolon_store::sqlite::check(&last, false)
            .unwrap()
            .is_empty()
    );
    shell(
        &last,
        "UPDATE revocations SET reason = 'logout' WHERE seq = 2",
    );
    let mut damaged = SqliteBulk::open_source(&last).unwrap();
    let page = damaged.page(TABLES[11], None, 10).await;
    assert!(matches!(page, Err(BulkError::Database(_))), "{page:?}");
}

#[tokio::test]
async fn an_unfinished_copy_is_finished_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let database = PostgresDatabase::new();
    source(&path).await;
    let mut from = SqliteBulk::open_source(&path).unwrap();
    let mut to = postgres(&database).await;
    // A text that PostgreSQL cannot have stops it on the way.
    drop(from);
    shell(&path, "UPDATE outbox SET payload = 'a' || char(0)");
    from = SqliteBulk::open_source(&path).unwrap();
    let stopped = run(&mut from, &mut to).await;
    let Err(BulkError::Row { table, row, .. }) = stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!((table, &*row), ("outbox", "5"));
    // Nobody works on what is there of it, nor copies it on.
    let opened = PostgresStore::open(
        options(&database),
        entropy(),
        Arc::new(RecordingObserver::default()),
    );
    assert!(matches!(opened.await, Err(OpenError::Unfinished)));
    let mut other = sqlite(&dir.path().join("b.db"));
    let from_unfinished = run(&mut to, &mut other).await;
    assert!(matches!(from_unfinished, Err(BulkError::Unfinished)));
    drop(from);
    shell(&path, "UPDATE outbox SET payload = 'a'");

    // A server was on the source meanwhile.
    shell(&path, "UPDATE meta SET latest = latest + 1");
    from = SqliteBulk::open_source(&path).unwrap();
    let refused = run(&mut from, &mut to).await;
    assert!(
        matches!(refused, Err(BulkError::SourceChanged)),
        "{refused:?}"
    );
    drop(from);
    shell(&path, "UPDATE meta SET latest = latest - 1");

    // One that has left no trace there is found by comparing.
    shell(&path, "UPDATE sessions SET last_seen = last_seen + 1");
    from = SqliteBulk::open_source(&path).unwrap();
    let refused = run(&mut from, &mut to).await;
    let Err(BulkError::Differs { table, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(table, "sessions");
    drop(from);
    shell(&path, "UPDATE sessions SET last_seen = last_seen - 1");

    from = SqliteBulk::open_source(&path).unwrap();
    let copied = run(&mut from, &mut to).await.unwrap();
    assert!(copied.was_resumed);
    let sessions = copied.tables.iter().find(|one| one.table == "sessions");
    assert_eq!(sessions.map(|one| one.found), Some(2));

    // It is no target any more, nor is it one of another source.
    let again = run(&mut from, &mut to).await;
    assert!(matches!(again, Err(BulkError::NotEmpty("accounts"))));
    let mut strange = sqlite(&dir.path().join("c.db"));
    to.mark("another 00 0 0").await.unwrap();
    let refused = run(&mut strange, &mut to).await;
    assert!(matches!(refused, Err(BulkError::OtherCopy)));
}

#[tokio::test]
async fn a_store_in_use_is_no_source() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let observer = || Arc::new(RecordingObserver::default());
    let store = SqliteStore::open(SqliteOptions::new(&path), entropy(), observer()).unwrap();
    let refused = SqliteBulk::open_source(&path);
    assert!(matches!(refused, Err(BulkError::InUse(_))), "{refused:?}");
    store.close().await;
    let held = SqliteBulk::open_source(&path).unwrap();
    let opened = SqliteStore::open(SqliteOptions::new(&path), entropy(), observer());
    assert!(opened.is_err());
    drop(held);

    let database = PostgresDatabase::new();
    let node = PostgresStore::open(options(&database), entropy(), observer());
    let node = node.await.unwrap();
    let refused = PostgresBulk::open_source(options(&database)).await;
    assert!(matches!(refused, Err(BulkError::InUse(_))), "{refused:?}");
    node.close().await;
    let held = PostgresBulk::open_source(options(&database)).await.unwrap();
    let mut late = options(&database);
    late.lock_timeout = std::time::Duration::from_millis(100);
    let node = PostgresStore::open(late, entropy(), observer())
        .await
        .unwrap();
    let make = symbolon_testing::Fixtures::default();
    let written = node.check_writable(make.now()).await;
    assert!(written.is_err(), "somebody wrote to what is copied");
    node.close().await;
    drop(held);
}

#[tokio::test]
async fn how_far_it_is_is_told_for_both_steps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    source(&path).await;
    let mut from = SqliteBulk::open_source(&path).unwrap();
    let mut to = sqlite(&dir.path().join("b.db"));
    let told = std::cell::RefCell::new(Vec::new());
    let note = |progress: symbolon_store::bulk::Progress| told.borrow_mut().push(progress);
    let copied = copy(&mut from, &mut to, &note).await.unwrap();
    let rows: u64 = copied.tables.iter().map(|table| table.rows).sum();
    for step in [Step::Copying, Step::Comparing] {
        let of_step = told.borrow();
        let of_step: Vec<_> = of_step.iter().filter(|one| one.step == step).collect();
        assert!(of_step.is_sorted_by_key(|one| one.done));
        assert_eq!(
            of_step.last().map(|one| (one.done, one.of)),
            Some((rows, rows))
        );
    }
}
