//! SIGKILL at every system call by which the server writes, in turn: what was acknowledged is there
//! after the next start, everything else happened or did not, and nothing is half there.
//!
//! The client logs in, refreshes three times, has its grant revoked and logs out. A call does not
//! happen when the process is killed at it, so killing at one and at the next shows the file between
//! the two. In CI a sample; `cargo xtask drill kill-sweep` goes through all of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::process::ExitStatusExt as _;

use crate::{
    faults::Faults,
    history::{Reply, STEPS},
    log_reader::LogReader,
    stage::{Stage, State, can_trace},
    sweep::{self, Point, Ran, Scene, sweep},
};

/// How many of the calls a run in CI passes over between two that it takes.
const EVERY: u32 = 40;

/// What changes a file or is about to.
const FILES: [&str; 9] = [
    "openat",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "renameat2",
    "mmap",
    "write",
];

/// The same and what answers, so that something is committed of which nobody hears.
const FILES_AND_ANSWERS: [&str; 7] = [
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "writev",
    "sendto",
];

/// Kills at every call, or a sample of them, and fails if anything acknowledged was lost.
async fn kill_at_each(name: &str, state: State, calls: &'static [&'static str]) {
    if can_trace() {
        let scene = Scene { state, calls };
        let figures = sweep(scene, name, sweep::every(EVERY), kill_at).await;
        assert_eq!(figures.violations, 0);
    }
}

#[tokio::test]
async fn a_kill_in_a_first_start() {
    kill_at_each("first start", State::Nothing, &FILES).await;
}

#[tokio::test]
async fn a_kill_before_there_are_keys() {
    kill_at_each("first keys", State::Schema, &FILES).await;
}

#[tokio::test]
async fn a_kill_in_a_history_and_its_stop() {
    kill_at_each("history, stop", State::Closed, &FILES_AND_ANSWERS).await;
}

#[tokio::test]
async fn a_kill_in_a_history_over_a_checkpoint() {
    let calls = &FILES_AND_ANSWERS;
    kill_at_each("history over a checkpoint, stop", State::LongLog, calls).await;
}

#[tokio::test]
async fn a_kill_in_a_start_after_a_kill() {
    kill_at_each("start after a kill, stop", State::Killed, &FILES).await;
}

async fn kill_at(mut stage: Stage, scene: Scene, point: Point) -> Ran {
    let effect = format!("signal=KILL:when={}", point.number);
    let mut ran = Ran::default();
    let (mut history, mut log) = (stage.past(), None);
    let status = if scene.begins_with_start() {
        stage.server.run_under(&point.strace(&effect, "/dev/null"));
        stage.server.launch();
        match stage.server.ready_or_ended().await {
            Some(status) => status,
            None => stage.server.terminate(),
        }
    } else {
        stage.server.run_under(&[""; 0]);
        stage.server.start().await;
        history = stage.history();
        log = Some(LogReader::new(&stage.server).await);
        let _faults = Faults::begin(stage.server.pid(), point.call, &effect).unwrap();
        let mut lost = false;
        for step in STEPS {
            lost = history.take(step).await == Reply::Lost;
            if lost {
                break;
            }
        }
        ran.acknowledged = history.acknowledged;
        match lost {
            true => stage.server.ended().await,
            false => stage.server.terminate(),
        }
    };
    ran.fired = status.signal() == Some(9);
    assert!(ran.fired || status.success(), "{status:?}");
    if matches!(scene.state, State::Nothing | State::Schema) {
        stage.first_start_must_be_repeatable().await;
        ran.restarts = 2;
    } else {
        stage.must_hold(history, log).await;
        ran.restarts = 1;
    }
    ran.stage = Some(stage);
    ran
}
