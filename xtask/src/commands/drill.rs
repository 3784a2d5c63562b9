//! `cargo xtask drill NAME`: what the tests do to the machine below the server in samples, done whole.
//!
//! A drill is a test that takes more of what it tries when the environment says so, and prints a line
//! `drilled: SCENE: points 12, restarts 12, …` for each of its scenes. Here these become a table. A
//! new drill is a row in [`DRILLS`].

use std::collections::BTreeSet;

use crate::{
    results,
    step::{Outcome, Report},
    workspace,
};

/// A drill.
struct Drill {
    name: &'static str,
    /// What it does, in a sentence.
    about: &'static str,
    /// Where its tests are: package, test binary, and what their names contain.
    tests: (&'static str, &'static str, &'static str),
    /// Optimised, where what the test does itself would take most of the time.
    release: bool,
    /// What makes them whole.
    environment: &'static [(&'static str, &'static str)],
}

const DRILLS: &[Drill] = &[
    Drill {
        name: "kills",
        about: "3,000 times SIGKILL at a random moment under the load of 64 clients, on SQLite. An hour.",
        tests: ("symbolon", "crash", "sigkill_under_load"),
        release: true,
        environment: &[
            ("SYMBOLON_TEST_ROUNDS", "3000"),
            ("SYMBOLON_TEST_USERS", "64"),
        ],
    },
    Drill {
        name: "kill-sweep",
        about: "SIGKILL at every system call that writes or answers, from the first start over a \
                client's history to the stop, on SQLite.",
        tests: ("symbolon", "drills", "kill_sweep::"),
        release: false,
        environment: &[("SYMBOLON_TEST_EVERY", "1")],
    },
    Drill {
        name: "error-sweep",
        about: "EIO and ENOSPC at every system call that opens, reads or writes a file, once and for \
                ever, on SQLite.",
        tests: ("symbolon", "drills", "error_sweep::"),
        release: false,
        environment: &[("SYMBOLON_TEST_EVERY", "1")],
    },
    Drill {
        name: "power-loss",
        about: "The power lost before every sync, with any part of what was not synced on the disk, \
                torn at sectors, on SQLite.",
        tests: ("symbolon", "drills", "power_loss::"),
        release: false,
        environment: &[("SYMBOLON_TEST_EVERY", "1")],
    },
    Drill {
        name: "pg-commit",
        about: "The connection to PostgreSQL cut exactly at a COMMIT and at its answer.",
        tests: ("symbolon", "postgres_drills", "commit::"),
        release: false,
        environment: &[],
    },
    Drill {
        name: "pg-stopped",
        about: "PostgreSQL killed and started again under two nodes and a crowd.",
        tests: ("symbolon", "postgres_drills", "stopped::"),
        release: false,
        environment: CROWD,
    },
    Drill {
        name: "pg-read-only",
        about: "PostgreSQL read-only for a while under two nodes and a crowd.",
        tests: ("symbolon", "postgres_drills", "read_only::"),
        release: false,
        environment: CROWD,
    },
    Drill {
        name: "pg-slow",
        about: "The way to PostgreSQL late, narrow and stalled, under two nodes and a crowd.",
        tests: ("symbolon", "postgres_drills", "slow::"),
        release: false,
        environment: CROWD,
    },
    Drill {
        name: "pg-promoted",
        about: "The primary killed and its standby promoted, with synchronous replication and without.",
        tests: ("symbolon", "postgres_drills", "promoted::"),
        release: false,
        environment: CROWD,
    },
    Drill {
        name: "pg-stampede",
        about: "Every node's copy of the revocation log too old at once, under 100 clients that do not \
                wait.",
        tests: ("symbolon", "postgres_drills", "stampede::"),
        release: false,
        environment: &[("SYMBOLON_TEST_LONGER", "5")],
    },
    Drill {
        name: "refreshes",
        about: "100,000 refreshes of 256 grants on SQLite and on PostgreSQL: what the table and its \
                indexes take before and after.",
        tests: ("symbolon-store", "row_growth", "on_"),
        release: false,
        environment: &[("SYMBOLON_TEST_ROTATIONS", "100096")],
    },
    Drill {
        name: "redis-cluster",
        about: "Each master of a Redis cluster lost, ten times in turn, while two servers in front of \
                PostgreSQL answer log-ins, checks and log-outs.",
        tests: ("symbolon", "redis_cluster", "a_lost_master"),
        release: false,
        environment: &[("SYMBOLON_TEST_ROUNDS", "10")],
    },
];

/// More members, for longer.
const CROWD: &[(&str, &str)] = &[("SYMBOLON_TEST_LONGER", "5"), ("SYMBOLON_TEST_USERS", "16")];

/// Of a column, at least.
const WIDTH: usize = 10;

/// Which drills there are.
pub(crate) fn list() -> String {
    let width = DRILLS.iter().map(|drill| drill.name.len()).max();
    let width = width.unwrap_or_default();
    let row = |drill: &Drill| format!("{:width$}  {}", drill.name, drill.about);
    DRILLS.iter().map(row).collect::<Vec<_>>().join("\n")
}

pub(crate) fn run(arguments: &[String]) -> Result<Report, String> {
    let [name] = arguments else {
        return Err(format!("one drill at a time; there are:\n{}", list()));
    };
    let Some(drill) = DRILLS.iter().find(|drill| drill.name == name) else {
        return Err(format!("no drill {name}; there are:\n{}", list()));
    };
    let mut report = Report::default();
    if super::test::set_up(&mut report) {
        report.step(drill.name, || carry_out(drill));
    }
    Ok(report)
}

fn carry_out(drill: &Drill) -> Outcome {
    let (package, binary, names) = drill.tests;
    let mut command = workspace::cargo();
    command
        .envs(drill.environment.iter().copied())
        .args(["test", "-p", package, "--test", binary])
        .args(drill.release.then_some("--release"))
        .arg("--")
        .args(["--nocapture", "--test-threads", "2", names]);
    let (outcome, drilled) = results::run_drill(&mut command);
    println!("\n{}", table(&drilled));
    match outcome {
        Outcome::Passed(tally) if tally.passed == 0 && tally.skipped == 0 => {
            Outcome::failed("no test has such a name")
        }
        outcome => outcome,
    }
}

/// Times and rates have no sum that means anything; the highest stands for them.
fn is_summed(column: &str) -> bool {
    !column.ends_with("-ms") && !column.contains("/s")
}

/// One line for each scene, and their sum.
fn table(drilled: &[String]) -> String {
    let scenes: Vec<_> = drilled.iter().filter_map(|line| scene(line)).collect();
    let mut columns: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for (_, figures) in &scenes {
        columns.extend(
            figures
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| known.insert(*name)),
        );
    }
    let total = |column: &str| {
        let figures = scenes.iter().flat_map(|(_, figures)| figures);
        let figures = figures.filter(|(name, _)| *name == column);
        let figures = figures.map(|(_, figure)| *figure);
        if is_summed(column) {
            figures.sum::<u64>()
        } else {
            figures.max().unwrap_or(0)
        }
    };
    let width = scenes
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0)
        .max("scene".len());
    let mut table = format!("{:width$}", "scene");
    for column in &columns {
        table.push_str(&format!("  {column:>WIDTH$}"));
    }
    for (name, figures) in &scenes {
        table.push_str(&format!("\n{name:width$}"));
        for column in &columns {
            let figure = figures.iter().find(|(name, _)| name == column);
            let figure = figure
                .map(|(_, figure)| figure.to_string())
                .unwrap_or_default();
            let width = column.len().max(WIDTH);
            table.push_str(&format!("  {figure:>width$}"));
        }
    }
    table.push_str(&format!("\n{:width$}", "sum"));
    for column in &columns {
        let width = column.len().max(WIDTH);
        table.push_str(&format!("  {:>width$}", total(column)));
    }
    table
}

