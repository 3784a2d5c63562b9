//! The minutes that are over, as many as a day has.

use std::collections::VecDeque;

/// Minutes that are remembered: 24 hours.
pub const MINUTES: u32 = 1_440;

/// A minute that is over: how often each series moved, by its number; those that did not are left
/// out.
#[derive(Debug)]
struct Minute {
    /// Where it begins, in milliseconds.
    start: i64,
    counts: Vec<(u16, u32)>,
}

impl Minute {
    /// Adds what was counted in it later.
    fn add(&mut self, counts: Vec<(u16, u32)>) {
        for (number, count) in counts {
            match self.counts.iter_mut().find(|(known, _)| *known == number) {
                Some((_, sum)) => *sum = sum.saturating_add(count),
                None => self.counts.push((number, count)),
            }
        }
    }
}

/// The minutes in which anything happened, each once. A clock that is set back makes an earlier
/// one go on.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Minute>);

impl History {
    /// Takes in a minute: the counts of all series, in their order.
    pub(super) fn push(&mut self, start: i64, counts: impl Iterator<Item = u32>) {
        let mut counts: Vec<_> = (0..=u16::MAX)
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .collect();
        if counts.is_empty() {
            return;
        }
        if let Some(known) = self.0.iter_mut().rev().find(|one| one.start == start) {
            return known.add(counts);
        }
        let oldest = start - i64::from(MINUTES) * super::MINUTE_MS;
        self.0.retain(|minute| minute.start > oldest);
        if self.0.len() >= MINUTES as usize {
            self.0.pop_front();
        }
        counts.shrink_to_fit();
        self.0.push_back(Minute { start, counts });
    }

    /// Tells every count: the series' number, where the minute begins, how often.
    pub(super) fn each(&self, mut tell: impl FnMut(usize, i64, u32)) {
        for minute in &self.0 {
            for (number, count) in &minute.counts {
                tell(usize::from(*number), minute.start, *count);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let minutes = self.0.iter().map(|minute| minute.counts.capacity() * 8);
        self.0.capacity() * size_of::<Minute>() + minutes.sum::<usize>()
    }
}
