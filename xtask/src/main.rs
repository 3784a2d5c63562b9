//! Repository tasks: `cargo xtask test`, `ci`, `policy`, `wasm`, `fuzz` and `drill`.
//!
//! Whatever a command finds, the last line on stdout is `N passed, N failed, N skipped` and the exit code is
//! zero only when nothing failed: scripts and people read the same line. This crate imports no other
//! crate of the workspace, so that it builds, and can say what is wrong, when they do not.

#![expect(clippy::print_stdout, reason = "a task runner talks to its terminal")]
#![expect(clippy::print_stderr, reason = "a task runner talks to its terminal")]

mod commands;
mod needs;
mod policy;
mod postgres;
mod results;
mod step;
mod workspace;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <command>

  test [-p PACKAGE]... [-- NAME...]   set up the machine, then policy and all tests (or those named)
  ci                                  everything a change must pass
  policy                              the rules on crates, dependencies and source text
  wasm                                symbolon-jose's tests run as wasm in Node, the token decoder's
                                      module built and put into the tree
  fuzz [--seconds N | --runs N] [TARGET]...
                                      fuzz tokens, headers, keys and the revocation log
  drill [NAME]                        break the machine below the server, thoroughly; without a name,
                                      say what there is";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let run = match (command.as_str(), rest.is_empty()) {
        ("test", _) => commands::test::run(&rest),
        ("ci", true) => commands::ci::run(),
        ("policy", true) => commands::policy::run(),
        ("wasm", true) => commands::wasm::run(),
        ("fuzz", _) => commands::fuzz::run(&rest),
        ("drill", true) => {
            println!("{}", commands::drill::list());
            return ExitCode::SUCCESS;
        }
        ("drill", false) => commands::drill::run(&rest),
        ("help" | "--help" | "-h", _) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => Err(format!(
            "unknown command or argument: {command} {}\n\n{HELP}",
            rest.join(" ")
        )),
    };
    match run {
        Ok(report) => report.conclude(),
        Err(usage) => {
            eprintln!("{usage}");
            ExitCode::from(2)
        }
    }
}
