//! The `symbolon` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    symbolon_cli::run()
}
