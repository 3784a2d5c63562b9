//! What the decoder's module is built from, as one hash.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::BROWSER;
use crate::workspace;

/// The crates of ours that are in it.
const CRATES: [&str; 2] = ["crates/decoder", "crates/jose"];

/// SHA-256, in hexadecimal, of the sources of our crates and of the names and versions of others.
pub(super) fn hash() -> Result<String, String> {
    let mut hasher = Sha256::new();
    for folder in CRATES {
        let folder = workspace::root().join(folder);
        let mut files = vec![folder.join("Cargo.toml")];
        collect(&folder.join("src"), &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(workspace::root()).unwrap_or(&file);
            let content = fs::read(&file).map_err(|error| said(&file, &error))?;
            hasher.update(name.to_string_lossy().as_bytes());
            hasher.update(
                u64::try_from(content.len())
                    .unwrap_or(u64::MAX)
                    .to_be_bytes(),
            );
            hasher.update(content);
        }
    }
    for dependency in dependencies()? {
        hasher.update(dependency.as_bytes());
        hasher.update([0]);
    }
    let hash = hasher.finalize();
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| said(folder, &error))? {
        let path = entry.map_err(|error| said(folder, &error))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// `name version` of everything in the module's tree.
fn dependencies() -> Result<BTreeSet<String>, String> {
    let mut tree = workspace::cargo();
    tree.args(["tree", "--package", "symbolon-decoder", "--target", BROWSER]);
    tree.args(["--edges", "normal", "--prefix", "none", "--locked"]);
    let output = tree
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo tree: {}", why.trim()));
    }
    Ok(names(&String::from_utf8_lossy(&output.stdout)))
}

/// Without where a package is, and without the mark of one that was listed before.
fn names(tree: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    tree.lines().filter_map(name).collect()
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_package_is_does_not_count() {
        let here = names("a v1.0.0 (/here/a)\nb v2.0.0\nb v2.0.0 (*)\nc v1.0.0 (proc-macro)\n");
        let there = names("b v2.0.0\nc v1.0.0 (proc-macro) (*)\na v1.0.0 (/there/a)\n");
        assert_eq!(here, there);
        assert_eq!(here.len(), 3);
    }

    #[test]
    fn the_module_holds_no_native_cryptography() {
        let all = dependencies().unwrap();
        assert!(all.iter().any(|name| name.starts_with("ed25519-dalek ")));
        assert!(!all.iter().any(|name| name.starts_with("aws-lc-")));
    }
}
