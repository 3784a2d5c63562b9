//! Checking a password through the product's pool, beside argon2id with memory that is reused and
//! with memory that is fresh.

use std::{hint::black_box, sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use symbolon_core::{
    EntropyExt as _,
    password::{PasswordPool, Verdict},
    secret::{Password, PasswordHash},
    settings::PasswordSettings,
};
use tokio::runtime::Runtime;

use super::{
    Effort, Progress, Report, failed,
    figure::{Figure, Goal},
    local::runtime,
    race::{Way, race},
};
use crate::{failure::Failure, system::SystemEntropy};

const PANEL: &str = "Checking a password, beside bare argon2id with reused memory";
/// What the product's check may cost, as a multiple of the bare one.
const GOAL: f64 = 1.03;
const ROUNDS: usize = 60;
/// A turn is one call.
const TURN: Duration = Duration::from_millis(1);

/// The parameters of `serve`.
const SETTINGS: PasswordSettings = PasswordSettings {
    memory_kib: 19_456,
    iterations: 2,
    parallelism: 1,
    workers: 1,
    queue: 4,
    min_length: 8,
    min_score: 3,
};

/// Measures.
pub(crate) fn run(effort: Effort) -> Result<Report, Failure> {
    let mut report = Report::new("password", effort.quick);
    let progress = Progress::new(1);
    progress.step("argon2id");
    let product = Product::start()?;
    let bare = Bare::new()?;
    let mut memory = vec![Block::new(); bare.params.block_count()];
    let ways = [
        Way::new(|| product.is_right()),
        Way::new(|| bare.reused(&mut memory)),
        Way::new(|| bare.fresh()),
    ];
    let [product, reused, fresh] = race(effort.full(ROUNDS, TURN), &progress, ways)?;
    progress.finish();
    let beside = ("reused memory", &reused);
    report.figures = vec![
        Figure::lap(PANEL, "password/check", &product, beside)
            .label("through the pool")
            .goal(Goal::Ratio(GOAL)),
        Figure::lap(PANEL, "password/fresh", &fresh, beside).label("fresh memory"),
    ];
    report.meaning = meaning(&report);
    Ok(report)
}

fn meaning(report: &Report) -> String {
    let figure = |name| report.figure(name);
    let took = figure("password/check").map_or(f64::NAN, |figure| figure.value / 1e6);
    let fresh = figure("password/fresh").map_or(f64::NAN, |figure| figure.ratio);
    format!(
        "A log-in's password takes {took:.1} ms; a server that takes fresh memory for \
         every hash pays {fresh:.2} times argon2id's own price.",
    )
}

/// The product's own path: the queue, a thread with memory of its own, the PHC string.
struct Product {
    runtime: Runtime,
    pool: PasswordPool,
    password: Password,
    hash: PasswordHash,
}

impl Product {
    fn start() -> Result<Self, Failure> {
        let runtime = runtime()?;
        let pool = PasswordPool::start(&SETTINGS, Arc::new(SystemEntropy)).map_err(failed)?;
        let random = SystemEntropy.bytes::<12>();
        let password = Password::new(symbolon_jose::base64url::encode(&random));
        let hash = runtime
            .block_on(pool.hash(password.clone()))
            .map_err(failed)?;
        Ok(Self {
            runtime,
            pool,
            password,
            hash,
        })
    }

    fn is_right(&self) -> bool {
        let check = self.pool.verify(self.password.clone(), self.hash.clone());
        matches!(self.runtime.block_on(check), Ok(Verdict::Right))
    }
}

/// argon2id alone.
struct Bare {
    params: Params,
    argon2: Argon2<'static>,
}

impl Bare {
    const PASSWORD: &'static [u8] = b"correct horse battery";
    const SALT: &'static [u8; 16] = b"sixteen bytes...";

    fn new() -> Result<Self, Failure> {
        let params = Params::new(
            SETTINGS.memory_kib,
            SETTINGS.iterations,
            SETTINGS.parallelism,
            Some(32),
        )
        .map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        Ok(Self { params, argon2 })
    }

    fn reused(&self, memory: &mut [Block]) -> bool {
        let mut out = [0_u8; 32];
        let done = self.argon2.hash_password_into_with_memory(
            Self::PASSWORD,
            Self::SALT,
            &mut out,
            memory,
        );
        black_box(out);
        done.is_ok()
    }

    fn fresh(&self) -> bool {
        let mut out = [0_u8; 32];
        let done = self
            .argon2
            .hash_password_into(Self::PASSWORD, Self::SALT, &mut out);
        black_box(out);
        done.is_ok()
    }
}
