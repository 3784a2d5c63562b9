//! What the service manager is told, through a real socket like systemd's.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{os::unix::net::UnixDatagram, process::Command, time::Duration};

use symbolon_testing::ServerSetup;
use tempfile::TempDir;

/// A service manager that listens.
struct Manager {
    socket: UnixDatagram,
    directory: TempDir,
}

impl Manager {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        let patience = Duration::from_secs(30);
        socket.set_read_timeout(Some(patience)).unwrap();
        Self { socket, directory }
    }

    /// The variable that says where it listens.
    fn variable(&self) -> String {
        let path = self.directory.path().join("notify");
        format!("NOTIFY_SOCKET={}", path.display())
    }

    /// The next message's lines.
    fn next(&self) -> Vec<String> {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).unwrap();
        let text = String::from_utf8(message[..length].to_vec()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Reads messages until one has this line.
    fn wait_for(&self, line: &str) {
        while !self.next().iter().any(|said| said == line) {}
    }
}

#[tokio::test]
async fn systemd_is_told_when_we_are_ready_and_when_we_stop() {
    let manager = Manager::new();
    let variable = manager.variable();
    let mut server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .under(&["env", &variable])
        .prepare();
    server.launch();
    let first = manager.next();
    assert!(first.contains(&"READY=1".to_owned()), "{first:?}");
    let serving = format!("STATUS=serving {}", server.issuer());
    assert!(first.contains(&serving), "{first:?}");
    // Who is told that it is ready may connect at once.
    let _ = server.api().get("/api/v1/me").send().await.expect(401);
    assert!(server.terminate().success());
    let second = manager.next();
    assert!(second.contains(&"STOPPING=1".to_owned()), "{second:?}");
}

#[tokio::test]
async fn a_watchdog_gets_signs_of_life_from_the_writer() {
    let manager = Manager::new();
    let variable = manager.variable();
    let mut server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .under(&["env", &variable, "WATCHDOG_USEC=100000"])
        .prepare();
    server.launch();
    manager.wait_for("READY=1");
    for _ in 0..5 {
        manager.wait_for("WATCHDOG=1");
    }
    // A store that fails is not mended by a new process.
    server.limit_file_size(Some(0));
    for _ in 0..3 {
        manager.wait_for("WATCHDOG=1");
    }
    server.limit_file_size(None);
    assert!(server.terminate().success());
    manager.wait_for("STOPPING=1");
}

#[tokio::test]
async fn nobody_is_told_where_nobody_listens() {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"));
    let mut server = server
        .under(&["env", "NOTIFY_SOCKET=/nowhere/notify"])
        .prepare();
    server.start().await;
    assert!(server.terminate().success(), "it serves all the same");
    // Written beside the first answers, so it is there for certain at the end.
    assert!(server.log().contains("the service manager was not told"));
}

#[test]
fn the_unit_is_sound_and_exposes_little() {
    let unit = include_str!("../../../ops/systemd/symbolon.service");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("symbolon.service");
    let here = unit.replace("/usr/local/bin/symbolon", env!("CARGO_BIN_EXE_symbolon"));
    std::fs::write(&file, here).unwrap();
    for arguments in [
        &["verify"][..],
        &["security", "--offline=true", "--threshold=15"],
    ] {
        let mut command = Command::new("systemd-analyze");
        let output = match command.args(arguments).arg(&file).output() {
            Ok(output) => output,
            Err(error) => {
                println!("skipped: systemd-analyze did not start: {error}");
                return;
            }
        };
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        // What it only warns of would be ignored by systemd.
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "", "{arguments:?}");
    }
}
