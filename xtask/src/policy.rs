//! The rules that the workspace keeps about itself: who may import whom, what may be in the
//! dependency graph, and what may stand in a source file.
//!
//! What is allowed is data, in [`table`]; the modules beside it say how each table is checked. Every
//! rule has a test that shows it catching a violation, and one test holds the workspace to all of them.

mod crates;
mod deny;
mod external;
#[cfg(test)]
mod fixture;
mod graph;
mod imports;
mod inputs;
mod licences;
mod manifests;
mod spdx;
mod table;
mod text;

use std::fmt;

pub(crate) use inputs::Inputs;

/// One rule: what it is called and what breaks it.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&Inputs) -> Vec<Violation>,
}

/// Who breaks a rule, how, and why there is a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// A crate, or a file and line.
    subject: String,
    what: String,
    reason: String,
}

impl Violation {
    fn new(subject: impl Into<String>, what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            what: what.into(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.subject, self.what, self.reason)
    }
}

/// Every rule.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "every crate has its place",
        check: imports::every_crate_has_a_row,
    },
    Rule {
        name: "imports between our crates",
        check: imports::follow_the_layers,
    },
    Rule {
        name: "who may use a dependency directly",
        check: external::restricted,
    },
    Rule {
        name: "features of a dependency",
        check: external::features,
    },
    Rule {
        name: "what a crate must not reach",
        check: external::unreachable,
    },
    Rule {
        name: "banned crates",
        check: crates::banned,
    },
    Rule {
        name: "one TLS provider",
        check: crates::one_tls_provider,
    },
    Rule {
        name: "packages come from crates.io",
        check: crates::from_crates_io,
    },
    Rule {
        name: "licences",
        check: licences::allowed,
    },
    Rule {
        name: "deny.toml says the same",
        check: deny::in_sync,
    },
    Rule {
        name: "dependencies are declared once",
        check: manifests::declared_in_the_workspace,
    },
    Rule {
        name: "every dependency has its reason",
        check: manifests::explained,
    },
    Rule {
        name: "no lint is silenced",
        check: text::no_allow,
    },
    Rule {
        name: "no mod.rs",
        check: text::no_mod_rs,
    },
    Rule {
        name: "files can be read whole",
        check: text::short_files,
    },
    Rule {
        name: "nothing is left undone",
        check: text::no_marks,
    },
    Rule {
        name: "no test is ignored",
        check: text::no_ignored_tests,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_every_rule() {
        let inputs = Inputs::read().unwrap();
        let broken = RULES.iter().flat_map(|rule| {
            let violations = (rule.check)(&inputs);
            violations
                .into_iter()
                .map(|violation| format!("[{}] {violation}", rule.name))
        });
        let broken: Vec<String> = broken.collect();
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    #[test]
    fn a_violation_names_who_what_and_why() {
        let violation = Violation::new("symbolon-jose", "imports tokio", "it has no I/O");
        assert_eq!(
            violation.to_string(),
            "symbolon-jose: imports tokio: it has no I/O"
        );
    }
}
