//! The measuring: ways of doing something take turns (A, B, B, A, A, B …), so that a machine that
//! is busy, hot or throttled for a while is so for all of them.

use std::time::Duration;

use super::{Effort, Progress, failed, stopwatch::Stopwatch};
use crate::failure::Failure;

/// Calls that are never exceeded in one turn, however little a call takes.
const MOST_CALLS: u32 = 10_000_000;

/// One way of doing something; answers whether it came out as it must.
pub(super) struct Way<'a> {
    batch: Box<dyn FnMut(u32) -> bool + 'a>,
}

impl<'a> Way<'a> {
    /// The loop is compiled around the call, so that nothing but the call is timed.
    pub(super) fn new(mut once: impl FnMut() -> bool + 'a) -> Self {
        Self {
            batch: Box::new(move |calls| {
                let mut good = true;
                for _ in 0..calls {
                    good &= once();
                }
                good
            }),
        }
    }

    fn time(&mut self, calls: u32) -> Result<Duration, Failure> {
        let watch = Stopwatch::start();
        let good = (self.batch)(calls);
        let took = watch.elapsed();
        if good {
            Ok(took)
        } else {
            Err(failed("a call that is measured did not come out right"))
        }
    }

    /// Warms up; how many calls fill a turn.
    fn calls(&mut self, turn: Duration) -> Result<u32, Failure> {
        let mut calls = 1;
        loop {
            let took = self.time(calls)?;
            if took >= turn / 2 || calls >= MOST_CALLS {
                let wanted = f64::from(calls) * turn.as_secs_f64() / took.as_secs_f64().max(1e-9);
                return Ok((wanted as u32).clamp(1, MOST_CALLS));
            }
            calls = calls.saturating_mul(2);
        }
    }
}

/// What one way took, in nanoseconds a call, turn by turn.
#[derive(Debug, Clone, Default)]
pub(super) struct Lap(Vec<f64>);

impl Lap {
    /// The median turn, in nanoseconds a call.
    pub(super) fn ns(&self) -> f64 {
        median(self.0.clone())
    }

    /// How many times what `other` took. Each turn is compared with the other's turn beside it.
    pub(super) fn ratio_to(&self, other: &Self) -> f64 {
        let pairs = self.0.iter().zip(&other.0);
        median(pairs.map(|(own, other)| own / other.max(0.01)).collect())
    }

    /// How many nanoseconds more than `other`, turn by turn.
    pub(super) fn above(&self, other: &Self) -> f64 {
        let pairs = self.0.iter().zip(&other.0);
        median(pairs.map(|(own, other)| own - other).collect())
    }
}

/// Lets the ways take turns.
pub(super) fn race<const N: usize>(
    effort: Effort,
    progress: &Progress,
    mut ways: [Way<'_>; N],
) -> Result<[Lap; N], Failure> {
    let mut calls = [1; N];
    for (way, calls) in ways.iter_mut().zip(&mut calls) {
        *calls = way.calls(effort.turn)?;
    }
    let mut laps: [Lap; N] = std::array::from_fn(|_| Lap::default());
    for round in 0..effort.rounds {
        let mut turns: Vec<_> = ways.iter_mut().zip(calls).zip(&mut laps).collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        for ((way, calls), lap) in turns {
            let took = way.time(calls)?;
            lap.0.push(took.as_secs_f64() * 1e9 / f64::from(calls));
        }
        progress.part(round + 1, effort.rounds);
    }
    Ok(laps)
}

/// The middle one, or the mean of the middle two.
pub(super) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    let upper = all.get(all.len() / 2).copied().unwrap_or_default();
    if all.len() % 2 == 1 {
        return upper;
    }
    let lower = all.len().checked_sub(2).and_then(|at| all.get(at / 2));
    lower.map_or(upper, |lower| f64::midpoint(*lower, upper))
}

/// The smallest value that so many in a hundred do not exceed (nearest rank); sorts.
pub(super) fn percentile(all: &mut [f64], of_100: usize) -> f64 {
    all.sort_by(f64::total_cmp);
    let rank = (all.len() * of_100).div_ceil(100).max(1);
    all.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_found() {
        assert_eq!(median(vec![]), 0.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let mut all: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut all, 50), 100.0);
        assert_eq!(percentile(&mut all, 99), 198.0);
        assert_eq!(percentile(&mut all, 100), 200.0);
        assert_eq!(percentile(&mut [7.0], 99), 7.0);
    }

    #[test]
    fn turns_are_compared_with_the_turn_beside_them() {
        // The machine was ten times slower in the second turn, for both.
        let own = Lap(vec![2.0, 20.0, 2.0]);
        let other = Lap(vec![1.0, 10.0, 1.0]);
        assert_eq!(own.ratio_to(&other), 2.0);
        assert_eq!(own.above(&other), 1.0);
    }

    #[test]
    fn every_way_has_every_turn_and_a_wrong_result_ends_it() {
        let effort = Effort::new(true);
        let progress = Progress::new(1);
        let laps = race(
            effort,
            &progress,
            [Way::new(|| true), Way::new(|| std::hint::black_box(true))],
        );
        let turns = laps.unwrap().map(|lap| lap.0.len());
        assert_eq!(turns, [effort.rounds; 2]);
        assert!(race(effort, &progress, [Way::new(|| false)]).is_err());
    }
}
