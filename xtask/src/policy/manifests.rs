//! Every dependency from outside is declared once, in the root `Cargo.toml`, and has its reason in
//! `docs/decisions/dependencies.md`.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{Inputs, Violation};

const NOTE: &str = "docs/decisions/dependencies.md";
const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A member takes each dependency from the workspace, so that there is one version and one reason.
pub(super) fn declared_in_the_workspace(inputs: &Inputs) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (member, manifest) in &inputs.members {
        let targets = manifest.get("target").and_then(Value::as_table);
        let targets = targets
            .into_iter()
            .flat_map(Table::values)
            .filter_map(Value::as_table);
        for table in std::iter::once(manifest).chain(targets) {
            let dependencies = KINDS
                .iter()
                .filter_map(|kind| table.get(*kind)?.as_table())
                .flatten();
            for (name, declared) in dependencies {
                if declared.get("workspace") != Some(&Value::Boolean(true)) {
                    let reason = "declare it in the root Cargo.toml and write `workspace = true`";
                    let what = format!("declares {name} by itself");
                    violations.push(Violation::new(member, what, reason));
                }
            }
        }
    }
    violations
}

/// The note has a line for each external dependency, and no line for anything else.
pub(super) fn explained(inputs: &Inputs) -> Vec<Violation> {
    let external = external(&inputs.root);
    let explained = explained_in(&inputs.dependencies_note);
    let missing = external.difference(&explained).map(|name| {
        let reason = "say there what it is for and why it is this one";
        Violation::new(NOTE, format!("has no line for {name}"), reason)
    });
    let stale = explained.difference(&external).map(|name| {
        let reason = "the root Cargo.toml does not declare it";
        Violation::new(NOTE, format!("has a line for {name}"), reason)
    });
    missing.chain(stale).collect()
}

fn external(root: &Table) -> BTreeSet<&str> {
    let dependencies = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let dependencies = dependencies.and_then(Value::as_table).into_iter().flatten();
    let external = dependencies.filter(|(_, declared)| declared.get("path").is_none());
    external.map(|(name, _)| name.as_str()).collect()
}

/// The names in ``| `name` | what for | why this one |`` with both cells filled.
fn explained_in(note: &str) -> BTreeSet<&str> {
    let row = |line: &'_ str| -> bool { line.starts_with("| `") };
    let names = note.lines().filter(|line| row(line)).filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        let filled = cells.filter(|cell| !cell.is_empty()).count();
        (filled == 2).then_some(name)
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(manifest: &str) -> Vec<Violation> {
        let members = vec![("symbolon-core".to_owned(), manifest.parse().unwrap())];
        declared_in_the_workspace(&Inputs {
            members,
            ..Inputs::default()
        })
    }

    #[test]
    fn a_dependency_with_its_own_version_is_found_wherever_it_stands() {
        assert_eq!(
            member("[dependencies]\nurl.workspace = true\nuuid = { workspace = true }"),
            []
        );
        for table in [
            "dependencies",
            "dev-dependencies",
            "target.'cfg(unix)'.build-dependencies",
        ] {
            let found = member(&format!("[{table}]\nurl = \"2\"\n"));
            assert_eq!(found.len(), 1, "{table}");
            assert!(
                found[0]
                    .to_string()
                    .starts_with("symbolon-core: declares url by itself: ")
            );
        }
    }

    #[test]
    fn a_dependency_without_its_line_and_a_line_without_its_dependency_are_found() {
        let root =
            "[workspace.dependencies]\nurl = \"2\"\nsymbolon-core = { path = \"crates/core\" }";
        let explain = |note: &str| {
            let dependencies_note = note.to_owned();
            let root = root.parse().unwrap();
            let violations = explained(&Inputs {
                root,
                dependencies_note,
                ..Inputs::default()
            });
            violations
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            explain("| `url` | parse URLs | the WHATWG parser |"),
            [""; 0]
        );
        assert!(explain("| `url` | parse URLs | |")[0].contains("has no line for url"));
        let stale = explain("| `url` | parse | WHATWG |\n| `left-pad` | pad | left |");
        assert!(stale[0].contains("has a line for left-pad"), "{stale:?}");
    }
}
