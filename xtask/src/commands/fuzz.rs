//! `cargo xtask fuzz [--seconds N | --runs N] [TARGET]...`: fuzz what strangers send.
//!
//! The targets are libFuzzer programs in `fuzz/`, a workspace of its own. They are built here with
//! the compiler that builds everything else: the coverage that libFuzzer is led by needs no more
//! than options of code generation. `cargo fuzz run TARGET` works as well, for those who have it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use crate::{
    step::{Outcome, Report, Tally, shown, succeeds},
    workspace,
};

/// Targets that run at the same time; each takes one processor.
const AT_ONCE: usize = 2;

/// Every target, one line each in `fuzz/Cargo.toml`.
const TARGETS: [&str; 4] = ["token", "header", "jwk", "revocations"];

/// What lets libFuzzer see which branches an input takes, and what it was compared with.
const INSTRUMENTATION: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// For how long each target runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Seconds(u64),
    Runs(u64),
}

impl Limit {
    /// Long enough to find what a change broke, short enough for every change.
    const SMOKE: Self = Self::Seconds(15);

    fn option(self) -> String {
        match self {
            Self::Seconds(seconds) => format!("-max_total_time={seconds}"),
            Self::Runs(runs) => format!("-runs={runs}"),
        }
    }
}

/// What to run.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    limit: Limit,
    targets: Vec<String>,
}

impl Plan {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut plan = Self {
            limit: Limit::SMOKE,
            targets: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let number = arguments.next().and_then(|number| number.parse().ok());
                number.ok_or(format!("{argument} needs a number"))
            };
            match argument.as_str() {
                "--seconds" => plan.limit = Limit::Seconds(number()?),
                "--runs" => plan.limit = Limit::Runs(number()?),
                target if TARGETS.contains(&target) => plan.targets.push(target.to_owned()),
                other => return Err(format!("no target {other}; there are {TARGETS:?}")),
            }
        }
        if plan.targets.is_empty() {
            plan.targets = TARGETS.map(str::to_owned).into();
        }
        Ok(plan)
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<Report, String> {
    let plan = Plan::parse(arguments)?;
    let mut report = Report::default();
    report.step("fuzz", || carry_out(&plan));
    Ok(report)
}

/// Every target for some seconds.
pub(crate) fn smoke() -> Outcome {
    Plan::parse(&[]).map_or_else(Outcome::failed, |plan| carry_out(&plan))
}

fn carry_out(plan: &Plan) -> Outcome {
    let programs = match build() {
        Ok(programs) => programs,
        Err(failed) => return failed,
    };
    let corpus = directory().join("corpus");
    let seeds = succeeds(Command::new(programs.join("seeds")).arg(&corpus));
    if let Outcome::Failed(..) = seeds {
        return seeds;
    }
    let mut tally = Tally::default();
    let mut findings = Vec::new();
    for (target, result) in fuzz_all(&programs, plan) {
        match result {
            Ok(executions) => {
                println!("{target}: {executions} executions");
                tally.passed += 1;
            }
            Err(why) => {
                println!("{target}: {why}");
                tally.failed += 1;
                findings.push(target);
            }
        }
    }
    match findings.is_empty() {
        true => Outcome::Passed(tally),
        false => Outcome::Failed(format!("found something: {}", findings.join(", ")), tally),
    }
}

/// As many at once as [`AT_ONCE`] says.
fn fuzz_all<'p>(programs: &Path, plan: &'p Plan) -> Vec<(&'p str, Result<u64, String>)> {
    let mut results = Vec::new();
    for some in plan.targets.chunks(AT_ONCE) {
        thread::scope(|scope| {
            let run = |target: &'p String| {
                let program = programs.join(target);
                let running = scope.spawn(move || fuzz(&program, target, plan.limit));
                (target.as_str(), running)
            };
            let running: Vec<_> = some.iter().map(run).collect();
            results.extend(running.into_iter().map(|(target, running)| {
                let ended = running.join();
                (
                    target,
                    ended.unwrap_or_else(|_| Err("was not waited for".to_owned())),
                )
            }));
        });
    }
    results
}

fn directory() -> PathBuf {
    workspace::root().join("fuzz")
}

/// Builds the programs; the result is where they are.
fn build() -> Result<PathBuf, Outcome> {
    let host = host().map_err(Outcome::failed)?;
    let mut command = workspace::cargo();
    command
        .current_dir(directory())
        .env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTATION.join("\u{1f}"))
        // With a target named, build scripts and macros are left as they are.
        .args(["build", "--release", "--locked", "--bins", "--target"])
        .arg(&host)
        .args(["--target-dir", "target"]);
    match succeeds(&mut command) {
        Outcome::Passed(_) => Ok(directory().join("target").join(host).join("release")),
        failed => Err(failed),
    }
}

/// The platform that the compiler in use runs on.
fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-vV")
        .current_dir(workspace::root())
        .output()
        .map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or("rustc does not say what it runs on".into())
}

/// Runs one target; the result is how many inputs it has tried.
fn fuzz(program: &Path, target: &str, limit: Limit) -> Result<u64, String> {
    let artifacts = directory().join("artifacts").join(target);
    fs::create_dir_all(&artifacts).map_err(|error| format!("{}: {error}", artifacts.display()))?;
    let mut command = Command::new(program);
    command
        .current_dir(directory())
        .arg(limit.option())
        .arg(format!("-artifact_prefix=artifacts/{target}/"))
        .args(["-dict=dictionary.txt", "-max_len=4096", "-timeout=10"])
        .args(["-print_final_stats=1", "-verbosity=0"])
        .arg(format!("corpus/{target}"));
    println!("$ {}", shown(&command));
    let output = command
        .output()
        .map_err(|error| format!("did not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match executions(&said) {
        Some(executions) if output.status.success() => Ok(executions),
        _ => Err(format!("ended with {}\n{said}", output.status)),
    }
}

/// What libFuzzer says at its end.
fn executions(said: &str) -> Option<u64> {
    let count = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    count?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(arguments: &[&str]) -> Result<Plan, String> {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect();
        Plan::parse(&arguments)
    }

    #[test]
    fn a_plan_names_targets_and_a_limit() {
        let all = plan(&[]).unwrap();
        assert_eq!(all.targets, TARGETS);
        assert_eq!(all.limit.option(), "-max_total_time=15");
        let one = plan(&["jwk", "--runs", "10000000"]).unwrap();
        assert_eq!(one.targets, ["jwk"]);
        assert_eq!(one.limit.option(), "-runs=10000000");
        assert!(plan(&["--seconds"]).is_err());
        assert!(plan(&["--runs", "many"]).is_err());
        assert!(plan(&["cookie"]).unwrap_err().contains("revocations"));
    }

    #[test]
    fn every_target_of_the_manifest_is_run() {
        let manifest = fs::read_to_string(directory().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let programs = manifest["bin"].as_array().unwrap().iter();
        let mut names: Vec<_> = programs.filter_map(|bin| bin["name"].as_str()).collect();
        names.retain(|name| *name != "seeds");
        assert_eq!(names, TARGETS);
    }

    #[test]
    fn the_count_is_read_from_the_statistics() {
        let said = "Done 7 runs in 0 second(s)\nstat::number_of_executed_units: 812345\n";
        assert_eq!(executions(said), Some(812_345));
        assert_eq!(executions("panicked"), None);
    }
}
