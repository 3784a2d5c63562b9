//! Counts over time, as a table.

use symbolon_core::{Timestamp, outcomes::OutcomeHistory};

use crate::{
    api::views::moment,
    pages::{frame::Frame, moment::short},
};

/// Columns that a picture can still tell apart; what is less goes together into one more.
const MAX_COLUMNS: usize = 7;

/// A table of counts: a row for every step, the newest first, a column for every series, the largest
/// first.
pub(crate) struct Chart {
    pub(crate) columns: Vec<String>,
    pub(crate) totals: Vec<u64>,
    pub(crate) rows: Vec<Row>,
}

/// One step.
pub(crate) struct Row {
    /// RFC 3339.
    pub(crate) exact: String,
    pub(crate) short: String,
    pub(crate) counts: Vec<u64>,
}

impl Chart {
    /// Of named counts, one for each step of the history.
    pub(super) fn new(
        t: Frame,
        history: &OutcomeHistory,
        mut series: Vec<(String, Vec<u64>)>,
    ) -> Self {
        series.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<u64>()));
        if series.len() > MAX_COLUMNS + 1 {
            let mut others = vec![0; history.steps];
            for (_, counts) in series.drain(MAX_COLUMNS..) {
                add(&mut others, &counts);
            }
            series.push((t.other_reasons().to_owned(), others));
        }
        let row = |step: usize| Row {
            exact: moment(start(history, step)),
            short: short(*t, start(history, step)),
            counts: series
                .iter()
                .map(|(_, counts)| counts.get(step).copied().unwrap_or_default())
                .collect(),
        };
        Self {
            rows: (0..history.steps).rev().map(row).collect(),
            totals: series
                .iter()
                .map(|(_, counts)| counts.iter().sum())
                .collect(),
            columns: series.into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// How many in all.
    pub(crate) fn total(&self) -> u64 {
        self.totals.iter().sum()
    }
}

fn start(history: &OutcomeHistory, step: usize) -> Timestamp {
    let step = i64::try_from(step).unwrap_or_default();
    history.from.plus_secs(step * i64::from(history.step_secs))
}

/// Adds counts to others, step by step.
pub(super) fn add(sums: &mut [u64], counts: &[u64]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}

#[cfg(test)]
mod tests {
    use symbolon_core::Timestamp;

    use super::*;

    fn history() -> OutcomeHistory {
        let from = Timestamp::from_millis(1_800_000_000_000);
        OutcomeHistory {
            since: from,
            from,
            step_secs: 60,
            steps: 3,
            series: Vec::new(),
        }
    }

    #[test]
    fn the_newest_step_and_the_largest_series_come_first() {
        let series = vec![
            ("few".to_owned(), vec![1, 0, 0]),
            ("many".to_owned(), vec![0, 5, 6]),
        ];
        let chart = Chart::new(Frame::default(), &history(), series);
        assert_eq!(chart.columns, ["many", "few"]);
        assert_eq!((chart.totals.as_slice(), chart.total()), (&[11, 1][..], 12));
        let rows: Vec<_> = chart.rows.iter().map(|row| row.counts.as_slice()).collect();
        assert_eq!(rows, [[6, 0], [5, 0], [0, 1]]);
        assert_eq!(chart.rows[0].exact, "2027-01-15T08:02:00Z");
    }

    #[test]
    fn what_cannot_be_told_apart_goes_together() {
        let series = |number| {
            let series = (0..number).map(|n| (format!("r{n}"), vec![100 - n, 0, 0]));
            Chart::new(Frame::default(), &history(), series.collect())
        };
        assert_eq!(series(8).columns.len(), 8, "one more is not worth hiding");
        let many = series(20);
        assert_eq!(many.columns.len(), 8);
        assert_eq!(many.columns.last().unwrap(), "others");
        assert_eq!(many.total(), (0..20).map(|n| 100 - n).sum::<u64>());
    }
}
