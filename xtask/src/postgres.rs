//! One PostgreSQL for all tests of a run. It is an example of the crate for tests that starts it, and
//! stops it when this program ends, however that happens: then the pipe between them closes.

use std::{
    io::{BufRead as _, BufReader},
    process::{ChildStdin, Stdio},
    sync::OnceLock,
};

use crate::{
    step::{Outcome, Tally},
    workspace,
};

/// Tells the tests where it is.
const VARIABLE: &str = "SYMBOLON_TEST_POSTGRES";

struct Running {
    address: String,
    _stop: ChildStdin,
}

static RUNNING: OnceLock<Running> = OnceLock::new();

/// The variable and its value, once it runs.
pub(crate) fn variable() -> Option<(&'static str, &'static str)> {
    RUNNING
        .get()
        .map(|running| (VARIABLE, running.address.as_str()))
}

/// Starts it, unless somebody has named one.
pub(crate) fn start() -> Outcome {
    if std::env::var_os(VARIABLE).is_some() || RUNNING.get().is_some() {
        return Outcome::Passed(Tally::default());
    }
    match run() {
        Ok(running) => {
            println!("PostgreSQL for the tests: {}", running.address);
            let _was_empty = RUNNING.set(running);
            Outcome::Passed(Tally::default())
        }
        Err(why) => Outcome::failed(why),
    }
}

fn run() -> Result<Running, String> {
    let mut command = workspace::cargo();
    command.args(["run", "--quiet", "--package", "symbolon-testing"]);
    command.args(["--example", "throwaway_postgres"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let mut address = String::new();
    if let Some(stdout) = stdout {
        let read = BufReader::new(stdout).read_line(&mut address);
        read.map_err(|error| format!("the example's output: {error}"))?;
    }
    let address = address.trim().to_owned();
    match stdin {
        Some(stop) if !address.is_empty() => Ok(Running {
            address,
            _stop: stop,
        }),
        _ => Err("PostgreSQL did not start".to_owned()),
    }
}
