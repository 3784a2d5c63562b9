//! `cargo xtask wasm`: `symbolon-jose` builds for browsers, and in Node it gives the public vectors
//! the verdicts that it gives them natively.
//!
//! Node runs the crate's ordinary integration tests, built for WASI: no test code is made for wasm.
//! Where no compiler for wasm can be had the step is skipped and says what to install; under `CI`
//! that is a failure.

mod toolchain;

use crate::{
    needs,
    results::run_cargo_test,
    step::{Outcome, Report, succeeds},
    workspace,
};
use toolchain::Toolchain;

const BROWSER: &str = "wasm32-unknown-unknown";
const WASI: &str = "wasm32-wasip1";

/// The integration tests that run in Node; the others need programs or crates that wasm has not.
const TESTS: [&str; 4] = ["vectors", "keys", "refusals", "round_trip"];

pub(crate) fn run() -> Result<Report, String> {
    let mut report = Report::default();
    report.step("wasm", check);
    Ok(report)
}

/// Builds the crate and runs its tests in Node, or says why that cannot be done here.
pub(crate) fn check() -> Outcome {
    let toolchain = match Toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(why) => return cannot(why),
    };
    println!("{toolchain}");
    let mut build = toolchain.cargo("build", BROWSER);
    let built = succeeds(build.args(["--package", "symbolon-jose", "--lib"]));
    if let Outcome::Failed(..) = built {
        return built;
    }
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
