//! `cargo xtask test [-p PACKAGE]... [-- NAME...]`: set up the machine, then run the policy and the
//! tests; with names, the tests whose name contains one of them. Without packages and names, also
//! `symbolon-jose` on its portable backend, natively and in wasm.
//!
//! A test that cannot run on this machine prints one line that starts with `skipped: ` and its
//! reason on stdout, and passes. Here it counts as skipped; see [`crate::results`] for how it is
//! found.

use crate::{
    needs, postgres,
    results::{self, Selection},
    step::{Outcome, Report, Tally, succeeds},
    workspace,
};

pub(crate) fn run(arguments: &[String]) -> Result<Report, String> {
    let selection = Selection::parse(arguments)?;
    let mut report = Report::default();
    if set_up(&mut report) {
        report.step("policy", super::policy::check);
        let before = report.tally();
        steps(&mut report, &selection);
        if selection.names_tests() && report.tally() == before {
            report.step("selection", || Outcome::failed("no test has such a name"));
        }
    }
    Ok(report)
}

/// Everything that must be on the machine before a test can run.
pub(crate) fn set_up(report: &mut Report) -> bool {
    report.step("set-up", || match needs::satisfy() {
        Ok(()) => Outcome::Passed(Tally::default()),
        Err(why) => Outcome::failed(why),
    })
}

/// The binary that the end-to-end tests drive, the tests, and the doc tests.
pub(crate) fn steps(report: &mut Report, selection: &Selection) {
    if selection.is_everything() {
        let mut build = workspace::cargo();
        build.args(["build", "--workspace", "--bin", "symbolon"]);
        report.step("binary", || succeeds(&mut build));
    }
    // One for all tests; those that kill their server start their own.
    report.step("PostgreSQL", postgres::start);
    report.step("tests", || results::run_tests(selection));
    report.step("doc tests", || results::run_doc_tests(selection));
    if selection.is_everything() {
        report.step("portable", portable);
        super::wasm::check(report);
    }
}

/// The tests of `symbolon-jose` on its portable backend, and the comparison of both backends.
fn portable() -> Outcome {
    let mut tally = Tally::default();
    for arguments in [
        &["--no-default-features", "--tests"][..],
        &["--lib", "backend::agreement"],
    ] {
        let mut command = workspace::cargo();
        command.args([
            "test",
            "--package",
            "symbolon-jose",
            "--features",
            "portable",
        ]);
        command
            .args(arguments)
            .args(["--no-fail-fast", "--", "--show-output"]);
        match results::run_cargo_test(&mut command) {
            Outcome::Passed(counted) => tally += counted,
            other => return other,
        }
    }
    Outcome::Passed(tally)
}
