//! The linter: what is clean has no finding, every rule finds what it is for, and `docs/lint.md`
//! says so.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's own helpers may fail the test"
)]

#[path = "lint/docs.rs"]
mod docs;
#[path = "lint/key_set.rs"]
mod key_set;
#[path = "lint/metadata.rs"]
mod metadata;
// Signs with aws-lc-rs itself: our own code makes no tokens with such secrets.
#[cfg(feature = "native")]
#[path = "lint/secrets.rs"]
mod secrets;
#[path = "lint/token.rs"]
mod token;

use std::collections::BTreeSet;

use symbolon_jose::lint::{Finding, Kind};

/// The findings' codes, in their order, each once.
fn codes(findings: &[Finding]) -> Vec<&'static str> {
    let mut seen = BTreeSet::new();
    let codes = findings.iter().map(|finding| finding.code);
    codes.filter(|code| seen.insert(*code)).collect()
}

/// One finding of this code, and where.
#[track_caller]
fn found(findings: &[Finding], code: &str, at: &str) {
    let there = findings.iter().any(|one| one.code == code && one.at == at);
    assert!(there, "{code} at {at} is not among {findings:#?}");
    assert!(findings.iter().all(|one| !one.found.is_empty()));
}

/// The cases name every rule of the kind and nothing else.
#[track_caller]
fn covers(kind: Kind, tested: impl IntoIterator<Item = &'static str>) {
    let tested: BTreeSet<_> = tested.into_iter().collect();
    let rules: BTreeSet<_> = kind.rules().map(|rule| rule.code).collect();
    let untested: Vec<_> = rules.difference(&tested).collect();
    let unknown: Vec<_> = tested.difference(&rules).collect();
    assert!(
        untested.is_empty() && unknown.is_empty(),
        "{untested:?} {unknown:?}"
    );
}

#[test]
fn codes_are_unique_and_every_rule_says_why_and_what_to_do() {
    let mut seen = BTreeSet::new();
    for rule in Kind::ALL.into_iter().flat_map(Kind::rules) {
        assert!(seen.insert(rule.code), "{} stands twice", rule.code);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(rule.code.chars().all(plain), "{}", rule.code);
        for text in [rule.why, rule.fix] {
            assert!(
                text.len() > 10 && !text.ends_with('.'),
                "{}: {text}",
                rule.code
            );
        }
    }
}

#[test]
fn a_text_is_told_by_its_members() {
    for (text, kind) in [
        (r#"{"keys":[]}"#, Kind::KeySet),
        (r#"{"kty":"OKP"}"#, Kind::KeySet),
        (r#"{"issuer":"https://id.example"}"#, Kind::Metadata),
        (r#"{"payload":""}"#, Kind::Token),
        ("a.b.c", Kind::Token),
        ("", Kind::Token),
    ] {
        assert_eq!(Kind::detect(text), kind, "{text}");
    }
}
