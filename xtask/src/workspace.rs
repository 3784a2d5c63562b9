//! Where the workspace is, and how cargo is called in it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

/// The directory of the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A `cargo` that runs in the workspace as if called from a shell.
///
/// The variables that the outer `cargo run` set for this program are removed: a build script that
/// watches one of them would otherwise rebuild each time it is reached by another way.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(program());
    command.current_dir(root());
    command.envs(crate::postgres::variable());
    for (name, _) in std::env::vars_os().filter(|(name, _)| set_by_cargo_run(name)) {
        command.env_remove(name);
    }
    command
}

/// All packages, with every feature of the workspace's own crates on, for every platform.
pub(crate) fn metadata() -> Result<Metadata, String> {
    MetadataCommand::new()
        .cargo_path(program())
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .exec()
        .map_err(|error| format!("cargo metadata: {error}"))
}

fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn set_by_cargo_run(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name == "CARGO_PRIMARY_PACKAGE"
        || [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_describes_this_crate_is_taken_from_cargos_environment() {
        assert!(set_by_cargo_run("CARGO_PKG_NAME".as_ref()));
        assert!(set_by_cargo_run("CARGO_MANIFEST_DIR".as_ref()));
        assert!(!set_by_cargo_run("CARGO_HOME".as_ref()));
        assert!(!set_by_cargo_run("CARGO_TARGET_DIR".as_ref()));
    }
}
