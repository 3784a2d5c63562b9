//! `symbolon bench seed`.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

use crate::{
    bench::seed::{self, Order},
    commands::{Context, Exit, Outcome},
    config,
    failure::Failure,
};

/// Names that are written at most: a load test needs no more.
const NAMES: u64 = 10_000;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For measuring, on a store of its own: one that has accounts of others is refused. All \
    accounts have one password. `--accounts 0 --sessions 0` shows what the store takes."
)]
pub(super) struct Seed {
    /// Accounts, each with a user name (seed-0000000 and so on), an address and a password.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    accounts: u64,
    /// Sessions of these accounts, each with a cookie and a grant.
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    sessions: u64,
    /// How many of the sessions have been dead for so long that they are due to be deleted.
    #[arg(long, value_name = "N", default_value_t = 0)]
    dead: u64,
    /// Writes names, 10,000 at most, and the password for `bench load --users`; made with mode 0600.
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
}

impl Seed {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        if self.accounts == 0 && self.sessions > 0 {
            return Err(Failure::usage("sessions are made for accounts of this run")
                .hint("--accounts 1 at least"));
        }
        let config = config::load(&context.global.sources([]))?.config;
        // That it cannot be written is better to know before.
        let users = self.users.as_deref().map(open).transpose()?;
        let order = Order {
            accounts: self.accounts,
            sessions: self.sessions,
            dead: self.dead.min(self.sessions),
        };
        let report = seed::run(&config, order)?;
        if let Some(file) = users {
            let mut file = BufWriter::new(file);
            for name in report.names().take(NAMES as usize) {
                writeln!(file, "{name} {}", report.password())?;
            }
            file.flush()?;
        }
        if context.global.json {
            report.print_json()?;
        } else {
            report.print()?;
        }
        Ok(Exit::Success)
    }
}

fn open(path: &std::path::Path) -> Result<File, Failure> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).map_err(|error| {
        Failure::unreachable(format_args!("cannot write {}: {error}", path.display()))
    })
}
