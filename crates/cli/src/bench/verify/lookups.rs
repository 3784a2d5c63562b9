//! Whether an id is revoked, at two sizes of the log, and the memory of an entry.

use std::{collections::HashSet, hint::black_box};

use symbolon_protocol::{RevocationId, RevocationSet};

use super::NOW;
use crate::{
    bench::{
        Effort, Progress, Report,
        figure::{Figure, Goal, Unit},
        log_entries::{entry, id},
        race::{Way, race},
    },
    failure::Failure,
};

const CHECK: &str = "Is an id revoked? One look-up, of another id every time";
const MEMORY: &str = "Memory of a revoked id";

/// A size of the log with its name and the goal of a look-up, in nanoseconds.
type Size = (u64, &'static str, f64);

const FULL: [Size; 2] = [(100_000, "100k", 20.0), (10_000_000, "10M", 50.0)];
const QUICK: [Size; 2] = [(1_000, "1k", 20.0), (100_000, "100k", 20.0)];
/// Bytes that an entry may take.
const BYTES: f64 = 32.0;
/// Bytes of the id alone.
const ID_BYTES: f64 = 16.0;

pub(super) fn measure(
    report: &mut Report,
    effort: Effort,
    progress: &Progress,
) -> Result<(), Failure> {
    let [small, large] = if effort.quick { QUICK } else { FULL };
    let (count, name, goal) = small;
    progress.step(format!("look-ups at {name}"));
    let few = filled(count);
    let ids: HashSet<RevocationId> = (0..count).map(id).collect();
    let [found, absent, std] = race(
        effort,
        progress,
        [
            present(&few, count),
            missing(&few, count),
            way(move |draw| draw + count, |id| !black_box(ids.contains(id))),
        ],
    )?;
    drop(ids);
    let beside = ("std HashSet", &std);
    report.figures.extend([
        Figure::lap(CHECK, format!("check/{name}"), &absent, beside)
            .label(format!("{name} revoked, not this one"))
            .goal(Goal::Most(goal)),
        Figure::lap(CHECK, format!("check/{name}/hit"), &found, beside)
            .label(format!("{name} revoked, this one")),
    ]);
    let (count, name, goal) = large;
    progress.step(format!("look-ups at {name}"));
    let many = filled(count);
    let [few, found, absent] = race(
        effort,
        progress,
        [
            missing(&few, small.0),
            present(&many, count),
            missing(&many, count),
        ],
    )?;
    let beside = (if effort.quick { "at 1k" } else { "at 100k" }, &few);
    report.figures.extend([
        Figure::lap(CHECK, format!("check/{name}"), &absent, beside)
            .label(format!("{name} revoked, not this one"))
            .goal(Goal::Most(goal)),
        Figure::lap(CHECK, format!("check/{name}/hit"), &found, beside)
            .label(format!("{name} revoked, this one")),
    ]);
    let bytes = many.heap_bytes() as f64 / count as f64;
    let beside = ("the id alone", ID_BYTES);
    report.figures.push(
        Figure::value(MEMORY, format!("memory/{name}"), Unit::Bytes, bytes, beside)
            .label(format!("{name} revoked"))
            .goal(Goal::Most(BYTES)),
    );
    Ok(())
}

/// A set of the first so many ids, taken in page by page as a verifier does.
fn filled(count: u64) -> RevocationSet {
    const PAGE: u64 = 100_000;
    let mut set = RevocationSet::new();
    let mut page = Vec::new();
    for first in (0..count).step_by(PAGE as usize) {
        let numbers = first..count.min(first + PAGE);
        page.clear();
        page.extend(numbers.map(|number| entry(number, NOW + 600)));
        set.extend(&page);
    }
    set
}

/// Ids that lie ready, as a credential's do when it is checked: making one costs as much as the
/// look-up. More than the processor's nearest memory holds of what they lead to.
const PROBES: u64 = 1 << 18;

/// Looks up ids that are in the set.
fn present(set: &RevocationSet, count: u64) -> Way<'_> {
    way(
        move |draw| (draw * count) >> 32,
        |id| black_box(set.is_revoked(id, 0)),
    )
}

/// Looks up ids that are not: almost every credential's case.
fn missing(set: &RevocationSet, count: u64) -> Way<'_> {
    way(
        move |draw| draw + count,
        |id| !black_box(set.is_revoked(id, 0)),
    )
}

/// Looks up another id every time; `pick` makes its number of 32 bits that lie far apart from one
/// to the next.
fn way<'a>(pick: impl Fn(u64) -> u64, look_up: impl Fn(&RevocationId) -> bool + 'a) -> Way<'a> {
    /// 2^32 ÷ the golden ratio; odd.
    const STRIDE: u64 = 0x9E37_79B9;
    let draws = (0..PROBES).map(|at| (at * STRIDE) & u64::from(u32::MAX));
    let probes: Vec<_> = draws.map(|draw| id(pick(draw))).collect();
    let mut next = 0;
    Way::new(move || {
        next = (next + 1) % probes.len();
        probes.get(next).is_some_and(&look_up)
    })
}
