//! A step of a command, what came of it, and the report at the end.
//!
//! A step never ends the program: the ones after it still run, so that one run shows everything
//! that is wrong.

use std::{
    fmt, io,
    ops::AddAssign,
    process::{Command, ExitCode, Output},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How many tests and rules passed, failed and could not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it is for; a step without tests of its own counts nothing.
    Passed(Tally),
    /// It cannot be done on this machine or yet, and this is why.
    Skipped(String),
    /// Something is wrong; a step without tests of its own counts as one failure.
    Failed(String, Tally),
}

impl Outcome {
    /// A failure of the step itself, not of something it counted.
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into(), Tally::default())
    }

    fn tally(&self) -> Tally {
        match self {
            Self::Passed(tally) => *tally,
            Self::Skipped(_) => Tally {
                skipped: 1,
                ..Tally::default()
            },
            Self::Failed(_, tally) => Tally {
                failed: tally.failed.max(1),
                ..*tally
            },
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Passed(_) => "ok",
            Self::Skipped(_) => "skipped",
            Self::Failed(..) => "FAILED",
        }
    }

    fn note(&self) -> String {
        match self {
            Self::Passed(tally) if *tally == Tally::default() => String::new(),
            Self::Passed(tally) => tally.to_string(),
            Self::Skipped(why) => why.clone(),
            Self::Failed(why, tally) if *tally == Tally::default() => why.clone(),
            Self::Failed(why, tally) => format!("{why} ({tally})"),
        }
    }
}

/// The steps that ran, in order.
#[derive(Debug, Default)]
pub(crate) struct Report {
    steps: Vec<(String, Outcome, Duration)>,
}

impl Report {
    /// Runs one step under a heading and remembers what came of it. Says whether it passed.
    pub(crate) fn step(&mut self, name: &str, run: impl FnOnce() -> Outcome) -> bool {
        println!("\n=== {name} ===");
        let started = now();
        let outcome = run();
        let taken = started.elapsed();
        println!("--- {name}: {} in {}", outcome.word(), seconds(taken));
        let passed = !matches!(outcome, Outcome::Failed(..));
        self.steps.push((name.to_owned(), outcome, taken));
        passed
    }

    /// The counts of all steps so far.
    pub(crate) fn tally(&self) -> Tally {
        let mut sum = Tally::default();
        for (_, outcome, _) in &self.steps {
            sum += outcome.tally();
        }
        sum
    }

    fn table(&self) -> String {
        let width = self
            .steps
            .iter()
            .map(|(name, ..)| name.len())
            .max()
            .unwrap_or(0);
        let row = |(name, outcome, taken): &(String, Outcome, Duration)| {
            let note = outcome.note();
            let note = note.lines().next().unwrap_or_default();
            let line = format!(
                "{name:width$}  {:7}  {:>8}  {note}",
                outcome.word(),
                seconds(*taken)
            );
            line.trim_end().to_owned() + "\n"
        };
        self.steps.iter().map(row).collect()
    }

    /// Prints the table, the failures in full and the counts, which stay the last line.
    pub(crate) fn conclude(self) -> ExitCode {
        println!("\n{}", self.table());
        for (name, outcome, _) in &self.steps {
            if let Outcome::Failed(why, _) = outcome {
                println!("failed: {name}: {why}");
            }
        }
        let tally = self.tally();
        println!("{tally}");
        if tally.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Runs a command with this terminal; a step that is only its exit code.
pub(crate) fn succeeds(command: &mut Command) -> Outcome {
    let line = shown(command);
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed(Tally::default()),
        Ok(status) => Outcome::failed(format!("`{line}` ended with {status}")),
        Err(error) => Outcome::failed(format!("`{line}` did not start: {error}")),
    }
}

/// A command that runs while other steps do, and is silent until it is waited for.
pub(crate) struct Beside {
    line: String,
    running: JoinHandle<io::Result<Output>>,
}

impl Beside {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        Self {
            line: shown(&command),
            running: thread::spawn(move || command.output()),
        }
    }

    /// Waits for its end; a step that is only its exit code.
    pub(crate) fn succeeds(self) -> Outcome {
        let Self { line, running } = self;
        println!("$ {line}");
        match running.join() {
            Ok(Ok(output)) => {
                print!("{}", String::from_utf8_lossy(&output.stdout));
                print!("{}", String::from_utf8_lossy(&output.stderr));
                match output.status.success() {
                    true => Outcome::Passed(Tally::default()),
                    false => Outcome::failed(format!("`{line}` ended with {}", output.status)),
                }
            }
            Ok(Err(error)) => Outcome::failed(format!("`{line}` did not start: {error}")),
            Err(_) => Outcome::failed(format!("`{line}` was not waited for")),
        }
    }
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The start of a stopwatch.
#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch: how long a step took"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn seconds(taken: Duration) -> String {
    format!("{:.1} s", taken.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: Vec<Outcome>) -> Report {
        let steps = outcomes
            .into_iter()
            .map(|outcome| ("step".to_owned(), outcome, Duration::ZERO));
        Report {
            steps: steps.collect(),
        }
    }

    #[test]
    fn a_failed_step_without_tests_counts_as_one_failure() {
        let report = report(vec![
            Outcome::Passed(Tally {
                passed: 3,
                failed: 0,
                skipped: 1,
            }),
            Outcome::failed("clippy"),
            Outcome::Skipped("no target".into()),
        ]);
        assert_eq!(report.tally().to_string(), "3 passed, 1 failed, 2 skipped");
    }

    #[test]
    fn failures_that_a_step_counted_are_not_counted_again() {
        let counted = Tally {
            passed: 5,
            failed: 2,
            skipped: 0,
        };
        let report = report(vec![Outcome::Failed("tests".into(), counted)]);
        assert_eq!(report.tally(), counted);
    }

    #[test]
    fn the_steps_after_a_failed_one_still_run() {
        let mut report = Report::default();
        assert!(!report.step("first", || Outcome::failed("no")));
        assert!(report.step("second", || Outcome::Passed(Tally::default())));
        assert_eq!(report.steps.len(), 2);
    }

    #[test]
    fn a_command_that_fails_or_does_not_start_fails_its_step() {
        assert!(matches!(
            succeeds(&mut Command::new("true")),
            Outcome::Passed(_)
        ));
        assert!(matches!(
            succeeds(&mut Command::new("false")),
            Outcome::Failed(..)
        ));
        assert!(matches!(
            succeeds(&mut Command::new("/no/such/program")),
            Outcome::Failed(..)
        ));
    }

    #[test]
    fn a_command_beside_others_fails_its_step_as_any_other() {
        let beside = |program: &str| Beside::start(Command::new(program)).succeeds();
        assert!(matches!(beside("true"), Outcome::Passed(_)));
        assert!(matches!(beside("false"), Outcome::Failed(..)));
        assert!(matches!(beside("/no/such/program"), Outcome::Failed(..)));
    }

    #[test]
    fn the_table_has_one_line_for_each_step() {
        let mut two_lines = report(vec![Outcome::failed("first line\nsecond line")]);
        two_lines.step("next", || Outcome::Passed(Tally::default()));
        let table = two_lines.table();
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(table.starts_with("step  FAILED"), "{table}");
    }
}
