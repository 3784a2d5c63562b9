//! A demo that is interrupted leaves no process and, unless it was killed, no directory behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long processes may take to end.
const LIMIT: Duration = Duration::from_secs(20);

struct Demo {
    child: Child,
    home: TempDir,
    server: SocketAddr,
}

impl Demo {
    /// Starts one and waits until its server runs.
    fn start(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_symbolon"))
            .arg("demo")
            .args(arguments)
            .env("TMPDIR", home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let server = said
            .lines()
            .find_map(|line| line.unwrap().trim().strip_prefix("http://")?.parse().ok())
            .unwrap();
        Self {
            child,
            home,
            server,
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The server's port is closed once its process is gone.
    fn server_ends(&self) {
        #[expect(
            clippy::disallowed_methods,
            reason = "a limit for the test's own patience"
        )]
        let start = Instant::now();
        while TcpStream::connect(self.server).is_ok() {
            assert!(
                start.elapsed() < LIMIT,
                "the server at {} is left",
                self.server
            );
            // Another process's end is told to its parent alone.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn signals_end_it_with_everything_of_it() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut demo = Demo::start(&[]);
        demo.signal(signal);
        let status = demo.child.wait().unwrap();
        assert_eq!(status.code(), Some(1), "{signal:?}");
        demo.server_ends();
        assert_eq!(
            demo.home.path().read_dir().unwrap().count(),
            0,
            "{signal:?}"
        );
    }
}

#[test]
fn a_killed_demo_leaves_no_process() {
    let mut demo = Demo::start(&["--keep"]);
    demo.signal(Signal::KILL);
    demo.child.wait().unwrap();
    demo.server_ends();
}
