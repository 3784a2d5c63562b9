//! What the tests need from the machine beyond Rust and a C compiler.
//!
//! A test that drives another program finds it here, in [`NEEDS`], and nowhere else: `cargo xtask
//! test` installs what is missing when it may, and otherwise names all of it at once.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A program that some tests run.
#[derive(Debug, PartialEq, Eq)]
struct Need {
    binary: &'static str,
    package: &'static str,
    purpose: &'static str,
}

/// Every program that a test runs, one line each.
const NEEDS: &[Need] = &[
    Need {
        binary: "strace",
        package: "strace",
        purpose: "the durability tests read which writes and syncs the server made, in which order, \
                  and let them fail",
    },
    Need {
        binary: "unshare",
        package: "util-linux",
        purpose: "the tests of a full disk give the server a small disk that nobody else sees",
    },
    Need {
        binary: "mount",
        package: "mount",
        purpose: "the small disk is a tmpfs",
    },
    Need {
        binary: "faketime",
        package: "faketime",
        purpose: "the tests of wrong clocks set a server's clock, through the library that comes \
                  with it",
    },
    Need {
        binary: "g++",
        package: "g++",
        purpose: "libFuzzer, which runs the fuzz targets, is C++",
    },
    Need {
        binary: "node",
        package: "nodejs",
        purpose: "the wasm tests run in it, npm's jose as the second opinion on tokens, and what \
                  drives the browser",
    },
    Need {
        binary: "npm",
        package: "npm",
        purpose: "fetches npm's jose, and what drives the browser",
    },
    Need {
        binary: "chromium",
        package: "chromium",
        purpose: "the tests of the pages look at them in a browser",
    },
    Need {
        binary: "python3",
        package: "python3-venv",
        purpose: "schemathesis compares the API's document with the server",
    },
    Need {
        binary: "initdb",
        package: "postgresql",
        purpose: "the PostgreSQL store is tested on a real server, which each run starts and stops",
    },
    Need {
        binary: "openssl",
        package: "openssl",
        purpose: "makes the certificates with which TLS to PostgreSQL and Redis is tested",
    },
    Need {
        binary: "pgbouncer",
        package: "pgbouncer",
        purpose: "behind a pooler the PostgreSQL store has to do without notifications",
    },
    Need {
        binary: "redis-server",
        package: "redis-server",
        purpose: "copies of sessions and counts of attempts are shared through a real Redis, and a real \
                  cluster of them",
    },
    Need {
        binary: "systemd-analyze",
        package: "systemd",
        purpose: "checks the systemd unit",
    },
];

/// Where a program may be although it is not on the path of an ordinary account.
const SYSTEM_PATHS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Makes sure that every needed program is there, or says how to get it.
pub(crate) fn satisfy() -> Result<(), String> {
    let missing = missing(NEEDS, on_path);
    if missing.is_empty() {
        println!("every program that the tests run is here");
        return Ok(());
    }
    if !on_path("apt-get") {
        return Err(format!(
            "{}\nInstall them in your system's way.",
            listed(&missing)
        ));
    }
    if !can_install() {
        return Err(format!(
            "{}\nInstall them with:\n  {}",
            listed(&missing),
            by_hand(&missing)
        ));
    }
    println!("{}", listed(&missing));
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    install(&packages)?;
    match self::missing(NEEDS, on_path) {
        still if still.is_empty() => Ok(()),
        still => Err(format!("apt-get succeeded, and yet: {}", listed(&still))),
    }
}

/// Whether packages can be installed here without a person.
pub(crate) fn can_install() -> bool {
    on_path("apt-get") && is_root()
}

/// Installs Debian packages, and removes none for them.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    apt_get(&["update"])?;
    let options = ["install", "--yes", "--no-install-recommends", "--no-remove"];
    apt_get(&[&options[..], packages].concat())
}

fn missing(needs: &'static [Need], found: impl Fn(&str) -> bool) -> Vec<&'static Need> {
    needs.iter().filter(|need| !found(need.binary)).collect()
}

fn listed(missing: &[&Need]) -> String {
    let line = |need: &&Need| {
        format!(
            "\n  {} (Debian package {}): {}",
            need.binary, need.package, need.purpose
        )
    };
    format!(
        "The tests need programs that are missing:{}",
        missing.iter().map(line).collect::<String>()
    )
}

fn by_hand(missing: &[&Need]) -> String {
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    format!(
        "sudo apt-get update && sudo apt-get install --yes {}",
        packages.join(" ")
    )
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let shown = format!("apt-get {}", arguments.join(" "));
    println!("$ {shown}");
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("`{shown}` did not start: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{shown}` ended with {status}"))
    }
}

/// Whether a program is there, for root if not for everybody.
pub(crate) fn on_path(binary: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = SYSTEM_PATHS
        .iter()
        .map(|directory| Path::new(directory).to_path_buf());
    std::env::split_paths(&path)
        .chain(system)
        .chain(postgres_paths())
        .any(|directory| directory.join(binary).is_file())
}

/// Where Debian has the server's own programs, one directory for each version.
fn postgres_paths() -> impl Iterator<Item = PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Need] = &[
        Need {
            binary: "one",
            package: "first",
            purpose: "to count",
        },
        Need {
            binary: "two",
            package: "second",
            purpose: "to count on",
        },
    ];

    #[test]
    fn only_what_is_not_found_is_missing() {
        let missing = missing(TWO, |binary| binary == "one");
        assert_eq!(missing, [&TWO[1]]);
    }

    #[test]
    fn the_list_names_every_missing_program_and_one_command_gets_them_all() {
        let missing = missing(TWO, |_| false);
        let list = listed(&missing);
        assert!(
            list.contains("one (Debian package first): to count"),
            "{list}"
        );
        assert!(
            list.contains("two (Debian package second): to count on"),
            "{list}"
        );
        assert!(by_hand(&missing).ends_with("install --yes first second"));
    }

    #[test]
    fn a_program_is_found_on_the_path() {
        assert!(on_path("sh"));
        assert!(!on_path("no-such-program"));
    }
}
