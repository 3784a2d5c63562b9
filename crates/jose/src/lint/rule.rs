//! What a rule is, and what it finds.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Should be mended.
    Warning,
    /// Must be mended: it is dangerous, or strict verifiers refuse it.
    Error,
}

impl Severity {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What is said about a rule, whatever it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleInfo {
    /// The stable snake_case code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Why it matters.
    pub why: &'static str,
    /// How to mend it.
    pub fix: &'static str,
}

/// Something that a rule has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is: `header.alg`, `claims.address.email`, `keys[2].kid`.
    pub at: String,
    /// What was found there; never a secret or a person's data.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// How to mend it.
    pub fix: &'static str,
}

/// A place, and what is there.
pub(super) struct Hit {
    at: String,
    found: String,
}

/// What a rule's function says of its subject.
pub(super) type Hits = Vec<Hit>;

/// One rule: what is said about it, and the function that looks.
pub(super) struct Rule<S> {
    pub(super) info: RuleInfo,
    check: fn(&S) -> Hits,
}

impl<S> Rule<S> {
    pub(super) const fn error(
        code: &'static str,
        check: fn(&S) -> Hits,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        Self::new(code, Severity::Error, check, why, fix)
    }

    pub(super) const fn warning(
        code: &'static str,
        check: fn(&S) -> Hits,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        Self::new(code, Severity::Warning, check, why, fix)
    }

    pub(super) const fn notice(
        code: &'static str,
        check: fn(&S) -> Hits,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        Self::new(code, Severity::Notice, check, why, fix)
    }

    const fn new(
        code: &'static str,
        severity: Severity,
        check: fn(&S) -> Hits,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        let info = RuleInfo {
            code,
            severity,
            why,
            fix,
        };
        Self { info, check }
    }
}

/// What the rules find, in their order.
pub(super) fn apply<S>(rules: &[Rule<S>], subject: &S) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules {
        let RuleInfo {
            code,
            severity,
            why,
            fix,
        } = rule.info;
        let found = (rule.check)(subject).into_iter().map(|hit| Finding {
            code,
            severity,
            at: hit.at,
            found: hit.found,
            why,
            fix,
        });
        findings.extend(found);
    }
    findings
}

/// One hit.
pub(super) fn hit(at: impl Into<String>, found: impl Into<String>) -> Hit {
    Hit {
        at: at.into(),
        found: found.into(),
    }
}

/// A hit if `condition` holds.
pub(super) fn hit_if(
    condition: bool,
    at: impl Into<String>,
    found: impl FnOnce() -> String,
) -> Hits {
    if condition {
        vec![hit(at, found())]
    } else {
        Vec::new()
    }
}

/// A text of others, short enough for one line.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let cut: String = text.chars().take(LONGEST).collect();
    let rest = if cut.len() < text.len() { "…" } else { "" };
    format!("\"{cut}{rest}\"")
}
