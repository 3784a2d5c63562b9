//! `cargo xtask wasm`: `symbolon-jose` builds for `wasm32-unknown-unknown`.
//!
//! The crate is ready for it once [`PORTABLE_BACKEND`] exists, because aws-lc-rs does not build for
//! that target. Until then, and where the target is not installed, the step is skipped and says why.
//! The build takes no default features, and the feature `portable` where the crate has one.

use std::path::Path;

use crate::{
    step::{Outcome, Report, succeeds},
    workspace,
};

const TARGET: &str = "wasm32-unknown-unknown";
const PORTABLE_BACKEND: &str = "crates/jose/src/backend/portable.rs";

pub(crate) fn run() -> Result<Report, String> {
    let mut report = Report::default();
    report.step("wasm", build);
    Ok(report)
}

/// Builds the crate, or says why it cannot be built here.
pub(crate) fn build() -> Outcome {
    if let Some(why) = obstacle(&workspace::root(), target_installed()) {
        println!("skipped: {why}");
        return Outcome::Skipped(why);
    }
    let portable = workspace::metadata().map(|metadata| {
        let jose = metadata
            .packages
            .iter()
            .find(|package| package.name == "symbolon-jose");
        jose.is_some_and(|package| package.features.contains_key("portable"))
    });
    let mut command = workspace::cargo();
    command.args([
        "build",
        "-p",
        "symbolon-jose",
        "--target",
        TARGET,
        "--no-default-features",
    ]);
    match portable {
        Ok(true) => succeeds(command.args(["--features", "portable"])),
        Ok(false) => succeeds(&mut command),
        Err(why) => Outcome::failed(why),
    }
}

fn obstacle(root: &Path, target_installed: bool) -> Option<String> {
    if !root.join(PORTABLE_BACKEND).is_file() {
        return Some(format!(
            "symbolon-jose has no portable backend yet ({PORTABLE_BACKEND})"
        ));
    }
    if !target_installed {
        return Some(format!(
            "the target is not installed: run `rustup target add {TARGET}`"
        ));
    }
    None
}

/// Whether the compiler in use has a standard library for the target.
fn target_installed() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = std::process::Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", TARGET]);
    command.current_dir(workspace::root());
    command.output().is_ok_and(|output| {
        output.status.success()
            && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_target_says_exactly_what_to_run() {
        let root = std::env::temp_dir().join(format!("xtask-wasm-{}", std::process::id()));
        let backend = root.join(PORTABLE_BACKEND);
        let without = obstacle(&root, true).unwrap();
        assert!(without.contains(PORTABLE_BACKEND), "{without}");

        std::fs::create_dir_all(backend.parent().unwrap()).unwrap();
        std::fs::write(&backend, "").unwrap();
        let missing = obstacle(&root, false).unwrap();
        assert!(
            missing.contains("`rustup target add wasm32-unknown-unknown`"),
            "{missing}"
        );
        assert_eq!(obstacle(&root, true), None);
        std::fs::remove_dir_all(&root).unwrap();
    }
}
