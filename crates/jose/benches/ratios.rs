//! The ratios that are promised: this crate ÷ the bare primitive, interleaved.
//!
//! The three ways take turns in short rounds, so that whatever else the machine does falls on all
//! of them; a figure is the lower quartile of its rounds. `cargo bench -p symbolon-jose --bench
//! ratios [name]`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark without its key has nothing to measure"
)]
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

#[path = "support/case.rs"]
mod case;
#[path = "support/signing.rs"]
mod signing;
#[path = "support/verifying.rs"]
mod verifying;

use std::time::{Duration, Instant};

use case::Case;

const ROUNDS: usize = 400;
const ROUND: Duration = Duration::from_micros(1_500);

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .find(|arg| !arg.starts_with('-'))
        .unwrap_or_default();
    println!(
        "{:<14}{:>12}{:>12}{:>8}{:>12}{:>16}",
        "", "raw", "symbolon", "÷", "−", "jsonwebtoken ÷"
    );
    for case in verifying::cases().into_iter().chain(signing::cases()) {
        if case.name.contains(&wanted) {
            report(&case);
        }
    }
}

fn report(case: &Case) {
    let ways = [&case.raw, &case.ours, &case.theirs];
    let counts = ways.map(|way| calls_per_round(way));
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for ((way, count), times) in ways.iter().zip(counts).zip(&mut rounds) {
            times.push(nanoseconds(way, count));
        }
    }
    let [raw, ours, theirs] = rounds.map(lower_quartile);
    println!(
        "{:<14}{:>9.0} ns{:>9.0} ns{:>8.3}{:>9.0} ns{:>16.3}",
        case.name,
        raw,
        ours,
        ours / raw,
        ours - raw,
        theirs / raw,
    );
}

fn calls_per_round(way: &dyn Fn()) -> u32 {
    let once = nanoseconds(way, 50).max(1.0);
    let calls = ROUND.as_secs_f64() * 1e9 / once;
    (calls as u32).max(1)
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn nanoseconds(way: &dyn Fn(), calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        way();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn lower_quartile(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 4).copied().unwrap_or(f64::NAN)
}
