//! Debian's Chromium, driven through playwright-core by a script beside the test.
//!
//! A script is an ES module whose default function gets the harness (`browser/harness.mjs`) and
//! returns what the test looks at; whatever it throws fails the test. The one thing that must not be
//! broken: a page's console errors, violations of its content security policy and requests to other
//! machines fail the test without the test asking.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a fixture: what goes wrong here is the test's failure, and a skipped test says so"
)]

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

const FILES: [(&str, &str); 3] = [
    ("package.json", include_str!("../browser/package.json")),
    ("run.mjs", include_str!("../browser/run.mjs")),
    ("harness.mjs", include_str!("../browser/harness.mjs")),
];
const LOCK: &str = include_str!("../browser/package-lock.json");

/// How long a script may take before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(150);

/// What a browser test needs of the machine.
#[derive(Debug)]
pub struct Browser {
    folder: PathBuf,
    chromium: PathBuf,
    screenshots: PathBuf,
}

impl Browser {
    /// The browser, with playwright-core and axe-core installed. Where that cannot be had the test is
    /// skipped and says why; under `CI` it fails.
    #[must_use]
    pub fn find() -> Option<Self> {
        match Self::installed() {
            Ok(browser) => Some(browser),
            Err(why) if std::env::var_os("CI").is_some() => panic!("{why}"),
            Err(why) => {
                println!("skipped: {why}");
                None
            }
        }
    }

    fn installed() -> Result<Self, String> {
        let program = |name: &str| on_path(name).ok_or_else(|| format!("there is no {name}"));
        let chromium = program("chromium")?;
        program("node")?;
        program("npm")?;
        let target = target_directory();
        let folder = target.join("browser");
        install(&folder)?;
        Ok(Self {
            folder,
            chromium,
            screenshots: target.join("screenshots"),
        })
    }

    /// Runs a script, usually `include_str!("browser/….mjs")`, and gives what it returned. `input`
    /// is its `input`; relative URLs lead to `input.origin`.
    pub async fn run(&self, script: &str, input: &Value) -> Value {
        let mut file = tempfile::Builder::new()
            .prefix("test-")
            .suffix(".mjs")
            .tempfile_in(&self.folder)
            .unwrap();
        file.write_all(script.as_bytes()).unwrap();
        let mut node = tokio::process::Command::new("node")
            .arg("run.mjs")
            .args([file.path(), &self.chromium, &self.screenshots])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = node.stdin.take().unwrap();
        stdin.write_all(input.to_string().as_bytes()).await.unwrap();
        drop(stdin);
        let ended = tokio::time::timeout(LIMIT, node.wait_with_output()).await;
        let output = ended.expect("the browser's script ends in time").unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", output.status);
        let said = String::from_utf8(output.stdout).unwrap();
        let last = said.lines().next_back().unwrap_or_default();
        let mut answer: Value = serde_json::from_str(last).unwrap();
        if let Some(why) = answer.get("failed").and_then(Value::as_str) {
            panic!("in the browser: {why}\n{errors}");
        }
        answer.get_mut("found").map(Value::take).unwrap()
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Cargo's `target`, which holds this very program.
fn target_directory() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let mut above = program.ancestors();
    above
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .unwrap()
        .to_owned()
}

/// Brings the folder to what this version wants. Tests run at the same time, each in a process.
fn install(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).unwrap();
    let turn = File::create(folder.join("turn")).unwrap();
    flock(&turn, FlockOperation::LockExclusive).unwrap();
    for (name, text) in FILES {
        if !holds(&folder.join(name), text) {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let installed = folder.join("installed-package-lock.json");
    if holds(&installed, LOCK) {
        return Ok(());
    }
    std::fs::write(folder.join("package-lock.json"), LOCK).unwrap();
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output()
        .map_err(|error| format!("npm did not start: {error}"))?;
    if !npm.status.success() {
        let said = String::from_utf8_lossy(&npm.stderr);
        return Err(format!("npm ci: {}", said.trim()));
    }
    std::fs::write(installed, LOCK).unwrap();
    Ok(())
}

fn holds(file: &Path, text: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|found| found == text)
}
