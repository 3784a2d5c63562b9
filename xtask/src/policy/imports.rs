//! Who may import whom among the crates of this workspace.

use super::{
    Inputs, Violation,
    graph::is_shipped,
    table::{LAYERS, Layer},
};

/// A crate that the table does not know has no rules, so it must not exist.
pub(super) fn every_crate_has_a_row(inputs: &Inputs) -> Vec<Violation> {
    let unknown = inputs
        .graph
        .ours()
        .filter(|package| layer(&package.name).is_none());
    unknown
        .map(|package| {
            let reason = "say in xtask/src/policy/table.rs whom it may import, and why";
            Violation::new(&package.name, "has no row in the table of layers", reason)
        })
        .collect()
}

/// Every import between our crates is in the table.
pub(super) fn follow_the_layers(inputs: &Inputs) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in inputs.graph.ours() {
        let Some(layer) = layer(&package.name) else {
            continue;
        };
        let ours = |name: &str| inputs.graph.ours().any(|other| other.name == name);
        for dependency in package
            .declared
            .iter()
            .filter(|dependency| ours(&dependency.name))
        {
            let name = dependency.name.as_str();
            if layer.imports.contains(&name) {
                continue;
            }
            if is_shipped(dependency.kind) {
                violations.push(Violation::new(
                    layer.name,
                    format!("imports {name}"),
                    layer.reason,
                ));
            } else if !layer.in_tests.contains(&name) {
                let what = format!("imports {name} in its tests");
                violations.push(Violation::new(layer.name, what, layer.reason));
            }
        }
    }
    violations
}

fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixture::Fixture;

    #[test]
    fn a_crate_without_a_row_is_found() {
        let workspace = Fixture::default()
            .ours("symbolon-core")
            .ours("symbolon-extra");
        let found = workspace.violations(every_crate_has_a_row);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("symbolon-extra: has no row"),
            "{found:?}"
        );
    }

    #[test]
    fn an_import_against_the_layers_is_found() {
        for (user, name) in [
            ("symbolon-server", "symbolon-store"),
            ("symbolon-core", "symbolon-store"),
            ("symbolon-verifier", "symbolon-core"),
            ("symbolon-gateway", "symbolon-core"),
            ("symbolon-gateway", "symbolon-server"),
            ("symbolon-jose", "symbolon-protocol"),
            ("xtask", "symbolon-jose"),
        ] {
            let workspace = Fixture::default().ours(user).ours(name).depends(user, name);
            let found = workspace.violations(follow_the_layers);
            assert_eq!(found.len(), 1, "{user} → {name}");
            assert!(
                found[0].starts_with(&format!("{user}: imports {name}: ")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn tests_may_import_what_shipped_code_may_not() {
        let workspace = Fixture::default()
            .ours("symbolon-server")
            .ours("symbolon-store");
        let in_tests = workspace.depends_in_tests("symbolon-server", "symbolon-store");
        assert_eq!(in_tests.violations(follow_the_layers), [""; 0]);

        let upwards = Fixture::default()
            .ours("symbolon-core")
            .ours("symbolon-server")
            .depends_in_tests("symbolon-core", "symbolon-server");
        let found = upwards.violations(follow_the_layers);
        assert!(
            found[0].contains("imports symbolon-server in its tests"),
            "{found:?}"
        );
    }

    #[test]
    fn what_the_table_allows_is_not_found() {
        let mut workspace = Fixture::default();
        for layer in LAYERS {
            workspace = workspace.ours(layer.name);
            for import in layer.imports {
                workspace = workspace.depends(layer.name, import);
            }
        }
        assert_eq!(workspace.violations(follow_the_layers), [""; 0]);
        assert_eq!(workspace.violations(every_crate_has_a_row), [""; 0]);
    }

    #[test]
    fn the_table_is_a_hierarchy() {
        for (position, layer) in LAYERS.iter().enumerate() {
            for import in layer.imports {
                let below = LAYERS
                    .iter()
                    .take(position)
                    .any(|lower| lower.name == *import);
                assert!(
                    below,
                    "{} imports {import}, which is not below it",
                    layer.name
                );
            }
        }
    }
}
