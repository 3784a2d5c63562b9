//! Runs the tests and counts what became of each.
//!
//! A test that cannot run where it is (a program is missing, a kernel refuses) prints one line
//! `skipped: <reason>` to stdout with `println!` and returns. It passes for cargo, which knows no
//! third answer; here it counts as skipped, and never as passed.
//!
//! With cargo-nextest the results are read from its JUnit file, where each test's output stands
//! beside its name ([`junit`]). Without it `cargo test -- --show-output` is read as it goes by
//! ([`libtest`]), which prints the same under a heading for each test. Doc tests have no output of
//! their own there, so they cannot skip.

mod junit;
mod libtest;

use std::{
    io::{BufRead, BufReader},
    process::{Command, ExitStatus, Stdio},
};

use crate::{
    step::{Outcome, Tally, shown},
    workspace,
};

/// What a test prints, at the start of a line, when it cannot run.
const SKIPPED: &str = "skipped: ";

/// What a test prints, at the start of a line, to say how much it looked at.
const COUNTED: &str = "counted: ";

/// What a drill prints, at the start of a line, to say what it did.
const DRILLED: &str = "drilled: ";

/// Which tests to run: all of them, or those of some packages, with some names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    packages: Vec<String>,
    names: Vec<String>,
}

impl Selection {
    /// Reads `[-p PACKAGE]... [-- NAME...]`.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut selection = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match (argument.as_str(), arguments.as_slice().first()) {
                ("-p" | "--package", Some(package)) => {
                    selection.packages.push(package.clone());
                    arguments.next();
                }
                ("--", _) => selection.names = arguments.by_ref().cloned().collect(),
                _ => {
                    return Err(format!(
                        "test: expected [-p PACKAGE]... [-- NAME...], not {argument}"
                    ));
                }
            }
        }
        match selection.names.iter().find(|name| name.starts_with('-')) {
            Some(option) => Err(format!("test: {option} is not part of a test's name")),
            None => Ok(selection),
        }
    }

    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn names_tests(&self) -> bool {
        !self.names.is_empty()
    }

    fn packages(&self) -> Vec<&str> {
        match self.packages.is_empty() {
            true => vec!["--workspace"],
            false => self
                .packages
                .iter()
                .flat_map(|package| ["-p", package])
                .collect(),
        }
    }

    /// The same without packages that have no library: cargo refuses to look for doc tests in them.
    /// `None` when that leaves nothing of what was asked for.
    fn of_libraries(&self, is_library: impl Fn(&str) -> bool) -> Option<Self> {
        let packages = self
            .packages
            .iter()
            .filter(|name| is_library(name))
            .cloned();
        let libraries = Self {
            packages: packages.collect(),
            names: self.names.clone(),
        };
        (self.packages.is_empty() || !libraries.packages.is_empty()).then_some(libraries)
    }
}

/// What became of the tests of one run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Results {
    tally: Tally,
    /// The test, where known, and why it did not run.
    skipped: Vec<(String, String)>,
    /// What drills say that they did.
    drilled: Vec<String>,
}

impl Results {
    fn skip(&mut self, test: &str, reason: &str) {
        self.tally.skipped += 1;
        self.skipped.push((test.to_owned(), reason.to_owned()));
    }
}

/// Runs the unit and integration tests, with nextest where it is installed.
pub(crate) fn run_tests(selection: &Selection) -> Outcome {
    let nextest = workspace::cargo().args(["nextest", "--version"]).output();
    if nextest.is_ok_and(|output| output.status.success()) {
        return with_nextest(selection);
    }
    println!("cargo-nextest is not installed; cargo test does the same, only slower");
    with_cargo_test("--tests", selection)
}

/// Runs the doc tests, which nextest does not know.
pub(crate) fn run_doc_tests(selection: &Selection) -> Outcome {
    let metadata = match workspace::metadata() {
        Ok(metadata) => metadata,
        Err(why) => return Outcome::failed(why),
    };
    let is_library = |name: &str| {
        let ours = metadata.workspace_packages();
        let package = ours.into_iter().find(|package| package.name == name);
        package.is_none_or(|package| package.targets.iter().any(|target| target.is_lib()))
    };
    match selection.of_libraries(is_library) {
        Some(libraries) => with_cargo_test("--doc", &libraries),
        None => Outcome::Passed(Tally::default()),
    }
}

fn with_nextest(selection: &Selection) -> Outcome {
    let file = match workspace::metadata() {
        Ok(metadata) => metadata.target_directory.join("nextest/default/junit.xml"),
        Err(why) => return Outcome::failed(why),
    };
    if let Err(error) = std::fs::remove_file(&file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Outcome::failed(format!("{file} of the run before: {error}"));
    }
    let mut command = workspace::cargo();
    command.args([
        "nextest",
        "run",
        "--profile",
        "default",
        "--no-fail-fast",
        "--no-tests",
        "pass",
    ]);
    command.args(selection.packages()).args(&selection.names);
    let line = shown(&command);
    println!("$ {line}");
    let status = match command.status() {
        Ok(status) => status,
        Err(error) => return Outcome::failed(format!("`{line}` did not start: {error}")),
    };
    let results = match std::fs::read_to_string(&file) {
        Ok(xml) => junit::read(&xml),
        Err(_) if status.success() => Results::default(),
        Err(_) => {
            return Outcome::failed(format!("`{line}` ended with {status} before any test ran"));
        }
    };
    conclude(&line, status, results)
}

