//! `symbolon bench`: what sessions and JWTs cost on this machine.

mod load;
mod password;
mod revocation;
mod seed;
mod session;
mod verify;

use std::path::PathBuf;

use crate::{
    bench::{Effort, Report},
    commands::{Context, Exit, Outcome, subcommands},
    failure::Failure,
};

subcommands! {
    Bench:
    /// JWTs: verifying and signing beside the bare primitive, cached checks, revocation look-ups.
    Verify(verify::Verify),
    /// Sessions beside JWTs: in process, over HTTP, and without a cache.
    Session(session::Session),
    /// How long after a session is ended every verifier refuses its token.
    Revocation(revocation::Revocation),
    /// Checking a password beside bare argon2.
    Password(password::Password),
    /// Requests at a constant rate against running servers.
    Load(load::Load),
    /// Fills a store with accounts, sessions and grants, and shows what they take.
    Seed(seed::Seed),
}

/// What is said for every benchmark.
#[derive(Debug, clap::Args)]
struct Options {
    /// Writes the figures as a bar chart.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Ends with 1 if a goal is missed.
    #[arg(long)]
    check: bool,
    /// Does as little as shows that it works; the figures mean little.
    #[arg(long)]
    quick: bool,
}

impl Options {
    /// What is to be done. That the chart cannot be written is better to know before it is.
    fn effort(&self) -> Result<Effort, Failure> {
        self.write_chart("")?;
        Ok(Effort::new(self.quick))
    }

    fn write_chart(&self, content: &str) -> Result<(), Failure> {
        let Some(path) = &self.svg else { return Ok(()) };
        std::fs::write(path, content).map_err(|error| {
            Failure::unreachable(format_args!("cannot write {}: {error}", path.display()))
        })
    }

    /// Prints the report and writes the chart.
    fn conclude(&self, report: &Report, context: &Context) -> Outcome {
        self.write_chart(&report.svg())?;
        if context.global.json {
            report.print_json()?;
        } else {
            report.print()?;
        }
        Ok(if self.check && !report.met() {
            Exit::Failed
        } else {
            Exit::Success
        })
    }
}
