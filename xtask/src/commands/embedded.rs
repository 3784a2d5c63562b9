//! What others take into their builds: that it stays small, and that the oldest versions of
//! dependencies that it says it works with do work.

use std::{collections::BTreeSet, fs, path::Path};

use toml::{Table, Value};

use crate::{
    step::{Outcome, Tally, succeeds},
    workspace,
};

/// The crates that others embed.
pub(crate) const EMBEDDED: [&str; 3] = ["symbolon-jose", "symbolon-protocol", "symbolon-verifier"];

/// Where their sources are, below `crates/`.
const FOLDERS: [&str; 3] = ["jose", "protocol", "verifier"];

/// Crates that may be in the tree of symbolon-verifier, itself included, build scripts aside.
const TREE_BOUNDS: [(&str, &[&str], usize); 2] = [
    ("without features", &["--no-default-features"], 40),
    ("with default features", &[], 115),
];

/// Where it is said how many there are.
const STATED: &str = "crates/verifier/src/lib.rs";

/// Counts the crates that come with symbolon-verifier, and holds its documentation to it.
pub(crate) fn tree() -> Outcome {
    let mut tally = Tally::default();
    let mut broken = Vec::new();
    let stated = match fs::read_to_string(workspace::root().join(STATED)) {
        Ok(stated) => stated,
        Err(error) => return Outcome::failed(format!("{STATED}: {error}")),
    };
    for (what, arguments, bound) in TREE_BOUNDS {
        let count = match crates_in_tree(arguments) {
            Ok(count) => count,
            Err(why) => return Outcome::failed(why),
        };
        println!("symbolon-verifier {what}: {count} crates, {bound} at most");
        let problem = if count > bound {
            Some(format!("{count} crates {what}, more than {bound}"))
        } else if !states(&stated, count, what) {
            Some(format!("{STATED} does not say \"{count} crates {what}\""))
        } else {
            None
        };
        match problem {
            None => tally.passed += 1,
            Some(problem) => {
                tally.failed += 1;
                broken.push(problem);
            }
        }
    }
    match broken.is_empty() {
        true => Outcome::Passed(tally),
        false => Outcome::Failed(broken.join(", "), tally),
    }
}

fn states(documentation: &str, count: usize, what: &str) -> bool {
    // With the space, lest it be the end of a larger number.
    documentation.contains(&format!(" {count} crates {what}"))
}

fn crates_in_tree(arguments: &[&str]) -> Result<usize, String> {
    let mut command = workspace::cargo();
    command
        .args(["tree", "--package", "symbolon-verifier"])
        .args(["--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}"])
        .args(arguments);
    let output = command
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(distinct(&String::from_utf8_lossy(&output.stdout)))
}

/// Name and version, without what cargo adds behind them.
fn distinct(tree: &str) -> usize {
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    crates.collect::<BTreeSet<_>>().len()
}

/// Checks the crates that others embed with the oldest versions of their own dependencies that
/// `Cargo.toml` allows, in a workspace of their own below `target`, which is kept.
pub(crate) fn minimal_versions() -> Outcome {
    let root = workspace::root();
    let scratch = root.join("target/minimal-versions");
    let is_new = match write_workspace(&root, &scratch) {
        Ok(is_new) => is_new,
        Err(why) => return Outcome::failed(why),
    };
    if is_new || !scratch.join("Cargo.lock").is_file() {
        let mut resolve = workspace::cargo();
        resolve
            .current_dir(&scratch)
            // The flag is not stable; nothing is compiled under this.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["-Zdirect-minimal-versions", "generate-lockfile"]);
        if let Outcome::Failed(why, tally) = succeeds(&mut resolve) {
            return Outcome::Failed(why, tally);
        }
    }
    let mut check = workspace::cargo();
    check
        .current_dir(&scratch)
        .env("CARGO_TARGET_DIR", scratch.join("build"))
        .args(["check", "--workspace", "--all-features", "--locked"]);
    succeeds(&mut check)
}

/// Checks the example for actix-web, a workspace of its own, so that actix-web is in no other tree.
pub(crate) fn actix_example() -> Outcome {
    let mut check = workspace::cargo();
    check
        .current_dir(workspace::root().join("examples/actix"))
        .env("CARGO_TARGET_DIR", workspace::root().join("target"))
        .args(["check", "--locked"]);
    succeeds(&mut check)
}

/// Writes manifests without what only tests need, over the sources where they are. Says whether
/// anything changed.
fn write_workspace(root: &Path, scratch: &Path) -> Result<bool, String> {
    let mut manifest = read(&root.join("Cargo.toml"))?;
    manifest.retain(|section, _| section == "workspace");
    let members: Vec<Value> = FOLDERS
        .iter()
        .map(|folder| format!("crates/{folder}").into())
        .collect();
    if let Some(Value::Table(workspace)) = manifest.get_mut("workspace") {
        workspace.remove("default-members");
        workspace.insert("members".into(), members.into());
    }
    let mut is_new = write(&scratch.join("Cargo.toml"), &manifest)?;
    for folder in FOLDERS {
        let source = root.join("crates").join(folder);
        let mut manifest = read(&source.join("Cargo.toml"))?;
        for section in ["dev-dependencies", "bench", "example", "test"] {
            manifest.remove(section);
        }
        let library = source.join("src/lib.rs").to_string_lossy().into_owned();
        let library = Table::from_iter([("path".to_owned(), Value::from(library))]);
        manifest.insert("lib".into(), library.into());
        is_new |= write(
            &scratch.join("crates").join(folder).join("Cargo.toml"),
            &manifest,
        )?;
    }
    Ok(is_new)
}

fn read(path: &Path) -> Result<Table, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, manifest: &Table) -> Result<bool, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = toml::to_string(manifest).map_err(|error| failed(&error))?;
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    fs::write(path, text).map_err(|error| failed(&error))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_and_two_versions_count_twice() {
        let tree = "a v1.0.0 (/here)\nb v1.0.0\nb v1.0.0 (*)\nb v2.0.0\nc v1.0.0 (proc-macro)\n\n";
        assert_eq!(distinct(tree), 4);
    }

    #[test]
    fn a_stated_count_is_the_whole_number() {
        let stated = "holds 34 crates without features";
        assert!(states(stated, 34, "without features"));
        assert!(!states(stated, 4, "without features"));
        assert!(!states(stated, 34, "with default features"));
    }

    #[test]
    fn the_workspace_of_its_own_has_no_test_dependencies() {
        let scratch = workspace::root().join(format!("target/minimal-test-{}", std::process::id()));
        assert_eq!(write_workspace(&workspace::root(), &scratch), Ok(true));
        assert_eq!(write_workspace(&workspace::root(), &scratch), Ok(false));
        for folder in FOLDERS {
            let manifest = read(&scratch.join("crates").join(folder).join("Cargo.toml")).unwrap();
            assert!(manifest.contains_key("dependencies"), "{folder}");
            assert!(!manifest.contains_key("dev-dependencies"), "{folder}");
        }
        fs::remove_dir_all(scratch).unwrap();
    }

    #[test]
    fn the_crates_that_others_embed_are_where_they_should_be() {
        for (package, folder) in EMBEDDED.iter().zip(FOLDERS) {
            let manifest = workspace::root()
                .join("crates")
                .join(folder)
                .join("Cargo.toml");
            let manifest = read(&manifest).unwrap();
            assert_eq!(manifest["package"]["name"].as_str(), Some(*package));
        }
    }
}
