//! A store that fails under the running server: every change is a 503 and did not happen, what
//! memory knows is still answered, nobody is told that they are not logged in, and all is well
//! again as soon as the store is, without a restart.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/faults.rs"]
mod faults;
#[path = "support/log_reader.rs"]
mod log_reader;
#[path = "support/witness.rs"]
mod witness;

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use faults::Faults;
use symbolon_testing::{ServerProcess, ServerSetup};
use witness::{Witness, becomes_ready, is_alive_but_not_ready, must_be_the_store, seen_by};

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("tokens.refresh_grace", "60s")
        .set("tokens.access_lifetime", "60m")
}

/// A mount namespace, in which a small disk can be had; for others than root within a user
/// namespace, if the system lets them.
const NAMESPACES: [&[&str]; 2] = [
    &["unshare", "--mount"],
    &["unshare", "--user", "--map-root-user", "--mount"],
];

const MOUNT: &str = "mount -t tmpfs -o size=6m,mode=700 tmpfs \"$SYMBOLON_SERVER__DATA_DIR\"";

/// The program under which a process sees a small disk as its data directory.
fn small_disk() -> Option<Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let namespace = NAMESPACES.into_iter().find(|words| {
        let mut probe = Command::new("unshare");
        probe.args(words.iter().skip(1)).args(["sh", "-c", MOUNT]);
        probe.env("SYMBOLON_SERVER__DATA_DIR", directory.path());
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })?;
    let run = format!("{MOUNT} && exec \"$@\"");
    let words = namespace.iter().copied();
    let words = words.chain(["sh", "-c", run.as_str(), "sh"]);
    Some(words.map(str::to_owned).collect())
}

/// Takes all the space that is left.
fn fill(path: &Path) {
    let mut ballast = File::options()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    while ballast.write_all(&[0; 4096]).is_ok() {}
}

#[tokio::test]
async fn a_full_disk_refuses_changes_and_nothing_else() {
    let Some(disk) = small_disk() else {
        println!("skipped: this machine lets nobody mount a small disk");
        return;
    };
    let disk: Vec<_> = disk.iter().map(String::as_str).collect();
    let mut server = setup().under(&disk).prepare();
    std::fs::create_dir(server.data_dir()).unwrap();
    server.start().await;
    let mut witness = Witness::new(&server).await;
    let ballast = seen_by(&server, &server.data_dir().join("ballast"));
    for _ in 0..3 {
        // Room that the write-ahead log has already is used up first, by the smallest change.
        fill(&ballast);
        while server.ops().get("/readyz").send().await.status == 200 {}
        is_alive_but_not_ready(&server).await;
        witness.changes_fail().await;
        witness.reads_from_memory_work().await;
        witness.other_reads_are_right_or_fail().await;
        std::fs::remove_file(&ballast).unwrap();
        becomes_ready(&server).await;
        witness.nothing_happened().await;
        witness.changes_work().await;
    }
}

#[tokio::test]
async fn files_that_cannot_be_written_refuse_changes_and_nothing_else() {
    let mut server = setup().start().await;
    let mut witness = Witness::new(&server).await;
    for _ in 0..3 {
        // Every write to every file fails, the log's too.
        server.limit_file_size(Some(0));
        is_alive_but_not_ready(&server).await;
        witness.changes_fail().await;
        witness.reads_from_memory_work().await;
        witness.other_reads_are_right_or_fail().await;
        server.limit_file_size(None);
        becomes_ready(&server).await;
        witness.nothing_happened().await;
        witness.changes_work().await;
    }
    server.limit_file_size(Some(0));
    witness.changes_fail().await;
    server.kill();
    server.start().await;
    witness.history_is_whole().await;
}

/// Faults, or `None` after the reason was printed.
#[expect(
    clippy::print_stdout,
    reason = "that is how a test says that it cannot run"
)]
fn begin(server: &ServerProcess, calls: &str, effect: &str) -> Option<Faults> {
    match Faults::begin(server.pid(), calls, effect) {
        Ok(faults) => Some(faults),
        Err(said) => {
            println!("skipped: strace is missing or may not attach itself: {said}");
            assert!(std::env::var_os("CI").is_none(), "CI must run this test");
            None
        }
    }
}

#[tokio::test]
async fn a_disk_that_does_not_sync_acknowledges_nothing() {
    let mut server = setup().start().await;
    let mut witness = Witness::new(&server).await;
    for _ in 0..2 {
        let Some(faults) = begin(&server, "fsync,fdatasync", "error=EIO") else {
            return;
        };
        is_alive_but_not_ready(&server).await;
        witness.changes_fail().await;
        witness.reads_from_memory_work().await;
        witness.other_reads_are_right_or_fail().await;
        faults.end();
        becomes_ready(&server).await;
        witness.nothing_happened().await;
        witness.changes_work().await;
    }
    server.kill();
    server.start().await;
    witness.history_is_whole().await;
}

#[tokio::test]
async fn a_disk_that_does_not_read_logs_nobody_out() {
    let mut server = setup().start().await;
    let mut witness = Witness::new(&server).await;
    for _ in 0..2 {
        witness.log_in_afresh().await;
        let Some(faults) = begin(&server, "pread64,pwrite64,fdatasync", "error=EIO") else {
            return;
        };
        let stranger = format!("symbolon={}", "A".repeat(43));
        for cookie in [&witness.fresh.cookie, &stranger] {
            let answer = server.api().me(cookie).await;
            must_be_the_store("me", &answer);
        }
        witness.reads_from_memory_work().await;
        witness.other_reads_are_right_or_fail().await;
        witness.changes_fail().await;
        let wrong = server.api().try_log_in("anna", "wrong battery").await;
        assert!(matches!(wrong.status, 401 | 503), "{wrong:?}");
        is_alive_but_not_ready(&server).await;
        faults.end();
        becomes_ready(&server).await;
        assert_eq!(server.api().me(&stranger).await.code(), "session_unknown");
        witness.history_is_whole().await;
    }
    server.kill();
    server.start().await;
    witness.history_is_whole().await;
}
