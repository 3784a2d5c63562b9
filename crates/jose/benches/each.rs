//! Verification and signing beside the bare primitive with a parsed key, and beside jsonwebtoken.
//!
//! Each way is measured by itself here; for the ratios, which a busy machine would spoil, see
//! `ratios`. `cargo bench -p symbolon-jose --bench each [name]`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark without its key has nothing to measure"
)]

#[path = "support/case.rs"]
mod case;
#[path = "support/signing.rs"]
mod signing;
#[path = "support/verifying.rs"]
mod verifying;

use criterion::{Criterion, criterion_group, criterion_main};

fn measure(criterion: &mut Criterion) {
    for case in verifying::cases().into_iter().chain(signing::cases()) {
        let mut group = criterion.benchmark_group(case.name);
        group.bench_function("raw", |bencher| bencher.iter(&case.raw));
        group.bench_function("symbolon", |bencher| bencher.iter(&case.ours));
        group.bench_function("jsonwebtoken", |bencher| bencher.iter(&case.theirs));
        group.finish();
    }
}

criterion_group!(benches, measure);
criterion_main!(benches);
