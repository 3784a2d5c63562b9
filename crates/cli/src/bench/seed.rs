//! A large store, made at once: what its tables and indexes take, and something to run a load on.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use symbolon_core::{
    Clock as _, EntropyExt as _, password::PasswordPool, secret::Password,
    settings::FIRST_PARTY_CLIENT,
};
use symbolon_jose::base64url;

use super::{Progress, failed, local::runtime, machine::Machine, stopwatch::Stopwatch};
use crate::{
    config::{Config, StoreUrl},
    data_dir::DataDir,
    failure::Failure,
    output::{self, DIM, styled},
    system::{SystemClock, SystemEntropy},
    wiring::{
        bulk::{self, SeedPlan, Size},
        core_settings, open_issuer,
    },
};

/// Seconds before now at which dead sessions were made: longer than they and what is kept of them live.
const LONG_AGO: i64 = 90 * 86_400;

/// How much is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) accounts: u64,
    pub(crate) sessions: u64,
    /// How many of the sessions have been dead for long.
    pub(crate) dead: u64,
}

/// What was made, and what all of the store takes.
pub(crate) struct SeedReport {
    machine: Machine,
    engine: &'static str,
    order: Order,
    first: u64,
    password: SecretString,
    rows: u64,
    took: Duration,
    counts: Vec<(&'static str, u64)>,
    sizes: Vec<Size>,
}

/// Makes it in the store that is configured.
pub(crate) fn run(config: &Config, order: Order) -> Result<SeedReport, Failure> {
    runtime()?.block_on(make(config, order))
}

async fn make(config: &Config, order: Order) -> Result<SeedReport, Failure> {
    let machine = Machine::here();
    let data = DataDir::open(&config.server.data_dir)?.lock()?;
    // Makes the tables, and the keys that grants refer to.
    open_issuer(config, &data).await?.close().await;
    let password = base64url::encode(&SystemEntropy.bytes::<12>());
    let plan = plan(config, order, &password).await?;
    let mut store = bulk::open_target(config, &config.store.url, &data).await?;
    let progress = Progress::new(1);
    progress.step("rows");
    let tell = |done: u64, of: u64| progress.part(done as usize, of as usize);
    let start = Stopwatch::start();
    let seeded = bulk::seed(&mut *store, &plan, &SystemEntropy, &tell).await;
    let took = start.elapsed();
    progress.finish();
    let unmade = |error| bulk::failure("the store", &error);
    let seeded = seeded.map_err(unmade)?;
    let sizes = store.sizes().await.map_err(unmade)?;
    let counts = bulk::row_counts(&mut *store).await?;
    store.close().await.map_err(unmade)?;
    Ok(SeedReport {
        machine,
        engine: match config.store.url {
            StoreUrl::Sqlite(_) => "sqlite",
            StoreUrl::Postgres(_) => "postgres",
        },
        order,
        first: seeded.first,
        password: password.into(),
        rows: seeded.rows,
        took,
        counts,
        sizes,
    })
}

async fn plan(config: &Config, order: Order, password: &str) -> Result<SeedPlan, Failure> {
    let settings = core_settings(config);
    let pool = PasswordPool::start(&settings.passwords, Arc::new(SystemEntropy)).map_err(failed)?;
    let hash = pool.hash(Password::new(password.to_owned())).await;
    let now = SystemClock.now();
    let (sessions, tokens) = (&settings.sessions, &settings.tokens);
    Ok(SeedPlan {
        accounts: order.accounts,
        sessions: order.sessions,
        dead: order.dead,
        password_hash: hash.map_err(failed)?.expose().to_owned(),
        origin: settings.issuer.clone(),
        client: FIRST_PARTY_CLIENT.to_owned(),
        resource: settings.issuer.clone(),
        scopes: Vec::new(),
        session_secs: (sessions.browser_idle_secs, sessions.browser_absolute_secs),
        grant_secs: (tokens.refresh_idle_secs, tokens.refresh_absolute_secs),
        now,
        long_ago: now.plus_secs(-LONG_AGO),
    })
}

/// Tables whose rows an account, a session, a grant is made of.
const PARTS: [(&str, &[&str]); 3] = [
    ("accounts", &["accounts", "identifiers", "credentials"]),
    ("sessions", &["sessions", "session_cookies"]),
    ("grants", &["grants"]),
];

impl SeedReport {
    /// The names of the accounts that were made.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        (self.first..self.first + self.order.accounts).map(bulk::seed_name)
    }