fn with_cargo_test(kind: &str, selection: &Selection) -> Outcome {
    let mut command = workspace::cargo();
    command
        .args(["test", kind, "--no-fail-fast"])
        .args(selection.packages());
    command.args(["--", "--show-output"]).args(&selection.names);
    run_cargo_test(&mut command)
}

/// Runs a `cargo test … -- --show-output` and counts.
pub(crate) fn run_cargo_test(command: &mut Command) -> Outcome {
    let line = shown(command);
    println!("$ {line}");
    match read_cargo_test(command) {
        Ok((status, results)) => conclude(&line, status, results),
        Err(error) => Outcome::failed(format!("`{line}`: {error}")),
    }
}

/// Runs a `cargo test … -- --nocapture` of drills, counts, and answers what they say that they did.
pub(crate) fn run_drill(command: &mut Command) -> (Outcome, Vec<String>) {
    let line = shown(command);
    println!("$ {line}");
    match read_cargo_test(command) {
        Ok((status, mut results)) => {
            let drilled = std::mem::take(&mut results.drilled);
            (conclude(&line, status, results), drilled)
        }
        Err(error) => (Outcome::failed(format!("`{line}`: {error}")), Vec::new()),
    }
}

/// Passes the output on, except what tests that passed had printed.
fn read_cargo_test(command: &mut Command) -> std::io::Result<(ExitStatus, Results)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut reader = libtest::Reader::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            if reader.line(&line) {
                println!("{line}");
            }
        }
    }
    Ok((child.wait()?, reader.results))
}

fn conclude(line: &str, status: ExitStatus, results: Results) -> Outcome {
    for (test, reason) in &results.skipped {
        println!("did not run: {test}: {reason}");
    }
    let tally = results.tally;
    match (status.success(), tally.failed) {
        (true, 0) => Outcome::Passed(tally),
        (true, failed) => Outcome::Failed(
            format!("{failed} failed although `{line}` succeeded"),
            tally,
        ),
        (false, 0) => {
            let tally = Tally { failed: 1, ..tally };
            Outcome::Failed(
                format!("`{line}` ended with {status} although no test failed"),
                tally,
            )
        }
        (false, _) => Outcome::Failed(format!("`{line}` ended with {status}"), tally),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn parsed(arguments: &str) -> Result<Selection, String> {
        Selection::parse(
            &arguments
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn packages_and_names_are_selected() {
        assert!(parsed("").unwrap().is_everything());
        let selection = parsed("-p symbolon-core -- refresh reuse").unwrap();
        assert_eq!(selection.packages(), ["-p", "symbolon-core"]);
        assert_eq!(selection.names, ["refresh", "reuse"]);
    }

    #[test]
    fn doc_tests_are_looked_for_in_libraries_only() {
        let selection = parsed("-p symbolon-core -p xtask -- refresh").unwrap();
        let libraries = selection.of_libraries(|name| name != "xtask").unwrap();
        assert_eq!(libraries, parsed("-p symbolon-core -- refresh").unwrap());
        assert_eq!(selection.of_libraries(|_| false), None);
        let everything = parsed("").unwrap();
        assert_eq!(everything.of_libraries(|_| false), Some(everything));
    }

    #[test]
    fn what_is_not_a_selection_is_refused() {
        for wrong in ["refresh", "--release", "-p", "-- --ignored"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_run_that_breaks_off_is_a_failure_although_no_test_failed() {
        let passed = || Results {
            tally: Tally {
                passed: 2,
                ..Tally::default()
            },
            ..Results::default()
        };
        let expected = Tally {
            passed: 2,
            failed: 1,
            skipped: 0,
        };
        let broken = conclude("cargo test", ExitStatus::from_raw(256), passed());
        assert!(matches!(broken, Outcome::Failed(_, tally) if tally == expected));
        let fine = conclude("cargo test", ExitStatus::from_raw(0), passed());
        assert_eq!(fine, Outcome::Passed(passed().tally));
    }

    #[test]
    fn the_output_of_a_run_is_read_to_its_end() {
        let mut command = Command::new("printf");
        command.arg("test a ... ok\\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured");
        let (status, results) = read_cargo_test(&mut command).unwrap();
        assert!(status.success());
        assert_eq!(
            results.tally,
            Tally {
                passed: 1,
                failed: 0,
                skipped: 0
            }
        );
    }
}
