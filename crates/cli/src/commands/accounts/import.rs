//! `symbolon accounts import`: accounts from another system, in batches that are each a transaction.
//!
//! The one thing that must not be broken: it can be stopped anywhere and begun again, and what is
//! there already is never changed.

mod auth0;
mod fields;
mod json;
mod keycloak;
mod lines;
mod report;

use std::{
    io::IsTerminal as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};

use self::{
    lines::{Line, Lines},
    report::Report,
};
use crate::{
    admin::{AdminClient, ForeignAccount, ImportBatch, Target},
    commands::{Context, Exit, Outcome, block_on},
    failure::Failure,
};

/// Accounts in one batch; the server takes no more.
const BATCH_ACCOUNTS: usize = 500;
/// Bytes of lines in one batch, about half of what the server takes.
const BATCH_BYTES: u64 = 512 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The file. A line of JSON is an account in Symbolon's own form, Keycloak's or Auth0's.
    file: PathBuf,
    /// How it is written; by its extension unless it is said.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Says what would become of each line, and imports nothing.
    #[arg(long)]
    dry_run: bool,
    /// Imports roles too, `admin` among them. Otherwise lines that have any are rejected.
    #[arg(long)]
    allow_roles: bool,
    /// Appends a line of JSON for each line that is rejected: its number, a code and why.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Begins with this line.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    from_line: u64,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let mut lines = Lines::open(&self.file, self.format()? == Format::Csv)?;
        let mut report = Report::new(self.dry_run, self.rejects.as_deref())?;
        block_on(async {
            let client = self.target.connect_or_create(context).await?;
            self.import(&client, &mut lines, &mut report).await
        })?;
        report.tell(context)?;
        Ok(if report.is_clean() {
            Exit::Success
        } else {
            Exit::Failed
        })
    }

    fn format(&self) -> Result<Format, Failure> {
        let extension = self
            .file
            .extension()
            .and_then(|extension| extension.to_str());
        match (self.format, extension) {
            (Some(format), _) => Ok(format),
            (None, Some("jsonl" | "ndjson" | "json")) => Ok(Format::Jsonl),
            (None, Some("csv")) => Ok(Format::Csv),
            (None, _) => Err(
                Failure::usage("the file's name does not say how it is written")
                    .hint("--format says it: jsonl or csv"),
            ),
        }
    }

    async fn import(
        &self,
        client: &AdminClient,
        lines: &mut Lines,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let bar = progress(lines.size());
        let stop = stop_on_interrupt();
        let mut batch = Batch::default();
        while let Some(line) = lines.next()? {
            if line.number >= self.from_line {
                batch.add(line, report)?;
            }
            bar.set_position(lines.position());
            if batch.is_full() {
                self.send(client, &mut batch, report).await?;
                if stop.load(Ordering::Relaxed) {
                    bar.finish_and_clear();
                    return Err(stopped(report));
                }
            }
        }
        self.send(client, &mut batch, report).await?;
        bar.finish_and_clear();
        Ok(())
    }

    async fn send(
        &self,
        client: &AdminClient,
        batch: &mut Batch,
        report: &mut Report,
    ) -> Result<(), Failure> {
        if batch.accounts.is_empty() {
            return Ok(());
        }
        let sent = ImportBatch {
            dry_run: self.dry_run,
            allow_roles: self.allow_roles,
            accounts: &batch.accounts,
        };
        let answer = client
            .import(&sent)
            .await
            .map_err(|failure| match report.resume() {
                Some(hint) => failure.hint(hint),
                None => failure,
            })?;
        if answer.results.len() != batch.accounts.len() {
            return Err(Failure::unreachable(
                "the server did not answer for every account",
            ));
        }
        for (line, result) in batch.numbers.iter().zip(&answer.results) {
            report.add(*line, result)?;
        }
        *batch = Batch::default();
        Ok(())
    }
}

fn stopped(report: &Report) -> Failure {
    let failure = Failure::new(Exit::Failed, "it was interrupted");
    match report.resume() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// What is sent at once.
#[derive(Default)]
struct Batch {
    accounts: Vec<ForeignAccount>,
    numbers: Vec<u64>,
    bytes: u64,
}

impl Batch {
    /// A line that is no account is reported at once.
    fn add(&mut self, line: Line, report: &mut Report) -> Result<(), Failure> {
        match line.account {
            Ok(account) => {
                self.accounts.push(account);
                self.numbers.push(line.number);
                self.bytes += line.bytes;
                Ok(())
            }
            Err(rejection) => report.reject(line.number, rejection.code, &rejection.detail),
        }
    }

    fn is_full(&self) -> bool {
        self.accounts.len() >= BATCH_ACCOUNTS || self.bytes >= BATCH_BYTES
    }
}

fn progress(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes);
    let template = "  {bar:30} {percent:>3} %  {bytes} of {total_bytes}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Ctrl-C lets the batch at hand finish.
fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            told.store(true, Ordering::Relaxed);
        }
    });
    stop
}