    /// The password of all.
    pub(crate) fn password(&self) -> &str {
        self.password.expose_secret()
    }

    fn rate(&self) -> f64 {
        self.rows as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn count(&self, table: &str) -> Option<u64> {
        let count = self.counts.iter().find(|(name, _)| *name == table);
        count.map(|(_, count)| *count)
    }

    fn bytes(&self, of: impl Fn(&Size) -> bool) -> u64 {
        let sizes = self.sizes.iter().filter(|size| of(size));
        sizes.map(|size| size.bytes).sum()
    }

    /// Bytes that one account, session and grant take with all their indexes.
    fn each(&self) -> impl Iterator<Item = (&'static str, f64)> {
        PARTS.iter().filter_map(|&(part, tables)| {
            let count = self.count(part).filter(|count| *count > 0)?;
            let bytes = self.bytes(|size| tables.contains(&size.table.as_str()));
            Some((part, bytes as f64 / count as f64))
        })
    }

    /// The one JSON object.
    pub(crate) fn print_json(&self) -> Result<(), Failure> {
        let sizes: Vec<Value> = self
            .sizes
            .iter()
            .map(|size| {
                json!({
                    "name": size.name,
                    "table": size.table,
                    "kind": if size.is_table { "table" } else { "index" },
                    "bytes": size.bytes,
                })
            })
            .collect();
        let each: serde_json::Map<_, _> = self
            .each()
            .map(|(part, bytes)| (part.to_owned(), json!(bytes)))
            .collect();
        let rows: serde_json::Map<_, _> = self
            .counts
            .iter()
            .map(|(table, count)| ((*table).to_owned(), json!(count)))
            .collect();
        Ok(output::json(&json!({
            "bench": "seed",
            "machine": self.machine.json(),
            "store": self.engine,
            "accounts": self.order.accounts,
            "sessions": self.order.sessions,
            "dead": self.order.dead,
            "rows_made": self.rows,
            "seconds": self.took.as_secs_f64(),
            "rows_per_second": self.rate(),
            "rows": rows,
            "sizes": sizes,
            "bytes": self.bytes(|_| true),
            "bytes_each": each,
        }))?)
    }

    /// For people.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        output::line(&styled(DIM, self.machine.line()))?;
        output::line("")?;
        output::table(
            &["", "rows", "MB", "bytes a row"],
            self.sizes.iter().filter(|size| size.bytes > 0).map(|size| {
                let count = self.count(&size.table).filter(|count| *count > 0);
                let each = count.map(|count| size.bytes as f64 / count as f64);
                vec![
                    match size.is_table {
                        true => size.name.clone(),
                        false => format!("  {}", size.name),
                    },
                    match (size.is_table, count) {
                        (true, Some(count)) => count.to_string(),
                        _ => String::new(),
                    },
                    format!("{:.1}", size.bytes as f64 / 1e6),
                    each.map_or_else(String::new, |each| format!("{each:.1}")),
                ]
            }),
        )?;
        output::line("")?;
        for (part, bytes) in self.each() {
            output::line(&format!("{part}: {bytes:.0} bytes each, indexes included"))?;
        }
        output::line(&format!(
            "{:.1} MB in all; {} rows made in {:.1} s, {:.0} a second",
            self.bytes(|_| true) as f64 / 1e6,
            self.rows,
            self.took.as_secs_f64(),
            self.rate(),
        ))?;
        Ok(())
    }
}
