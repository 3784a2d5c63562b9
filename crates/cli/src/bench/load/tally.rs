//! What came of the requests, counted as the answers come in.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;

use super::{Answer, Deed, caller::Trouble};
use crate::{bench::failed, failure::Failure};

/// Microseconds: an hour is longer than any answer takes.
const LONGEST: u64 = 3_600_000_000;
/// Digits of a time that count.
const DIGITS: u8 = 3;

/// One kind's answers.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    /// Microseconds from the moment at which a request was due to its good answer.
    pub(super) times: Histogram<u64>,
    /// How many went wrong, by what went wrong.
    pub(super) errors: BTreeMap<Trouble, u64>,
}

impl Answers {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            times: Histogram::new_with_bounds(1, LONGEST, DIGITS).map_err(failed)?,
            errors: BTreeMap::new(),
        })
    }

    /// All that were due.
    pub(super) fn due(&self) -> u64 {
        self.times.len() + self.failed()
    }

    pub(super) fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Milliseconds that so many of a hundred did not exceed.
    pub(super) fn percentile_ms(&self, of_100: f64) -> f64 {
        self.times.value_at_quantile(of_100 / 100.0) as f64 / 1_000.0
    }

    pub(super) fn max_ms(&self) -> f64 {
        self.times.max() as f64 / 1_000.0
    }
}

/// All answers.
#[derive(Debug)]
pub(super) struct Tally(Vec<(Deed, Answers)>);

impl Tally {
    pub(super) fn new() -> Result<Self, Failure> {
        let each = Deed::ALL.map(|deed| Ok((deed, Answers::new()?)));
        Ok(Self(each.into_iter().collect::<Result<_, Failure>>()?))
    }

    pub(super) fn count(&mut self, answer: Answer) {
        let of = self.0.iter_mut().find(|(deed, _)| *deed == answer.deed);
        let Some((_, answers)) = of else { return };
        match answer.outcome {
            Ok(()) => answers.times.saturating_record(micros(answer.took)),
            Err(trouble) => *answers.errors.entry(trouble).or_default() += 1,
        }
    }

    /// Those kinds that were due at all.
    pub(super) fn each(&self) -> impl Iterator<Item = (Deed, &Answers)> {
        self.0
            .iter()
            .filter(|(_, answers)| answers.due() > 0)
            .map(|(deed, answers)| (*deed, answers))
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(LONGEST).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(outcome: Result<(), Trouble>, millis: u64) -> Answer {
        Answer {
            deed: Deed::Check,
            outcome,
            took: Duration::from_millis(millis),
        }
    }

    #[test]
    fn every_answer_is_counted_once() {
        let mut tally = Tally::new().unwrap();
        for millis in 1..=100 {
            tally.count(answer(Ok(()), millis));
        }
        tally.count(answer(Err(Trouble::NotSent), 0));
        tally.count(answer(Err(Trouble::Refused(503, "x".to_owned())), 1));
        tally.count(answer(Err(Trouble::Refused(503, "x".to_owned())), 1));
        let all: Vec<_> = tally.each().collect();
        let [(Deed::Check, answers)] = all[..] else {
            panic!("{all:?}");
        };
        assert_eq!((answers.due(), answers.failed()), (103, 3));
        assert_eq!(answers.errors.len(), 2);
        assert!((answers.percentile_ms(50.0) - 50.0).abs() < 0.1);
        assert!((answers.percentile_ms(99.0) - 99.0).abs() < 0.1);
        assert!((answers.max_ms() - 100.0).abs() < 0.1);
    }

    #[test]
    fn a_time_beyond_all_bounds_is_the_longest() {
        let mut tally = Tally::new().unwrap();
        tally.count(answer(Ok(()), 4_000_000_000));
        let (_, answers) = tally.each().next().unwrap();
        assert_eq!(answers.due(), 1);
        assert!(answers.max_ms() > 3_500_000.0);
    }
}
