//! Reads the JUnit file that nextest writes.
//!
//! Not an XML parser: nextest escapes `<` and `>` in names and output, so a tag is found by its text.
//! A test with a `<failure>` or `<error>` failed, whatever else it printed.

use super::{Results, SKIPPED};

pub(super) fn read(xml: &str) -> Results {
    let mut results = Results::default();
    for case in xml.split("<testcase ").skip(1) {
        let case = case.split("</testcase>").next().unwrap_or(case);
        let name = format!(
            "{} {}",
            attribute(case, "classname"),
            attribute(case, "name")
        );
        if case.contains("<failure") || case.contains("<error") {
            results.tally.failed += 1;
        } else if let Some(reason) = reason_to_skip(case) {
            results.skip(&name, &reason);
        } else {
            results.tally.passed += 1;
        }
    }
    results
}

fn reason_to_skip(case: &str) -> Option<String> {
    let (_, output) = case.split_once("<system-out>")?;
    let (output, _) = output.split_once("</system-out>")?;
    output
        .lines()
        .find_map(|line| line.strip_prefix(SKIPPED))
        .map(unescaped)
}

fn attribute(case: &str, name: &str) -> String {
    let opening = format!("{name}=\"");
    let tag = case.split('>').next().unwrap_or_default();
    let mut words = tag.split_inclusive("\" ");
    let value = words.find_map(|word| word.strip_prefix(opening.as_str()));
    unescaped(value.unwrap_or_default().trim_end().trim_end_matches('"'))
}

fn unescaped(text: &str) -> String {
    let plain = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    plain.replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Tally;

    const RUN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="5" skipped="0" failures="1" errors="1" time="0.154">
    <testsuite name="symbolon::crash" tests="5" skipped="0" errors="1" failures="1">
        <testcase name="kill_9" classname="symbolon::crash" timestamp="2026-11-24T02:15:37" time="0.018">
            <system-out>
running 1 test
skipped: strace &lt;4.0&gt; cannot trace
test kill_9 ... ok
</system-out>
            <system-err></system-err>
        </testcase>
        <testcase name="says_so_within_a_line" classname="symbolon::crash" time="0.018">
            <system-out>
the server answered skipped: nothing
</system-out>
        </testcase>
        <testcase name="breaks" classname="symbolon::crash" time="0.152">
            <failure message="panicked" type="test failure with exit code 101">panicked</failure>
            <system-out>
skipped: and yet it failed
</system-out>
        </testcase>
        <testcase name="did_not_start" classname="symbolon::crash" time="0.1">
            <error type="execution failure"/>
        </testcase>
        <testcase name="silent" classname="symbolon::crash" time="0.1"/>
    </testsuite>
</testsuites>"#;

    #[test]
    fn each_test_is_counted_once_as_what_it_was() {
        let results = read(RUN);
        assert_eq!(
            results.tally,
            Tally {
                passed: 2,
                failed: 2,
                skipped: 1
            }
        );
        let reason = (
            "symbolon::crash kill_9".to_owned(),
            "strace <4.0> cannot trace".to_owned(),
        );
        assert_eq!(results.skipped, [reason]);
    }

    #[test]
    fn a_file_without_tests_counts_nothing() {
        let empty = r#"<testsuites name="nextest-run" tests="0"></testsuites>"#;
        assert_eq!(read(empty), Results::default());
    }
}
