//! What the rules look at, read once.

use std::path::{Path, PathBuf};

use toml::Table;

use super::graph::Graph;
use crate::workspace;

/// Directories whose Rust files are ours to keep tidy.
const SOURCES: [&str; 3] = ["crates", "fuzz", "xtask"];

/// The workspace, as the rules see it.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(super) graph: Graph,
    /// The root `Cargo.toml`.
    pub(super) root: Table,
    /// Each member's name and `Cargo.toml`.
    pub(super) members: Vec<(String, Table)>,
    pub(super) deny: Table,
    /// `docs/decisions/dependencies.md`.
    pub(super) dependencies_note: String,
    pub(super) files: Vec<SourceFile>,
}

/// A Rust file.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Inputs {
    /// Reads this workspace.
    pub(crate) fn read() -> Result<Self, String> {
        let root = workspace::root();
        let metadata = workspace::metadata()?;
        let members = metadata.workspace_packages().into_iter().map(|package| {
            Ok((
                package.name.to_string(),
                table(package.manifest_path.as_std_path())?,
            ))
        });
        let mut files = Vec::new();
        for directory in SOURCES {
            collect(&root, &root.join(directory), &mut files)?;
        }
        Ok(Self {
            graph: Graph::new(&metadata),
            root: table(&root.join("Cargo.toml"))?,
            members: members.collect::<Result<_, String>>()?,
            deny: table(&root.join("deny.toml"))?,
            dependencies_note: text(&root.join("docs/decisions/dependencies.md"))?,
            files,
        })
    }
}

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn table(path: &Path) -> Result<Table, String> {
    text(path)?
        .parse()
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<SourceFile>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let entries = std::fs::read_dir(directory).map_err(failed)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>().map_err(failed)?;
    paths.sort();
    for path in paths {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let relative = relative.to_string_lossy().replace('\\', "/");
            files.push(SourceFile {
                path: relative,
                text: text(&path)?,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_file_and_member_is_read() {
        let inputs = Inputs::read().unwrap();
        assert!(
            inputs
                .files
                .iter()
                .any(|file| file.path == "xtask/src/policy/inputs.rs")
        );
        assert!(
            inputs
                .files
                .iter()
                .any(|file| file.path == "crates/cli/src/main.rs")
        );
        assert!(
            inputs
                .members
                .iter()
                .any(|(name, _)| name == "symbolon-core")
        );
        assert_eq!(inputs.members.len(), inputs.graph.ours().count());
    }
}
