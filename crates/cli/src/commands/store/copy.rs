//! `symbolon store copy`: all of a store to another one, of the same engine or another.

use std::{cell::Cell, ffi::OsString};

use serde_json::json;

use crate::{
    commands::{
        Context, Exit, Outcome,
        backup::{bar, follow},
        block_on,
    },
    config::{self, Config, MasterKeySource, Setting as _, StoreUrl},
    data_dir::{DataDir, LockedDataDir},
    failure::Failure,
    output,
    text::visible,
    wiring::bulk::{self, Copied, Progress, Step},
};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "URL is sqlite:PATH, postgres://USER@HOST/DATABASE, or @FILE for a file that holds one. A \
    password is not said in an argument: PGPASSWORD has it, or the file, or the configuration.\n\n\
    No server may use either store. A copy that was interrupted goes on when the command is given \
    again; no server works on the target before every row was compared. The master key stays the same."
)]
pub(super) struct Copy {
    /// The store that is copied; the configured one by default.
    #[arg(long, value_name = "URL", required_unless_present = "to")]
    from: Option<String>,
    /// The store that it is copied to, which is empty; the configured one by default.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

impl Copy {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let config = config::load(&context.global.sources([]))?.config;
        let from = address("--from", self.from.as_deref(), &config)?;
        let to = address("--to", self.to.as_deref(), &config)?;
        if from == to {
            return Err(Failure::usage("source and target are the same store"));
        }
        let copied = block_on(copy(&config, &from, &to))?;
        if context.global.json {
            output::json(&as_json(&copied))?;
        } else {
            tell(&copied)?;
        }
        Ok(Exit::Success)
    }
}

async fn copy(config: &Config, from: &StoreUrl, to: &StoreUrl) -> Result<Copied, Failure> {
    let data = lock(config)?;
    let mut source = bulk::open_source(config, from, &data).await?;
    bulk::check_master_key(config, &data, &mut *source).await?;
    let mut target = bulk::open_target(config, to, &data).await?;
    let shown = bar("  {bar:30} {percent:>3} %  {msg}, {eta} left");
    let step = Cell::new(Step::Copying);
    let show = |progress: Progress| {
        let Progress {
            step: now,
            table,
            done,
            of,
        } = progress;
        if step.replace(now) != now {
            shown.reset();
        }
        let what = match now {
            Step::Copying => "copying",
            Step::Comparing => "comparing",
        };
        // First: a bar without a length is a full one.
        follow(&shown, done, of);
        shown.set_message(format!("{what} {table}"));
    };
    let copied = bulk::copy(&mut *source, &mut *target, &show).await;
    shown.finish_and_clear();
    let copied = copied.map_err(|error| bulk::failure("the source", &error))?;
    for (whose, store) in [("the target", target), ("the source", source)] {
        let closed = store.close().await;
        closed.map_err(|error| bulk::failure(whose, &error))?;
    }
    Ok(copied)
}

/// The store that an argument names.
fn address(flag: &str, text: Option<&str>, config: &Config) -> Result<StoreUrl, Failure> {
    let Some(text) = text else {
        return Ok(config.store.url.clone());
    };
    let is_file = text.strip_prefix('@');
    let content = match is_file {
        None => text.to_owned(),
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| Failure::unreachable(format_args!("{flag}: {file}: {error}")))?,
    };
    let url = StoreUrl::from_text(content.trim())
        .map_err(|problem| Failure::usage(format_args!("{flag}: {}", visible(&problem))))?;
    let StoreUrl::Postgres(url) = url else {
        return Ok(url);
    };
    if url.has_password() && is_file.is_none() {
        return Err(Failure::usage(format_args!(
            "{flag}: a password in an argument is for everybody on this machine to see"
        ))
        .hint("leave it out and set PGPASSWORD, or write the URL into a file: @FILE"));
    }
    let password =
        std::env::var_os("PGPASSWORD").and_then(|text: OsString| text.into_string().ok());
    let url = match password {
        Some(password) if !url.has_password() => url.with_password(&password),
        _ => *url,
    };
    Ok(StoreUrl::Postgres(Box::new(url)))
}

/// Takes the directory, which has the master key or at least the place of an embedded store.
fn lock(config: &Config) -> Result<LockedDataDir, Failure> {
    let path = &config.server.data_dir;
    let data = match &config.master_key {
        MasterKeySource::Given { .. } => DataDir::open(path)?,
        MasterKeySource::DataDirectory => DataDir::existing(path)?,
    };
    data.lock()
        .map_err(|error| Failure::from(error).hint("a copy needs the server stopped"))
}

fn rows(copied: &Copied) -> u64 {
    copied.tables.iter().map(|table| table.rows).sum()
}

fn tell(copied: &Copied) -> std::io::Result<()> {
    output::table(
        &["table", "rows"],
        copied
            .tables
            .iter()
            .map(|table| vec![table.table.to_owned(), table.rows.to_string()]),
    )?;
    let again = match copied.was_resumed {
        true => ", some of them by an earlier run",
        false => "",
    };
    output::line(&format!(
        "{} {} rows are copied{again}, and every value is the same on both sides.",
        output::styled(output::GOOD, "ok:"),
        rows(copied)
    ))?;
    output::note(
        "Set store.url to the target and start the servers with the same master key. Start none on \
         the source any more: it would not know what is ended from now on.",
    );
    Ok(())
}

fn as_json(copied: &Copied) -> serde_json::Value {
    let tables: Vec<_> = copied
        .tables
        .iter()
        .map(|table| json!({"name": table.table, "rows": table.rows, "found": table.found}))
        .collect();
    json!({
        "epoch": copied.epoch,
        "resumed": copied.was_resumed,
        "rows": rows(copied),
        "tables": tables,
    })
}
