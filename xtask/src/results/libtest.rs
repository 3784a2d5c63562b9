//! Reads what `cargo test -- --show-output` prints, line by line.
//!
//! A test binary prints one line per test, then `successes:` with the output of each test that passed
//! under a heading with its name, `successes:` again with only the names, the same for `failures:`, and
//! a summary. A summary inside a test's output is that test's own business. A line that a test wrote
//! past the harness stands anywhere, and counts just the same when it starts with `skipped: `.

use super::{COUNTED, DRILLED, Results, SKIPPED};
use crate::step::Tally;

/// What has been read so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) results: Results,
    section: Section,
    /// Tests of the binary being read that passed by skipping: its summary counts them as passed.
    skipped_in_binary: usize,
    /// The test whose output is being read, until it is known to have skipped.
    test: Option<String>,
}

/// Where in a binary's output the reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    /// Between the tests, or among names: what stands here is the harness's.
    #[default]
    Harness,
    /// What tests that passed had printed.
    Successes,
    /// What tests that failed had printed.
    Failures,
}

impl Section {
    /// The section that a line opens, if it opens one.
    fn after(self, line: &str) -> Option<Self> {
        match (line, self) {
            ("successes:", Self::Harness) => Some(Self::Successes),
            ("failures:", Self::Harness) => Some(Self::Failures),
            ("successes:", Self::Successes) | ("failures:", Self::Failures) => Some(Self::Harness),
            _ => None,
        }
    }
}

impl Reader {
    /// Takes one line and says whether a person wants to see it.
    pub(super) fn line(&mut self, line: &str) -> bool {
        if let Some(section) = self.section.after(line) {
            self.section = section;
            return section == Section::Failures;
        }
        match self.section {
            Section::Harness => {
                if let Some(summary) = summary(line) {
                    self.end_binary(summary);
                } else if let Some(reason) = line.strip_prefix(SKIPPED) {
                    self.skip("a test", reason);
                }
            }
            Section::Successes => {
                if let Some(test) = heading(line) {
                    self.test = Some(test.to_owned());
                } else if let Some(reason) = line.strip_prefix(SKIPPED)
                    && let Some(test) = self.test.take()
                {
                    self.skip(&test, reason);
                }
            }
            Section::Failures => {}
        }
        if let Some(drilled) = line.strip_prefix(DRILLED) {
            self.results.drilled.push(drilled.to_owned());
        }
        self.section != Section::Successes || line.starts_with(COUNTED)
    }

    fn skip(&mut self, test: &str, reason: &str) {
        self.results.skip(test, reason);
        self.skipped_in_binary += 1;
    }

    fn end_binary(&mut self, summary: Tally) {
        let passed = summary.passed.saturating_sub(self.skipped_in_binary);
        self.results.tally += Tally { passed, ..summary };
        self.skipped_in_binary = 0;
        self.test = None;
    }
}

/// `---- name stdout ----`
fn heading(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// `test result: ok. 2 passed; 0 failed; 1 ignored; …`; an ignored test did not run.
fn summary(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut tally = Tally::default();
    for count in counts.split("; ") {
        match count.split_once(' ') {
            Some((number, "passed")) => tally.passed = number.parse().ok()?,
            Some((number, "failed")) => tally.failed = number.parse().ok()?,
            Some((number, "ignored")) => tally.skipped = number.parse().ok()?,
            _ => {}
        }
    }
    Some(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "
running 3 tests
test a ... ok
test b ... ok
test c ... ignored

successes:

---- a stdout ----
preparing
skipped: no strace
skipped: said twice

---- b stdout ----
the server said skipped: nothing
test result: ok. 7 passed; 0 failed; 0 ignored; the test's own business

successes:
    a
    b

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 3 tests
skipped: written past the harness
test d ... ok
test e ... FAILED

successes:

successes:
    d
    f

failures:

---- e stdout ----
skipped counts for nothing here

failures:
    e

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
";

    #[test]
    fn each_test_is_counted_once_as_what_it_was() {
        let mut reader = Reader::default();
        for line in RUN.lines() {
            reader.line(line);
        }
        assert_eq!(
            reader.results.tally,
            Tally {
                passed: 2,
                failed: 1,
                skipped: 3
            }
        );
        let reasons: Vec<_> = reader
            .results
            .skipped
            .iter()
            .map(|(test, why)| (&**test, &**why))
            .collect();
        assert_eq!(
            reasons,
            [("a", "no strace"), ("a test", "written past the harness")]
        );
    }

    #[test]
    fn what_passing_tests_printed_is_not_shown_again() {
        let mut reader = Reader::default();
        let shown: Vec<_> = RUN.lines().filter(|line| reader.line(line)).collect();
        assert!(!shown.contains(&"preparing"));
        assert!(!shown.contains(&"the server said skipped: nothing"));
        assert!(shown.contains(&"test a ... ok"));
        assert!(shown.contains(&"---- e stdout ----"));
    }
}
