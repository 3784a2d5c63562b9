//! EIO and ENOSPC at every system call by which the server reads and writes its files, in turn, once
//! or for ever from then on: nothing is acknowledged that is not on the disk, the process answers
//! 503 meanwhile and recovers by itself, and one that cannot start says why.
//!
//! The server is killed afterwards, so that nothing but the disk can tell what had happened. In CI a
//! sample; `cargo xtask drill error-sweep` goes through all of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use symbolon_testing::ServerProcess;
use tempfile::NamedTempFile;

use crate::{
    faults::{Faults, has_injected},
    history::{History, Reply, STEPS, Step},
    log_reader::LogReader,
    stage::{Stage, State, can_trace},
    sweep::{self, Point, Ran, Scene, sweep},
};

/// How many of the calls a run in CI passes over between two that it takes.
const EVERY: u32 = 100;

/// What a start does to files.
const STARTING: [&str; 10] = [
    "openat",
    "pread64",
    "pwrite64",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "renameat2",
    "mmap",
];

/// Where it does it: in the data directory itself and in these files of it.
const FILES: [&str; 8] = [
    "",
    "lock",
    "master.key",
    "setup-code",
    "symbolon.db",
    "symbolon.db-journal",
    "symbolon.db-wal",
    "symbolon.db-shm",
];

/// What a running server does to its database.
const RUNNING: [&str; 7] = [
    "openat",
    "pread64",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
];

/// How often a client asks again that was told to.
const TRIES: u32 = 5;

/// Which error, and whether it passes.
#[derive(Debug, Clone, Copy)]
struct Failing {
    error: &'static str,
    for_ever: bool,
}

const FAILINGS: [Failing; 4] = [
    Failing {
        error: "EIO",
        for_ever: false,
    },
    Failing {
        error: "EIO",
        for_ever: true,
    },
    Failing {
        error: "ENOSPC",
        for_ever: false,
    },
    Failing {
        error: "ENOSPC",
        for_ever: true,
    },
];

impl Failing {
    fn effect(self, point: Point) -> String {
        let ever = if self.for_ever { "+" } else { "" };
        format!("error={}:when={}{ever}", self.error, point.number)
    }
}

/// Lets every call fail, or a sample of them.
async fn fail_at_each(name: &str, state: State, calls: &'static [&'static str]) {
    if !can_trace() {
        return;
    }
    let scene = Scene { state, calls };
    let mut violations = 0;
    for failing in FAILINGS {
        let ever = if failing.for_ever {
            " and from then on"
        } else {
            ""
        };
        let what = format!("{name}: {}{ever}", failing.error);
        let every = sweep::every(EVERY);
        let figures = sweep(scene, &what, every, move |stage, scene, point| async move {
            if scene.begins_with_start() {
                fail_while_starting(stage, scene, point, failing).await
            } else {
                fail_while_running(stage, point, failing).await
            }
        });
        violations += figures.await.violations;
    }
    assert_eq!(violations, 0);
}

#[tokio::test]
async fn an_error_in_a_first_start() {
    fail_at_each("first start", State::Nothing, &STARTING).await;
}

#[tokio::test]
async fn an_error_before_there_are_keys() {
    fail_at_each("first keys", State::Schema, &STARTING).await;
}

#[tokio::test]
async fn an_error_in_a_history() {
    fail_at_each("history", State::Closed, &RUNNING).await;
}

#[tokio::test]
async fn an_error_in_a_history_over_a_checkpoint() {
    fail_at_each("history over a checkpoint", State::LongLog, &RUNNING).await;
}

#[tokio::test]
async fn an_error_in_a_start_after_a_kill() {
    fail_at_each("start after a kill, stop", State::Killed, &STARTING).await;
}

