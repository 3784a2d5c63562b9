//! `symbolon backup`: of a server that runs, was killed, or is stopped.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[expect(dead_code, reason = "each test uses its own part")]
#[path = "support/archive.rs"]
mod archive;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use archive::{json_of, run, start};
use symbolon_testing::ServerProcess;

/// The names in a directory that begin with a text.
fn named(directory: &Path, prefix: &str) -> Vec<String> {
    let names = std::fs::read_dir(directory).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(prefix)).collect()
}

/// How many accounts a backup says that it holds.
fn accounts_in(server: &ServerProcess, file: &str) -> u64 {
    let said = json_of(server, &["backup", file]);
    let path = server.home().join(file);
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let master_key = server.data_dir().join("master.key");
    assert_eq!(said["master_key"], master_key.display().to_string());
    let key = std::fs::read(master_key).unwrap();
    let backup = std::fs::read(path).unwrap();
    assert!(!backup.windows(key.len()).any(|window| window == key));
    said["contents"]["accounts"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_holds_what_was_acknowledged_before_it() {
    let mut server = start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..4)
        .map(|number| {
            let (api, stop) = (server.api(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut made = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    api.register(&format!("user-{number}-{made}")).await;
                    made += 1;
                }
                made
            })
        })
        .collect();
    let mut before = 0;
    for number in 0..5 {
        server.api().register(&format!("known-{number}")).await;
        let found = accounts_in(&server, &format!("running-{number}.db"));
        assert!(found > before, "{found} after {before}");
        before = found;
    }
    stop.store(true, Ordering::Relaxed);
    let mut made = 5 + 1;
    for one in load {
        made += one.await.unwrap();
    }
    assert_eq!(accounts_in(&server, "quiet.db"), made);
    // With a write-ahead log that nobody has moved into the database.
    server.kill();
    assert_eq!(accounts_in(&server, "killed.db"), made);
    server.start().await;
    assert!(server.terminate().success());
    assert_eq!(accounts_in(&server, "stopped.db"), made);
    assert_eq!(named(server.home(), ".symbolon-backup-"), [""; 0]);
    println!("{made} accounts, {before} of them in the last backup under load");
}

#[tokio::test]
async fn no_file_is_replaced_by_accident() {
    let server = start().await;
    let file = server.home().join("backup.db");
    std::fs::write(&file, "precious").unwrap();
    let refused = run(&server, &["backup", "backup.db"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    let refused = run(&server, &["backup", "-"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let forced = run(&server, &["backup", "--force", "backup.db"]);
    assert!(forced.status.success(), "{forced:?}");
    assert!(
        std::fs::read(&file)
            .unwrap()
            .starts_with(b"SQLite format 3")
    );
    let nowhere = run(&server, &["backup", "no/such/directory/backup.db"]);
    assert_eq!(nowhere.status.code(), Some(3), "{nowhere:?}");
    assert_eq!(named(server.home(), ".symbolon-backup-"), [""; 0]);
}
