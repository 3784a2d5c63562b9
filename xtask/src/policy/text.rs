//! What may stand in a Rust file.

use super::{Inputs, Violation, inputs::SourceFile, table::LONGEST_FILE};

/// Marks of unfinished work, in two halves so that this file does not contain them.
const MARKS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// `#[expect]` with a reason instead: it goes stale loudly.
pub(super) fn no_allow(inputs: &Inputs) -> Vec<Violation> {
    let reason = "use #[expect(…, reason = \"…\")], which says why and goes when it is not needed";
    lines(inputs, reason, |line| {
        let attribute = line
            .strip_prefix("#[")
            .or_else(|| line.strip_prefix("#!["))?;
        let silences = attribute.starts_with("allow(")
            || attribute.starts_with("cfg_attr(") && attribute.contains(" allow(");
        silences.then(|| "silences a lint".to_owned())
    })
}

/// `foo.rs` beside `foo/`: a file's name says what is in it.
pub(super) fn no_mod_rs(inputs: &Inputs) -> Vec<Violation> {
    let found = inputs
        .files
        .iter()
        .filter(|file| file.path.ends_with("/mod.rs"));
    let reason = "call it by what is in it, beside its directory";
    found
        .map(|file| Violation::new(&file.path, "is called mod.rs", reason))
        .collect()
}

/// A file that cannot be read in one sitting does more than one thing.
pub(super) fn short_files(inputs: &Inputs) -> Vec<Violation> {
    let sources = inputs
        .files
        .iter()
        .filter(|file| file.path.contains("/src/"));
    let too_long = sources.filter_map(|file| {
        let lines = file.text.lines().count();
        let reason = format!("no more than {LONGEST_FILE}: split it by what its parts do");
        (lines > LONGEST_FILE)
            .then(|| Violation::new(&file.path, format!("has {lines} lines"), reason))
    });
    too_long.collect()
}

/// What is not done is not in the code.
pub(super) fn no_marks(inputs: &Inputs) -> Vec<Violation> {
    let reason = "finish it, or write it down where it is planned";
    lines(inputs, reason, |line| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words
            .find(|word| MARKS.contains(word))
            .map(|mark| format!("says {mark}"))
    })
}

/// An ignored test is not counted by anyone.
pub(super) fn no_ignored_tests(inputs: &Inputs) -> Vec<Violation> {
    let reason = "a test that cannot run prints `skipped: <reason>` and passes, and is counted";
    lines(inputs, reason, |line| {
        let ignored = line.starts_with("#[ignore")
            || line.starts_with("#[cfg_attr(") && line.contains(" ignore");
        ignored.then(|| "ignores a test".to_owned())
    })
}

/// The lines in which something is found, without their indentation.
fn lines(inputs: &Inputs, reason: &str, find: impl Fn(&str) -> Option<String>) -> Vec<Violation> {
    let in_file = |file: &SourceFile| {
        let numbered = file.text.lines().zip(1..);
        let found = numbered.filter_map(|(line, number)| {
            let what = find(line.trim_start())?;
            Some(Violation::new(
                format!("{}:{number}", file.path),
                what,
                reason,
            ))
        });
        found.collect::<Vec<_>>()
    };
    inputs.files.iter().flat_map(in_file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORE: &str = "crates/core/src/session.rs";

    fn found(check: fn(&Inputs) -> Vec<Violation>, path: &str, text: &str) -> Vec<String> {
        let file = SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let inputs = Inputs {
            files: vec![file],
            ..Inputs::default()
        };
        check(&inputs).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_silenced_lint_is_found() {
        for attribute in [
            "#[allow(dead_code)]",
            "    #![allow(clippy::all)]",
            "#[cfg_attr(test, allow(dead_code))]",
        ] {
            let found = found(
                no_allow,
                CORE,
                &format!("//! Module.\n{attribute}\nfn f() {{}}"),
            );
            assert_eq!(found.len(), 1, "{attribute}");
            assert!(found[0].starts_with("crates/core/src/session.rs:2: silences a lint: "));
        }
        let expected = "#[expect(dead_code, reason = \"soon\")]\n// never #[allow(…)]";
        assert_eq!(found(no_allow, CORE, expected), [""; 0]);
    }

    #[test]
    fn a_mod_rs_is_found() {
        assert_eq!(
            found(no_mod_rs, "crates/core/src/grant/mod.rs", "").len(),
            1
        );
        assert_eq!(found(no_mod_rs, "crates/core/src/grant.rs", "").len(), 0);
    }

    #[test]
    fn a_long_file_is_found() {
        let long = "//\n".repeat(LONGEST_FILE + 1);
        assert!(found(short_files, CORE, &long)[0].contains("has 451 lines"));
        assert_eq!(
            found(short_files, CORE, &"//\n".repeat(LONGEST_FILE)),
            [""; 0]
        );
        assert_eq!(
            found(short_files, "crates/core/tests/vectors.rs", &long),
            [""; 0]
        );
    }

    #[test]
    fn unfinished_work_is_found() {
        for mark in MARKS {
            let found = found(no_marks, CORE, &format!("fn f() {{}} // {mark}: more"));
            assert!(
                found[0].contains(&format!(":1: says {mark}: ")),
                "{found:?}"
            );
        }
        assert_eq!(
            found(no_marks, CORE, "// tokens to do with XXXL methods"),
            [""; 0]
        );
    }

    #[test]
    fn an_ignored_test_is_found() {
        for attribute in [
            "#[ignore]",
            "#[ignore = \"slow\"]",
            "#[cfg_attr(unix, ignore)]",
        ] {
            assert_eq!(
                found(no_ignored_tests, CORE, attribute).len(),
                1,
                "{attribute}"
            );
        }
        assert_eq!(
            found(no_ignored_tests, CORE, "// we never ignore tests"),
            [""; 0]
        );
    }
}