/// A start either succeeds or says what it failed of, and changes nothing that was acknowledged.
async fn fail_while_starting(
    mut stage: Stage,
    scene: Scene,
    point: Point,
    failing: Failing,
) -> Ran {
    let trace = NamedTempFile::new().unwrap();
    let said = stage.server.log().len();
    let mut words = point.strace(&failing.effect(point), trace.path().to_str().unwrap());
    // The dynamic loader makes calls of its own.
    let data = stage.server.data_dir();
    for name in FILES {
        words.push("-P".to_owned());
        let path = if name.is_empty() {
            data.clone()
        } else {
            data.join(name)
        };
        words.push(path.to_str().unwrap().to_owned());
    }
    stage.server.run_under(&words);
    stage.server.launch();
    let pid = stage.server.pid();
    match stage.server.listening_or_ended().await {
        Some(status) => {
            assert!(matches!(status.code(), Some(2 | 3)), "{status:?}");
            let log = stage.server.log();
            let log = log.get(said..).unwrap_or_default();
            let message = log.lines().any(|line| line.starts_with("error: "));
            assert!(message && !log.contains("panicked"), "{log}");
        }
        None => {
            alive_and_honest(&stage.server).await;
            stage.server.ask_to_stop();
            let ended = tokio::time::timeout(Duration::from_secs(20), stage.server.ended());
            let status = ended.await.unwrap();
            assert!(status.success(), "{status:?}");
        }
    }
    sweep::traced(trace.path(), pid).await;
    let mut ran = Ran {
        fired: has_injected(trace.path()),
        ..Ran::default()
    };
    if matches!(scene.state, State::Nothing | State::Schema) {
        stage.first_start_must_be_repeatable().await;
        ran.restarts = 2;
    } else {
        let past = stage.past();
        stage.must_hold(past, None).await;
        ran.restarts = 1;
    }
    ran.stage = Some(stage);
    ran
}

async fn fail_while_running(mut stage: Stage, point: Point, failing: Failing) -> Ran {
    stage.server.run_under(&[""; 0]);
    stage.server.start().await;
    let log = LogReader::new(&stage.server).await;
    let mut history = stage.history();
    let effect = failing.effect(point);
    let faults = Faults::begin(stage.server.pid(), point.call, &effect).unwrap();
    // Killed while nothing works, or after everything has worked again.
    let fired = if failing.for_ever && !point.number.is_multiple_of(2) {
        go_on_while_it_works(&mut history).await;
        alive_and_honest(&stage.server).await;
        stage.server.kill();
        faults.end()
    } else {
        let mut done = 0;
        if failing.for_ever {
            done = go_on_while_it_works(&mut history).await;
            alive_and_honest(&stage.server).await;
        } else {
            for step in STEPS {
                insist(&mut history, step).await;
                done += 1;
            }
        }
        let fired = faults.end();
        becomes_ready(&stage.server).await;
        for step in STEPS.into_iter().skip(done) {
            insist(&mut history, step).await;
        }
        stage.server.kill();
        fired
    };
    let acknowledged = history.acknowledged;
    stage.must_hold(history, Some(log)).await;
    Ran {
        fired,
        restarts: 1,
        acknowledged,
        stage: Some(stage),
    }
}

/// Asks for one change after the other until one is refused; how many were acknowledged.
async fn go_on_while_it_works(history: &mut History) -> usize {
    for (done, step) in STEPS.into_iter().enumerate() {
        match history.take(step).await {
            Reply::Acknowledged => {}
            Reply::Refused => return done,
            Reply::Lost => panic!("no answer to {step:?}"),
        }
    }
    STEPS.len()
}

/// Asks until it is done, as the answer says that one may.
async fn insist(history: &mut History, step: Step) {
    for _ in 0..TRIES {
        match history.take(step).await {
            Reply::Acknowledged => return,
            Reply::Refused => {}
            Reply::Lost => panic!("no answer to {step:?}"),
        }
    }
    panic!("{step:?} was refused {TRIES} times");
}

/// The process answers, and says that it is ready or that its store is not.
async fn alive_and_honest(server: &ServerProcess) {
    assert_eq!(server.ops().get("/livez").send().await.status, 200);
    let ready = server.ops().get("/readyz").send().await;
    if ready.status != 200 {
        // A page that the disk does not read looks like one that is damaged.
        let honest = ["store_unavailable", "store_damaged"];
        assert_eq!(ready.status, 503);
        assert!(honest.contains(&ready.code().as_str()), "{}", ready.code());
    }
}

async fn becomes_ready(server: &ServerProcess) {
    let ready = async {
        while server.ops().get("/readyz").send().await.status != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ready)
        .await
        .unwrap();
}
