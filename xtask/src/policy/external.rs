//! Which of our crates may use which dependency, and how.

use super::{
    Inputs, Violation,
    table::{FEATURES, RESTRICTED, UNREACHABLE},
};

/// A dependency that belongs to some crates is declared by no other.
pub(super) fn restricted(inputs: &Inputs) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in inputs.graph.ours() {
        let user = package.name.as_str();
        for dependency in package.shipped() {
            let name = dependency.name.as_str();
            for row in RESTRICTED
                .iter()
                .filter(|row| row.dependencies.contains(&name))
            {
                if row.users.contains(&user) {
                    continue;
                }
                let may_be_optional = row.optional_users.contains(&user);
                if may_be_optional && dependency.optional {
                    continue;
                }
                let how = if may_be_optional {
                    " without a feature that turns it on"
                } else {
                    ""
                };
                violations.push(Violation::new(
                    user,
                    format!("depends on {name}{how}"),
                    row.reason,
                ));
            }
        }
    }
    violations
}

/// A dependency that a crate may have in part is declared with no more than that part.
pub(super) fn features(inputs: &Inputs) -> Vec<Violation> {
    let mut violations = Vec::new();
    for row in FEATURES {
        let users = inputs
            .graph
            .ours()
            .filter(|package| package.name == row.user);
        let declared = users.flat_map(|package| package.shipped());
        for dependency in declared.filter(|dependency| dependency.name == row.dependency) {
            let excess = dependency
                .features
                .iter()
                .filter(|name| !row.features.contains(&name.as_str()));
            let mut excess: Vec<&str> = excess.map(String::as_str).collect();
            if dependency.uses_default_features {
                excess.push("default");
            }
            if !excess.is_empty() {
                let what = format!("uses {} with {}", row.dependency, excess.join(", "));
                violations.push(Violation::new(row.user, what, row.reason));
            }
        }
    }
    violations
}

/// What must not be in a crate's tree is not there, however far down.
pub(super) fn unreachable(inputs: &Inputs) -> Vec<Violation> {
    let mut violations = Vec::new();
    for row in UNREACHABLE {
        for from in row.from {
            for name in row.dependencies {
                if let Some(path) = inputs.graph.path(from, name) {
                    let what = format!("reaches {name} ({})", path.join(" → "));
                    violations.push(Violation::new(*from, what, row.reason));
                }
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixture::Fixture;

    const NOTHING: [&str; 0] = [];

    #[test]
    fn axum_outside_the_http_crates_is_found() {
        let core = Fixture::default()
            .ours("symbolon-core")
            .depends("symbolon-core", "axum");
        let found = core.violations(restricted);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("symbolon-core: depends on axum: HTTP routes"),
            "{found:?}"
        );

        let server = Fixture::default()
            .ours("symbolon-server")
            .depends("symbolon-server", "axum");
        assert_eq!(server.violations(restricted), NOTHING);
    }

    #[test]
    fn the_verifier_has_axum_behind_a_feature_only() {
        let verifier = Fixture::default().ours("symbolon-verifier");
        let always = verifier.clone().depends("symbolon-verifier", "axum");
        let found = always.violations(restricted);
        assert!(
            found[0].contains("depends on axum without a feature"),
            "{found:?}"
        );
        let feature = verifier.clone().optional("symbolon-verifier", "axum");
        assert_eq!(feature.violations(restricted), NOTHING);
        let tests = verifier.depends_in_tests("symbolon-verifier", "axum");
        assert_eq!(tests.violations(restricted), NOTHING);
    }

    #[test]
    fn a_database_outside_the_store_is_found() {
        for database in ["rusqlite", "tokio-postgres", "redis"] {
            let server = Fixture::default()
                .ours("symbolon-server")
                .depends("symbolon-server", database);
            assert_eq!(server.violations(restricted).len(), 1, "{database}");
            let store = Fixture::default()
                .ours("symbolon-store")
                .depends("symbolon-store", database);
            assert_eq!(store.violations(restricted), NOTHING, "{database}");
        }
    }

    #[test]
    fn more_of_tokio_than_its_locks_is_found_in_core() {
        let core = Fixture::default().ours("symbolon-core");
        let locks = core
            .clone()
            .depends_with("symbolon-core", "tokio", &["sync"]);
        assert_eq!(locks.violations(features), NOTHING);
        let timers = core
            .clone()
            .depends_with("symbolon-core", "tokio", &["sync", "time"]);
        let found = timers.violations(features);
        assert!(
            found[0].starts_with("symbolon-core: uses tokio with time: "),
            "{found:?}"
        );
        let default = core.depends("symbolon-core", "tokio");
        assert!(default.violations(features)[0].contains("with default"));
    }

    #[test]
    fn async_and_io_are_found_however_far_down() {
        for (user, name) in [
            ("symbolon-jose", "tokio"),
            ("symbolon-protocol", "reqwest"),
            ("symbolon-core", "hyper"),
            ("symbolon-verifier", "symbolon-core"),
        ] {
            let workspace = Fixture::default()
                .ours(user)
                .depends(user, "between")
                .depends("between", name);
            let found = workspace.violations(unreachable);
            let expected = format!("{user}: reaches {name} ({user} → between → {name}): ");
            assert_eq!(found.len(), 1, "{user} → {name}");
            assert!(found[0].starts_with(&expected), "{found:?}");
        }
    }

    #[test]
    fn what_only_tests_reach_is_not_found() {
        let jose = Fixture::default()
            .ours("symbolon-jose")
            .depends_in_tests("symbolon-jose", "runtime")
            .depends("runtime", "tokio");
        assert_eq!(jose.violations(unreachable), NOTHING);
    }
}
