//! The set of revocations at four sizes, in one run: a look-up that finds and one that does not,
//! the check of a token, one more entry and its snapshot, expiry, and bytes an entry.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark: it measures time and prints"
)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use symbolon_protocol::{EndReason, Entry, Kind, RevocationId, RevocationSet, TokenIds};

const SIZES: [u64; 4] = [1_000, 100_000, 1_000_000, 10_000_000];
/// Entries that arrive one by one, each followed by a snapshot, as the server publishes them.
const STREAM: u64 = 20_000;

/// As random as the low part of a UUID, and reproducible (splitmix64).
fn id(number: u64) -> RevocationId {
    let word = |seed: u64| {
        let mut word = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u128::from(word ^ (word >> 31))
    };
    RevocationId((word(2 * number) << 64 | word(2 * number + 1)).to_ne_bytes())
}

fn entry(seq: u64) -> Entry {
    Entry {
        seq,
        kind: Kind::Session,
        id: id(seq),
        below: None,
        reason: EndReason::Logout,
        revoked_at: 0,
        until: Some(i64::try_from(seq % 100).unwrap_or(0) + 1_000),
    }
}

fn filled(size: u64) -> RevocationSet {
    let mut set = RevocationSet::new();
    let mut from = 0;
    while from < size {
        let to = (from + 100_000).min(size);
        set.extend(&(from..to).map(entry).collect::<Vec<_>>());
        from = to;
    }
    set
}

/// Longest and average time of one entry and its snapshot.
fn stream(set: &RevocationSet, size: u64) -> (Duration, Duration) {
    let mut set = set.clone();
    let mut published = set.clone();
    let (mut longest, mut all) = (Duration::ZERO, Duration::ZERO);
    for number in 0..STREAM {
        let entry = entry(size + number);
        let start = Instant::now();
        set.insert(&entry);
        published.clone_from(&set);
        let took = start.elapsed();
        longest = longest.max(took);
        all += took;
    }
    black_box(&published);
    let average = all.checked_div(u32::try_from(STREAM).unwrap_or(1));
    (average.unwrap_or_default(), longest)
}

/// The middle and the fastest of many short batches, in nanoseconds a call: on a machine that does
/// other things, too, most batches are not interrupted.
fn measure(mut call: impl FnMut() -> bool) -> String {
    const BATCH: u32 = 1_000;
    let mut times: Vec<f64> = (0..1_000)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..BATCH {
                black_box(call());
            }
            start.elapsed().as_nanos() as f64 / f64::from(BATCH)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    format!("{:>7.1} ({:.1})", at(500), at(0))
}

fn main() {
    println!("ns, the middle of 1,000 batches (the fastest)\n");
    println!("   entries            hit           miss          token  ms to expire 1 %");
    for size in SIZES {
        let start = Instant::now();
        let set = filled(size);
        let loaded = start.elapsed();
        let probes: Vec<_> = (0..1 << 18)
            .map(|at| (id(at * 7_919 % size), id(at + (1 << 40))))
            .collect();
        let mut next = probes.iter().cycle();
        let hit = measure(|| next.next().is_some_and(|probe| set.is_revoked(&probe.0, 0)));
        let miss = measure(|| next.next().is_some_and(|probe| set.is_revoked(&probe.1, 0)));
        let mut tokens = probes.chunks_exact(3).cycle();
        let token = measure(|| {
            let Some([session, grant, token]) = tokens.next() else {
                return false;
            };
            set.refuses(&TokenIds {
                session: Some(session.1),
                grant: grant.1,
                token: token.1,
                client: RevocationId([1; 16]),
                key: RevocationId([2; 16]),
                version: 0,
            })
            .is_some()
        });
        let mut forgetful = set.clone();
        let start = Instant::now();
        forgetful.forget_expired(1_001);
        let expiry = start.elapsed().as_secs_f64() * 1_000.0;
        println!("{size:>10} {hit:>14} {miss:>14} {token:>14} {expiry:>10.2}");
        let (average, longest) = stream(&set, size);
        println!(
            "           loaded in {loaded:.1?}; {:.2} bytes an entry; one more and its snapshot \
             {average:.2?} on average, {longest:.1?} at most",
            set.heap_bytes() as f64 / size as f64
        );
    }
}
