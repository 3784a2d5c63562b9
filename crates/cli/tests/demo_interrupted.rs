//! A demo that is interrupted leaves no process and, unless it was killed, no directory behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader},
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
}

impl Demo {
    /// Starts one and waits until its server runs; its API is being started then.
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
        let is_server = |line: &String| line.trim().starts_with("http://");
        assert!(
            said.lines()
                .map(Result::unwrap)
                .any(|line| is_server(&line))
        );
        Self { child, home }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Processes of the demo, which all know its directory from their environment.
    fn processes(&self) -> usize {
        let home = self.home.path().to_str().unwrap();
        let is_ours = |environ: Vec<u8>| String::from_utf8_lossy(&environ).contains(home);
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| std::fs::read(entry.ok()?.path().join("environ")).ok())
            .filter(|environ| is_ours(environ.clone()))
            .count()
    }

    fn everything_ends(&self) {
        #[expect(
            clippy::disallowed_methods,
            reason = "a limit for the test's own patience"
        )]
        let start = Instant::now();
        while self.processes() > 0 {
            assert!(
                start.elapsed() < LIMIT,
                "{} processes are left",
                self.processes()
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
        demo.everything_ends();
        assert_eq!(
            demo.home.path().read_dir().unwrap().count(),
            0,
            "{signal:?}"
        );
    }
}

/// Also one that dies while it starts a process.
#[test]
fn a_killed_demo_leaves_no_process() {
    for _ in 0..10 {
        let mut demo = Demo::start(&["--keep"]);
        demo.signal(Signal::KILL);
        demo.child.wait().unwrap();
        demo.everything_ends();
    }
}
