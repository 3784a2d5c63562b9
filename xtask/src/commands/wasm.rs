//! `cargo xtask wasm`: `symbolon-jose` gives the public vectors in Node the verdicts that it gives them
//! natively, and the module of the token decoder is built and put into the tree.
//!
//! Node runs the crate's ordinary integration tests, built for WASI: no test code is made for wasm.
//! Where no compiler for wasm can be had the step is skipped and says what to install; under `CI`
//! that is a failure.

mod decoder;
mod inputs;
mod toolchain;

use crate::{
    needs,
    results::run_cargo_test,
    step::{Outcome, Report},
    workspace,
};
use toolchain::Toolchain;

const BROWSER: &str = "wasm32-unknown-unknown";
const WASI: &str = "wasm32-wasip1";

/// The integration tests that run in Node; the others need programs or crates that wasm has not.
const TESTS: [&str; 4] = ["vectors", "keys", "refusals", "round_trip"];

pub(crate) fn run() -> Result<Report, String> {
    let mut report = Report::default();
    if report.step("decoder", decoder::write) {
        check(&mut report);
    }
    Ok(report)
}

/// That the module in the tree is of the source in the tree, that it works, and that the tests pass in
/// Node; or why that cannot be seen here.
pub(crate) fn check(report: &mut Report) {
    report.step("wasm decoder", decoder::check);
    report.step("wasm tests", tests);
}

fn tests() -> Outcome {
    let toolchain = match Toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(why) => return cannot(why),
    };
    println!("{toolchain}");
    if !needs::on_path("node") {
        return cannot("the tests run in Node: install it (Debian package nodejs)".into());
    }
    run_cargo_test(&mut test_in_node(&toolchain))
}

fn test_in_node(toolchain: &Toolchain) -> std::process::Command {
    let mut command = toolchain.cargo("test", WASI);
    let runner = workspace::root().join("xtask").join("wasi.mjs");
    let runner = serde_json::json!(["node", "--no-warnings", runner]);
    command.arg("--config");
    command.arg(format!("target.{WASI}.runner={runner}"));
    command.args(["--package", "symbolon-jose", "--no-fail-fast"]);
    for test in TESTS {
        command.args(["--test", test]);
    }
    command.args(["--", "--show-output"]);
    command
}

fn cannot(why: String) -> Outcome {
    if std::env::var_os("CI").is_some() {
        return Outcome::failed(why);
    }
    println!("skipped: {why}");
    Outcome::Skipped(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_that_run_in_node_exist() {
        let folder = workspace::root().join("crates/jose/tests");
        for test in TESTS {
            assert!(folder.join(test).with_extension("rs").is_file(), "{test}");
        }
    }
}
