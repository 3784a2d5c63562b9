//! A log whose history is not what it was.

use std::path::Path;

use symbolon_testing::Login;
use symbolon_verifier::Verifier;

use crate::world::{World, code, until};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Everything that was ever ended is refused.
fn forgets_nothing(verifier: &Verifier, ended: &[&Login]) {
    for login in ended {
        assert_eq!(code(verifier, &login.access), "revoked_session");
    }
}

#[tokio::test]
async fn a_log_rolled_back_under_the_same_epoch_is_noticed_by_its_marks() {
    let mut world = World::start().await;
    let verifier = world.verifier().await;
    let logins = [
        world.log_in().await,
        world.log_in().await,
        world.log_in().await,
        world.log_in().await,
    ];
    let [kept, lost, later, alive] = &logins;
    world.end(kept).await;
    until(&verifier, |status| status.entries == 1).await;
    let epoch = verifier.status().epoch;
    let backup = world.server.home().join("backup");
    assert!(world.server.terminate().success());
    copy(&world.server.data_dir(), &backup);
    world.server.start().await;
    world.end(lost).await;
    until(&verifier, |status| status.entries == 2).await;

    // While the verifier sees nothing, the log goes back and on in another way, up to the same
    // number: numbers alone would not tell.
    world.proxy.close().await;
    assert!(world.server.terminate().success());
    std::fs::remove_dir_all(world.server.data_dir()).unwrap();
    std::fs::rename(&backup, world.server.data_dir()).unwrap();
    restrict(&world.server.data_dir());
    world.server.start().await;
    world.end(later).await;
    world.proxy.open().await;

    until(&verifier, |status| status.entries == 3 && status.live).await;
    assert_eq!(verifier.status().epoch, epoch);
    forgets_nothing(&verifier, &[kept, lost, later]);
    world.recovers(&verifier, &[kept, lost, later], alive).await;
}

/// A data directory is its owner's alone.
fn restrict(directory: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let owner = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(directory, owner).unwrap();
}

#[tokio::test]
async fn another_epoch_is_merged() {
    let mut world = World::start().await;
    let verifier = world.verifier().await;
    let logins = [
        world.log_in().await,
        world.log_in().await,
        world.log_in().await,
    ];
    let [lost, later, alive] = &logins;
    world.end(lost).await;
    until(&verifier, |status| status.entries == 1).await;
    let before = verifier.status().epoch;

    assert!(world.server.terminate().success());
    let database = world.server.data_dir().join("symbolon.db");
    let database = rusqlite::Connection::open(database).unwrap();
    database
        .execute_batch(
            "DELETE FROM revocations;
             UPDATE meta SET epoch = 'restored', log_origin = randomblob(16);",
        )
        .unwrap();
    drop(database);
    // As `symbolon restore` does: nothing is left to compare this log with.
    std::fs::remove_file(world.server.data_dir().join("log.head")).unwrap();
    world.server.start().await;
    world.end(later).await;

    until(&verifier, |status| status.entries == 2 && status.live).await;
    assert_ne!(verifier.status().epoch, before);
    assert_eq!(verifier.status().epoch.as_deref(), Some("restored"));
    world.recovers(&verifier, &[lost, later], alive).await;
}
