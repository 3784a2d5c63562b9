//! Every package comes under a licence that lets Symbolon be distributed.

use super::{Inputs, Violation, spdx, table::LICENCES};

/// Each package's expression can be met with licences of the table.
pub(super) fn allowed(inputs: &Inputs) -> Vec<Violation> {
    let reason = "its terms are not on the list in xtask/src/policy/table.rs";
    let mut violations = Vec::new();
    for package in inputs.graph.packages() {
        let subject = format!("{} {}", package.name, package.version);
        let Some(licence) = &package.licence else {
            violations.push(Violation::new(subject, "names no licence", reason));
            continue;
        };
        match spdx::is_met(licence, &|name| LICENCES.contains(&name)) {
            Ok(true) => {}
            Ok(false) => {
                violations.push(Violation::new(
                    subject,
                    format!("is under {licence}"),
                    reason,
                ));
            }
            Err(why) => violations.push(Violation::new(subject, why, reason)),
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixture::Fixture;

    #[test]
    fn a_licence_that_is_not_allowed_is_found() {
        let workspace = Fixture::default()
            .ours("symbolon-core")
            .depends("symbolon-core", "library");
        for good in ["MIT", "GPL-3.0-only OR MIT", "ISC AND (Apache-2.0 OR ISC)"] {
            let workspace = workspace.clone().licence("library", Some(good));
            assert_eq!(workspace.violations(allowed), [""; 0], "{good}");
        }
        for bad in [
            Some("AGPL-3.0-only"),
            Some("MIT AND AGPL-3.0-only"),
            Some("no idea"),
            None,
        ] {
            let found = workspace
                .clone()
                .licence("library", bad)
                .violations(allowed);
            assert_eq!(found.len(), 1, "{bad:?}");
            assert!(found[0].starts_with("library 1.0.0: "), "{found:?}");
        }
    }
}
