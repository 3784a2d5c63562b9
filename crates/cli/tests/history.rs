//! A database that was put back without `symbolon restore` is noticed.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test uses its own part")]
#[path = "support/archive.rs"]
mod archive;
#[path = "support/database.rs"]
mod database;

use archive::{
    code, copy, end, errors, log_in, put_back, start, until, until_another_epoch, verifier,
};
use symbolon_protocol::{Cursor, Mark};
use symbolon_testing::{
    ServerProcess,
    administrator::{SECRET, basic},
};

const FOREIGN: &str = "symbolon_log_foreign_cursors_total";

fn epoch(server: &ServerProcess) -> String {
    database::rows(server, "SELECT epoch FROM meta")[0][0].clone()
}

/// The file alone, while the server is stopped: `log.head` knows more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_copied_back_is_noticed_at_the_start() {
    let mut server = start().await;
    let witness = verifier(&server).await;
    let (lost, alive) = (log_in(&server).await, log_in(&server).await);
    assert!(server.terminate().success());
    let database = server.data_dir().join("symbolon.db");
    let copied = server.home().join("copy.db");
    std::fs::copy(&database, &copied).unwrap();
    server.start().await;
    until(&witness, |status| status.live).await;
    end(&server, &lost).await;
    until(&witness, |status| status.entries == 1).await;
    let before = witness.status();
    assert!(server.terminate().success());
    std::fs::copy(&copied, &database).unwrap();
    server.start().await;

    until_another_epoch(&witness, &before).await;
    assert_eq!(code(&witness, &lost.access), "revoked_session");
    assert_eq!(code(&witness, &alive.access), "accepted");
    let told = errors(&server);
    assert!(
        told.len() == 1 && told[0].contains("restore --in-place"),
        "{told:?}"
    );
    // The witness's cursor is what this has brought along.
    assert_eq!(server.metric(FOREIGN, &[]).await, 0.0);
    let changed = epoch(&server);
    // Once.
    assert!(server.terminate().success());
    server.start().await;
    assert_eq!(epoch(&server), changed);
    assert_eq!(errors(&server).len(), 1);
}

/// The same number of entries, but others.
#[tokio::test]
async fn a_log_that_went_on_differently_is_noticed_at_the_start() {
    let mut server = start().await;
    let (one, other) = (log_in(&server).await, log_in(&server).await);
    assert!(server.terminate().success());
    let (database, head) = (
        server.data_dir().join("symbolon.db"),
        server.data_dir().join("log.head"),
    );
    let copied = server.home().join("copy.db");
    std::fs::copy(&database, &copied).unwrap();
    server.start().await;
    end(&server, &one).await;
    assert!(server.terminate().success());
    let noted = std::fs::read(&head).unwrap();
    std::fs::copy(&copied, &database).unwrap();
    std::fs::remove_file(&head).unwrap();
    server.start().await;
    end(&server, &other).await;
    assert!(server.terminate().success());
    // Nothing to compare with is no reason to cry.
    assert_eq!(errors(&server), [""; 0]);
    let before = epoch(&server);
    std::fs::write(&head, noted).unwrap();
    server.start().await;
    assert_ne!(epoch(&server), before);
    assert_eq!(errors(&server).len(), 1);
}

async fn poll(server: &ServerProcess, cursor: Cursor, authorization: Option<&str>) {
    let path = format!("/revocations?wait=0&instance=x&after={cursor}");
    let mut call = server.api().get(&path);
    if let Some(value) = authorization {
        call = call.header("authorization", value);
    }
    let _ = call.send().await.expect(200);
}

/// Of everything, as a virtual machine's: nothing but the verifiers knows more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_of_the_machine_is_noticed_by_its_verifiers() {
    let mut server = start().await;
    let witness = verifier(&server).await;
    let (lost, alive) = (log_in(&server).await, log_in(&server).await);
    assert!(server.terminate().success());
    let copied = server.home().join("copy");
    copy(&server.data_dir(), &copied);
    server.start().await;
    until(&witness, |status| status.live).await;
    end(&server, &lost).await;
    until(&witness, |status| status.entries == 1).await;
    assert!(server.terminate().success());
    put_back(&copied, &server.data_dir());
    let old = epoch(&server);
    let before = witness.status();
    server.start().await;

    until_another_epoch(&witness, &before).await;
    assert_eq!(code(&witness, &lost.access), "revoked_session");
    assert_eq!(code(&witness, &alive.access), "accepted");
    assert_ne!(epoch(&server), old);
    assert_eq!(server.metric(FOREIGN, &[]).await, 1.0);
    let told = errors(&server);
    assert!(
        told.len() == 1 && told[0].contains("restore --in-place"),
        "{told:?}"
    );
}

#[tokio::test]
async fn made_up_cursors_of_strangers_change_nothing_and_those_of_clients_little() {
    let server = setup_public().await;
    let forged = |seq| Cursor {
        seq,
        mark: Mark([7; 16]),
    };
    let first = epoch(&server);
    for seq in [0, 1, 5, u64::MAX] {
        poll(&server, forged(seq), None).await;
    }
    assert_eq!(server.metric(FOREIGN, &[]).await, 0.0);
    assert_eq!(epoch(&server), first);
    let client = basic("orders", SECRET);
    for seq in [1, 5, 0, u64::MAX] {
        poll(&server, forged(seq), Some(&client)).await;
    }
    assert_eq!(server.metric(FOREIGN, &[]).await, 1.0);
    let changed = epoch(&server);
    assert_ne!(changed, first);
    let told = database::rows(
        &server,
        "SELECT actor, target_id FROM audit_events WHERE action = 'epoch_changed'",
    );
    assert_eq!(told, [["system".to_owned(), changed]]);
}

/// As [`start`], with a log that anybody may read.
async fn setup_public() -> ServerProcess {
    symbolon_testing::administrator::setup(env!("CARGO_BIN_EXE_symbolon"), "")
        .set("revocations.public", "true")
        .start()
        .await
}
