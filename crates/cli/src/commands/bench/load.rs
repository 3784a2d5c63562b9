//! `symbolon bench load`.

use std::{
    fs::File,
    io::{BufReader, stdin},
    path::PathBuf,
    time::Duration,
};

use url::Url;

use crate::{
    bench::load::{self, Account, Accounts, Mix, Plan},
    commands::{Context, Exit, Outcome},
    config::{duration, is_loopback},
    failure::Failure,
};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The accounts of --users are lines of a name, a blank and a password. Every \
    account, session and token that the run makes stays on the target until it expires."
)]
pub(super) struct Load {
    /// The server; several are asked in turns.
    #[arg(long = "target", value_name = "URL", required = true)]
    targets: Vec<Url>,
    /// The issuer's URL, if a target is a node that is reached under another one.
    #[arg(long, value_name = "URL")]
    issuer: Option<Url>,
    /// Shares of log-ins, session checks, refreshes and ends.
    #[arg(
        long,
        value_name = "SHARES",
        default_value = "login=1,check=90,refresh=8,revoke=1"
    )]
    mix: Mix,
    /// Requests a second, however slow the answers are.
    #[arg(long, value_name = "R", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// How long requests are sent.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    duration: Duration,
    /// Sessions that are there at the beginning.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sessions: u32,
    /// Accounts that are registered for the run.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000), conflicts_with = "users")]
    accounts: u32,
    /// Accounts that are there already: a file, or - for standard input.
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Requests that wait for an answer at once; more are counted as not_sent.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    in_flight: u32,
    /// How long an answer may take.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    timeout: Duration,
    /// Ends with 1 if a request goes wrong.
    #[arg(long)]
    check: bool,
}

impl Load {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        for url in self.targets.iter().chain(&self.issuer) {
            check_secure(url)?;
        }
        let accounts = match &self.users {
            None => Accounts::Register(self.accounts as usize),
            Some(path) if path.as_os_str() == "-" => {
                Accounts::Given(Account::read_all(stdin().lock())?)
            }
            Some(path) => {
                let file = File::open(path).map_err(|error| {
                    Failure::unreachable(format_args!("cannot read {}: {error}", path.display()))
                })?;
                Accounts::Given(Account::read_all(BufReader::new(file))?)
            }
        };
        let report = load::run(&Plan {
            targets: self.targets,
            issuer: self.issuer,
            mix: self.mix,
            rate: self.rate,
            duration: self.duration,
            sessions: self.sessions as usize,
            in_flight: self.in_flight as usize,
            timeout: self.timeout,
            accounts,
        })?;
        if context.global.json {
            report.print_json()?;
        } else {
            report.print()?;
        }
        Ok(if self.check && report.failed() > 0 {
            Exit::Failed
        } else {
            Exit::Success
        })
    }
}

/// Passwords go there.
fn check_secure(url: &Url) -> Result<(), Failure> {
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        return Ok(());
    }
    Err(Failure::usage(format_args!(
        "{url} must be https, or http on this machine"
    )))
}
