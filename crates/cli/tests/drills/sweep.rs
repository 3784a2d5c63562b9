//! Goes through the system calls of a scene one by one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stdout,
    reason = "which point was at fault is for whoever reads the output"
)]

use std::{path::Path, time::Duration};

use crate::{
    dice,
    history::Acknowledged,
    stage::{Figures, Stage, State},
};

/// How far apart the calls are that are taken: `SYMBOLON_TEST_EVERY`, 1 for all of them.
pub(crate) fn every(otherwise: u32) -> u32 {
    let every = dice::from_env("SYMBOLON_TEST_EVERY", || otherwise.into());
    u32::try_from(every.max(1)).unwrap()
}

/// From which state on something is done, and at which calls something is done to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) state: State,
    pub(crate) calls: &'static [&'static str],
}

impl Scene {
    /// Whether it is about the start of the server, not about what a client does.
    pub(crate) const fn begins_with_start(self) -> bool {
        !matches!(self.state, State::Closed | State::LongLog)
    }
}

/// One call of a thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) call: &'static str,
    /// Counted from 1 in every thread.
    pub(crate) number: u32,
}

impl Point {
    /// What a server is to be started under; what happened is written to `trace`.
    pub(crate) fn strace(self, effect: &str, trace: &str) -> Vec<String> {
        let call = self.call;
        let words = ["strace", "-D", "-f", "-o", trace, "-e", "signal=none"];
        let more = [
            "-e".to_owned(),
            format!("trace={call}"),
            "-e".to_owned(),
            format!("inject={call}:{effect}"),
        ];
        words.into_iter().map(str::to_owned).chain(more).collect()
    }
}

/// So many violations in a scene are reason enough to look, and a call that does not come any more is
/// not seen while everything goes wrong.
const ENOUGH: u64 = 10;

/// What came of one point.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// Whether there was such a call.
    pub(crate) fired: bool,
    pub(crate) restarts: u64,
    pub(crate) acknowledged: Acknowledged,
    pub(crate) stage: Option<Stage>,
}

/// Every call of the scene, until there are no more: the first two of each kind, and from then on
/// each `every`-th. What goes wrong at a point is printed and counted, and the others still run.
pub(crate) async fn sweep<F>(
    scene: Scene,
    what: &str,
    every: u32,
    run: impl Fn(Stage, Scene, Point) -> F,
) -> Figures
where
    F: Future<Output = Ran> + Send + 'static,
{
    let mut figures = Figures::default();
    let mut stage = Some(Stage::build().await);
    for &call in scene.calls {
        let mut number = 1;
        loop {
            let ready = match stage.take() {
                Some(stage) => stage,
                None => Stage::build().await,
            };
            ready.put(scene.state);
            let running = tokio::spawn(run(ready, scene, Point { call, number }));
            let fired = match running.await {
                Ok(ran) => {
                    figures.points += u64::from(ran.fired);
                    figures.restarts += ran.restarts;
                    figures.add(ran.acknowledged);
                    stage = ran.stage;
                    ran.fired
                }
                Err(failure) => {
                    assert!(failure.is_panic());
                    println!("violation: {what}, {call} number {number}");
                    figures.points += 1;
                    figures.violations += 1;
                    figures.violations < ENOUGH
                }
            };
            if !fired {
                break;
            }
            number += if number < 2 { 1 } else { every };
        }
    }
    figures.print(what);
    figures
}

/// Waits until strace has written how the process ended.
pub(crate) async fn traced(trace: &Path, pid: u32) {
    let pid = pid.to_string();
    let complete = async {
        // The number is padded to the width of the largest.
        let is_end = |line: &str| {
            let words = line.split_once(' ');
            words.is_some_and(|(of, rest)| of == pid && rest.trim_start().starts_with("+++ "))
        };
        let ended = |trace: &str| trace.lines().any(is_end);
        while !ended(&std::fs::read_to_string(trace).unwrap()) {
            // strace tells nobody else that it is through.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), complete)
        .await
        .unwrap();
}
