//! The `symbolon` command line: arguments, configuration, wiring.
//!
//! `main` reads as a story: arguments → context → command → exit code. The one thing that must
//! not be broken: secrets come from standard input, files or the environment, never from the
//! arguments, and never go to any output.

pub mod admin;
pub mod args;
mod bench;
mod child;
pub mod commands;
pub mod config;
pub mod data_dir;
mod demo;
pub mod failure;
pub mod fetch;
mod log_head;
pub mod moment;
pub mod output;
pub mod prompt;
mod serve;
mod signals;
pub mod system;
pub mod text;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and is no error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // Only the first call in a process can succeed, and this is it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let context = commands::Context {
        global: cli.global,
        offline: Box::new(wiring::InProcessAdmin),
    };
    let exit = cli.command.run(&context).unwrap_or_else(|failure| {
        output::failure(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}
