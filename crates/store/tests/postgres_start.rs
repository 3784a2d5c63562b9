//! Opening: many nodes at once, databases that are not ours, settings that would lose commits.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/postgres.rs"]
mod support;

use support::{Node, connection};
use symbolon_core::{
    model::AuditContext,
    store::{AccountStore as _, CreateAccount, LogStore as _},
};
use symbolon_store::postgres::{
    Migration, OpenError, PostgresOptions, SchemaState, check, migrate, migrate_with,
};
use symbolon_testing::{Fixtures, PostgresCluster, PostgresDatabase, SeededEntropy};

fn options(database: &PostgresDatabase) -> PostgresOptions {
    PostgresOptions::new(database.url().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_nodes_start_at_once_on_an_empty_database() {
    let database = PostgresDatabase::new();
    let nodes = (0..10).map(|seed| {
        let url = database.url();
        tokio::spawn(async move { Node::open(&url, seed, |options| options.connections = 2).await })
    });
    let nodes: Vec<_> = nodes.collect();
    let mut epochs = Vec::new();
    for node in nodes {
        epochs.push(node.await.unwrap().store.log_state().await.unwrap().epoch);
    }
    assert!(epochs.iter().all(|epoch| *epoch == epochs[0]), "{epochs:?}");
    assert_eq!(database.sql("SELECT count(*) FROM symbolon_meta"), "1");
}

#[tokio::test]
async fn a_migration_is_pending_until_it_was_run() {
    let database = PostgresDatabase::new();
    let options = options(&database);
    let empty = check(&options).await.unwrap();
    assert!(empty.is_pending() && empty.version == 0);
    assert_eq!(
        database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
        "0"
    );
    assert_eq!(
        migrate(&options, &SeededEntropy::new(1)).await.unwrap(),
        empty
    );
    let SchemaState { version, known } = check(&options).await.unwrap();
    assert_eq!(version, known);
}

#[tokio::test]
async fn what_came_with_an_extension_is_nobodys() {
    let database = PostgresDatabase::new();
    database.sql("CREATE EXTENSION pg_stat_statements");
    let state = migrate(&options(&database), &SeededEntropy::new(1)).await;
    assert!(state.unwrap().is_pending());
    assert!(!check(&options(&database)).await.unwrap().is_pending());
}

#[tokio::test]
async fn what_is_not_ours_or_too_new_is_refused_and_left_alone() {
    let database = PostgresDatabase::new();
    database.sql("CREATE TABLE accounts (id int)");
    let refused = check(&options(&database)).await;
    assert!(
        matches!(refused, Err(OpenError::NotSymbolon)),
        "{refused:?}"
    );
    let refused = migrate(&options(&database), &SeededEntropy::new(1)).await;
    assert!(
        matches!(refused, Err(OpenError::NotSymbolon)),
        "{refused:?}"
    );
    // A schema of its own beside the other's tables will do.
    database.sql("CREATE SCHEMA symbolon");
    let url = format!("{}?options=-csearch_path%3Dsymbolon", database.url());
    let node = Node::open(&url, 1, |_| {}).await;
    assert_eq!(node.revoke(&Fixtures::default()).await, 1);
    database.sql("UPDATE symbolon.symbolon_meta SET schema_version = 9, oldest_compatible = 8");
    let refused = check(&PostgresOptions::new(url.parse().unwrap())).await;
    let too_new = matches!(
        refused,
        Err(OpenError::TooNew {
            version: 9,
            oldest_compatible: 8,
            ..
        })
    );
    assert!(too_new, "{refused:?}");
}

/// A newer schema that an older release can still work on is left as it is.
#[tokio::test]
async fn a_newer_schema_that_is_compatible_is_worked_on() {
    let database = PostgresDatabase::new();
    let node = Node::new(&database, 1).await;
    database.sql("UPDATE symbolon_meta SET schema_version = 9, oldest_compatible = 1");
    let other = Node::new(&database, 2).await;
    let seq = other.revoke(&Fixtures::default()).await;
    node.sees(seq).await;
    assert_eq!(
        database.sql("SELECT schema_version FROM symbolon_meta"),
        "9"
    );
}

/// What a statement of a migration waits for, everybody waits for who comes after it: so it gives way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_go_on_while_a_migration_waits_for_a_transaction() {
    const NEXT: Migration = Migration {
        version: 2,
        oldest_compatible: 1,
        sql: "ALTER TABLE accounts ADD COLUMN next_note TEXT",
    };
    let database = PostgresDatabase::new();
    let node = Node::new(&database, 1).await;
    let make = Fixtures::default();
    let create = async |name: String| {
        let (new, now) = (make.account(&name), make.now());
        let created = node.store.create_account(new, AuditContext::system(), now);
        assert_eq!(created.await, Ok(CreateAccount::Created));
    };
    let held = connection(&database).await;
    held.batch_execute("BEGIN; SELECT 1 FROM accounts")
        .await
        .unwrap();
    let options = options(&database);
    let migrating =
        tokio::spawn(async move { migrate_with(&options, &SeededEntropy::new(1), &[NEXT]).await });
    let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                 AND wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'";
    let beside = connection(&database).await;
    while beside.query(waits, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    for number in 0..20 {
        create(format!("user{number}")).await;
    }
    assert!(!migrating.is_finished());
    held.batch_execute("COMMIT").await.unwrap();
    assert_eq!(migrating.await.unwrap().unwrap().version, 1);
    create("another".to_owned()).await;
    let found = "SELECT schema_version, (SELECT count(*) FROM accounts WHERE next_note IS NULL)
                 FROM symbolon_meta";
    assert_eq!(database.sql(found), "2|21");
}

/// A commit that was answered is on the disk, whatever the server's default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_are_durable_whatever_the_server_says() {
    let make = Fixtures::default();
    for (setting, ours) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        let cluster = PostgresCluster::start_with(&[&format!("synchronous_commit={setting}")]);
        let database = cluster.database();
        for pooler in [false, true] {
            let node = Node::open(&database.url(), 1, |options| {
                options.transaction_pooler = pooler;
                options.connections = 1;
            })
            .await;
            // A trigger sees what the transaction has.
            let spy = connection(&database).await;
            spy.batch_execute(
                "DROP TABLE IF EXISTS seen; CREATE TABLE seen (setting text);
                 CREATE OR REPLACE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     INSERT INTO seen VALUES (current_setting('synchronous_commit'));
                     RETURN NEW;
                 END $$;
                 DROP TRIGGER IF EXISTS spy ON revocations;
                 CREATE TRIGGER spy AFTER INSERT ON revocations
                     FOR EACH ROW EXECUTE FUNCTION spy()",
            )
            .await
            .unwrap();
            node.revoke(&make).await;
            assert_eq!(
                database.sql("SELECT setting FROM seen"),
                ours,
                "{setting}, {pooler}"
            );
        }
    }
}
