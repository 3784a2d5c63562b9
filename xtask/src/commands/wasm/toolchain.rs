//! A compiler for wasm: rustup's targets where they are installed, else Debian's `rustc-web`, which
//! comes with the standard library's source.
//!
//! The second way is for machines that reach Debian's archive and crates.io, but not Rust's own
//! servers. Cargo builds the standard library (`-Zbuild-std`, unlocked with `RUSTC_BOOTSTRAP`) with
//! the compiler that belongs to it, links with the pinned toolchain's `rust-lld`, and takes WASI's C
//! library from Debian.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{BROWSER, WASI};
use crate::{needs, workspace};

const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "wasi-libc"];
const RUSTC: &str = "/usr/bin/rustc";
const STD_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";
const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";

pub(super) enum Toolchain {
    /// The pinned toolchain with its own standard libraries.
    Rustup,
    /// Debian's compiler, which builds the standard library itself.
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// Installs Debian's packages when it may and has to.
    pub(super) fn find() -> Result<Self, String> {
        if [BROWSER, WASI].into_iter().all(installed) {
            return Ok(Self::Rustup);
        }
        let linker = rust_lld().ok_or("the toolchain in use has no rust-lld")?;
        if debian_obstacle().is_some() && needs::can_install() {
            println!("rustup's wasm targets are not installed; trying Debian's packages");
            if let Err(why) = needs::install(&PACKAGES) {
                println!("{why}");
            }
        }
        match debian_obstacle() {
            None => Ok(Self::Debian { linker }),
            Some(why) => Err(format!(
                "no compiler for wasm: run `rustup target add {BROWSER} {WASI}`, or as root on \
                 Debian `apt-get install --no-install-recommends {}` ({why})",
                PACKAGES.join(" ")
            )),
        }
    }

    /// `cargo VERB` for a target, with a target directory of its own, because another compiler would
    /// throw away what is in the usual one.
    pub(super) fn cargo(&self, verb: &str, target: &str) -> Command {
        let mut command = self.command(verb, target, "std,panic_abort,test");
        // Unoptimised cryptography is slow, and wasm has no use for debug information here.
        command
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        if matches!(self, Self::Debian { .. }) && target == WASI {
            command.arg("--config");
            command.arg(format!("target.{target}.rustflags={:?}", wasi_flags()));
        }
        command
    }

    /// `cargo VERB --release` for browsers, for size before all else. Where the standard library is
    /// built anyway, it is built without the words that a panic would say to nobody.
    pub(super) fn cargo_for_size(&self, verb: &str) -> Command {
        let mut command = self.command(verb, BROWSER, "std,panic_abort");
        command
            .arg("--release")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z")
            .env("CARGO_PROFILE_RELEASE_LTO", "fat")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
        match self {
            Self::Rustup => command.env("CARGO_PROFILE_RELEASE_PANIC", "abort"),
            Self::Debian { .. } => command
                .env("CARGO_PROFILE_RELEASE_PANIC", "immediate-abort")
                .arg("-Zpanic-immediate-abort")
                .arg("--config")
                .arg(format!(
                    "target.{BROWSER}.rustflags=[\"-Zlocation-detail=none\"]"
                )),
        };
        command
    }

    fn command(&self, verb: &str, target: &str, standard_library: &str) -> Command {
        let mut command = workspace::cargo();
        command
            .args([verb, "--target", target, "--target-dir", "target/wasm"])
            .env("CARGO_INCREMENTAL", "0")
            .env_remove("RUSTFLAGS");
        if let Self::Debian { linker } = self {
            command
                .env("RUSTC", RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .arg(format!("-Zbuild-std={standard_library}"))
                .arg("--config")
                .arg(format!("target.{target}.linker={}", quoted(linker)));
        }
        command
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustup => f.write_str("with rustup's wasm targets"),
            Self::Debian { .. } => write!(
                f,
                "with Debian's {RUSTC} and a standard library built from source"
            ),
        }
    }
}

/// What links with Debian's C library. It is older than the compiler and lacks functions of threads,
/// which nothing here calls; a call of one would end the program.
fn wasi_flags() -> [String; 4] {
    [
        "-Clink-self-contained=no".into(),
        format!("-Clink-arg={WASI_LIBC}/crt1-command.o"),
        format!("-Lnative={WASI_LIBC}"),
        "-Clink-arg=--unresolved-symbols=ignore-all".into(),
    ]
}

/// A string in TOML.
fn quoted(path: &Path) -> String {
    toml::Value::from(path.to_string_lossy().into_owned()).to_string()
}

/// Whether the compiler in use has a standard library for the target.
fn installed(target: &str) -> bool {
    target_libdir(Some(target)).is_some_and(|folder| folder.is_dir())
}

/// The linker that comes with the compiler in use.
fn rust_lld() -> Option<PathBuf> {
    let linker = target_libdir(None)?.with_file_name("bin").join("rust-lld");
    linker.is_file().then_some(linker)
}

fn target_libdir(target: Option<&str>) -> Option<PathBuf> {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--print", "target-libdir"]);
    if let Some(target) = target {
        command.args(["--target", target]);
    }
    let output = command.current_dir(workspace::root()).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| folder.trim().into())
}

/// What keeps Debian's compiler from being used.
fn debian_obstacle() -> Option<String> {
    for file in [RUSTC, STD_SOURCE, &format!("{WASI_LIBC}/libc.a")] {
        if !Path::new(file).is_file() {
            return Some(format!("there is no {file}"));
        }
    }
    let output = Command::new(RUSTC).arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_default();
    let ours = env!("CARGO_PKG_RUST_VERSION");
    match (minor(&version), minor(ours)) {
        (Some(theirs), Some(wanted)) if theirs >= wanted => None,
        _ => Some(format!("{RUSTC} is {version:?}, and we need {ours}")),
    }
}

/// The second number of the first word that starts with "1.".
fn minor(version: &str) -> Option<u32> {
    let mut words = version.split_whitespace();
    let number = words.find_map(|word| word.strip_prefix("1."))?;
    number.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(minor("rustc 1.96.0 (ac68faa20 2026-05-25)"), Some(96));
        assert_eq!(minor("1.95"), Some(95));
        assert_eq!(minor(""), None);
    }

    #[test]
    fn paths_become_toml() {
        assert_eq!(quoted(Path::new("/a b/c")), "\"/a b/c\"");
    }

    #[test]
    fn debians_compiler_builds_the_standard_library() {
        let toolchain = Toolchain::Debian {
            linker: "/toolchain/rust-lld".into(),
        };
        let command = crate::step::shown(&toolchain.cargo("test", WASI));
        assert!(command.contains("-Zbuild-std"), "{command}");
        assert!(command.contains("/toolchain/rust-lld"), "{command}");
        let command = crate::step::shown(&Toolchain::Rustup.cargo("test", WASI));
        assert!(!command.contains("-Z"), "{command}");
    }
}