/// `SCENE: points 12, restarts 3`
fn scene(line: &str) -> Option<(&str, Vec<(&str, u64)>)> {
    let (name, figures) = line.rsplit_once(": ")?;
    let figures = figures.split(", ").map(|figure| {
        let (name, number) = figure.rsplit_once(' ')?;
        Some((name, number.parse().ok()?))
    });
    Some((name, figures.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_drill_that_exists_is_run() {
        for wrong in [&["earthquake"][..], &["kills", "kill-sweep"]] {
            let arguments: Vec<_> = wrong.iter().map(|&word| word.to_owned()).collect();
            let refused = run(&arguments).unwrap_err();
            assert!(refused.contains("power-loss"), "{refused}");
        }
        assert_eq!(list().lines().count(), DRILLS.len());
    }

    #[test]
    fn scenes_become_a_table_with_a_sum() {
        let drilled = [
            "start: EIO: points 12, restarts 120, violations 0".to_owned(),
            "stop: points 3, violations 1, recovery-ms 80".to_owned(),
            "cut: points 1, recovery-ms 20".to_owned(),
        ];
        let expected = "\
scene           points    restarts  violations  recovery-ms
start: EIO          12         120           0             
stop                 3                       1           80
cut                  1                                   20
sum                 16         120           1           80";
        assert_eq!(table(&drilled), expected);
    }
}
