//! The power goes before any sync that the server makes: whatever had been acknowledged by then is
//! there after the next start, whichever of the writes that no sync had covered got onto the disk.
//!
//! The writes are those of the real binary, as strace saw them; the disk is [`Disk`]. In CI a sample
//! of moments and of what is left; `cargo xtask drill power-loss` goes through all moments.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says where"
)]

use tempfile::NamedTempFile;

use crate::{
    dice::{self, Dice},
    disk::{Disk, Fate},
    history::{History, Reply, STEPS, Step},
    stage::{Figures, NAME, Stage, State, can_trace},
    sweep,
    system_calls::{self, Event},
};

/// How many of the moments a run in CI passes over between two that it takes.
const EVERY: u32 = 4;

/// What is left, for each moment; chance comes more than once.
const FATES: [Fate; 7] = [
    Fate::Lost,
    Fate::Chance(5),
    Fate::Kept,
    Fate::Chance(9),
    Fate::Chance(1),
    Fate::Chance(5),
    Fate::Chance(7),
];

/// How many of them a run in CI takes.
const FEW: usize = 2;

/// What a run of the server did, and what a client knew of it.
struct Recording {
    /// Before it.
    disk: Disk,
    events: Vec<Event>,
    /// By how many changes had been acknowledged; the next one was asked for.
    known: Vec<History>,
}

#[tokio::test]
async fn power_lost_in_a_first_start() {
    lose_power_at_each("first start, log-in, stop", State::Nothing).await;
}

#[tokio::test]
async fn power_lost_in_a_history() {
    lose_power_at_each("history, stop", State::Closed).await;
}

#[tokio::test]
async fn power_lost_in_a_history_over_a_checkpoint() {
    lose_power_at_each("history over a checkpoint, stop", State::LongLog).await;
}

#[tokio::test]
async fn power_lost_in_a_start_after_a_kill() {
    lose_power_at_each("start after a kill, stop", State::Killed).await;
}

async fn lose_power_at_each(name: &str, state: State) {
    if !can_trace() {
        return;
    }
    let dice = Dice::new(dice::seed());
    let every = sweep::every(EVERY) as usize;
    let fates = if every == 1 { FATES.len() } else { FEW };
    let mut stage = Stage::build().await;
    let Recording {
        mut disk,
        events,
        known,
    } = record(&mut stage, state).await;
    let public = format!("TCP:[{}->", stage.server.address());
    let (mut acknowledged, mut syncs) = (0, 0);
    let mut figures = Figures::default();
    for (at, event) in events.iter().enumerate() {
        if is_success(event, &public) {
            acknowledged += 1;
        }
        if matches!(event, Event::Sync(_)) {
            if syncs % every == 0 || syncs < 2 {
                for fate in FATES.into_iter().take(fates) {
                    let _here = Here(format!("{name}, before event {at} ({event:?}), {fate:?}"));
                    disk.lose_power(fate, &dice);
                    figures.restarts += must_hold(&mut stage, state, &known, acknowledged).await;
                    figures.points += 1;
                }
            }
            syncs += 1;
        }
        disk.apply(event);
    }
    assert_eq!(acknowledged + 1, known.len(), "answers that nobody saw");
    // After the end.
    for fate in FATES.into_iter().take(fates) {
        let _here = Here(format!("{name}, at the end, {fate:?}"));
        disk.lose_power(fate, &dice);
        figures.restarts += must_hold(&mut stage, state, &known, acknowledged).await;
        figures.points += 1;
    }
    figures.add(known.last().unwrap().acknowledged);
    figures.print(name);
}

/// What the server does between a state and a stop, with a client's changes in between.
async fn record(stage: &mut Stage, state: State) -> Recording {
    let trace = NamedTempFile::new().unwrap();
    stage.put(state);
    let disk = Disk::of(&stage.server.data_dir());
    let path = trace.path().to_str().unwrap();
    let words = ["strace", "-o", path].into_iter();
    let words: Vec<_> = words.chain(system_calls::OPTIONS).collect();
    stage.server.run_under(&words);
    stage.server.start().await;
    let mut known = Vec::new();
    let steps: &[Step] = match state {
        State::Nothing => {
            known.push(stage.history());
            stage.api().register(NAME).await;
            &[Step::LogIn, Step::Refresh]
        }
        State::Closed | State::LongLog => &STEPS,
        State::Schema | State::Killed => &[],
    };
    let mut history = match state {
        State::Killed => stage.past(),
        _ => stage.history(),
    };
    for &step in steps {
        let mut asked = history.clone();
        asked.not_acknowledged(step);
        known.push(asked);
        assert_eq!(history.take(step).await, Reply::Acknowledged);
    }
    known.push(history);
    let pid = stage.server.pid();
    assert!(stage.server.terminate().success());
    sweep::traced(trace.path(), pid).await;
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    let events = system_calls::events(&trace, stage.server.data_dir().to_str().unwrap());
    Recording {
        disk,
        events,
        known,
    }
}

/// Whether a client was told that something happened.
fn is_success(event: &Event, public: &str) -> bool {
    matches!(event, Event::Send { from, bytes }
        if from.starts_with(public) && bytes.starts_with(b"HTTP/1.1 2"))
}

/// How many starts it took to see that all is well.
async fn must_hold(stage: &mut Stage, state: State, known: &[History], acknowledged: usize) -> u64 {
    if state == State::Nothing && acknowledged == 0 {
        stage.first_start_must_be_repeatable().await;
        return 2;
    }
    let history = known.get(acknowledged).unwrap().clone();
    stage.must_hold(history, None).await;
    1
}

/// Says where it was that something went wrong.
struct Here(String);

impl Drop for Here {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("violation: {}", self.0);
        }
    }
}
