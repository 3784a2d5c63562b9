//! npm's `jose`, of the version that `npm/package-lock.json` names, in one Node process.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::json;

use super::{AUDIENCE, ISSUER, LEEWAY, corpus::Case, keys::Key};

const PROGRAM: &str = include_str!("npm/verify.mjs");
const PACKAGE: &str = include_str!("npm/package.json");
const LOCK: &str = include_str!("npm/package-lock.json");

/// What `jose` says of each case, or why it cannot be asked here.
pub(crate) fn verdicts(keys: &[Key], cases: &[Case], now: i64) -> Result<Vec<String>, String> {
    let folder = installed()?;
    let settings = json!({"issuer": ISSUER, "audience": AUDIENCE, "leeway": LEEWAY, "now": now});
    let mut input = settings.to_string();
    for case in cases {
        let key = keys.iter().find(|key| key.alg() == case.alg).unwrap();
        let alg = case.alg.as_str();
        input.push('\n');
        input += &json!({"jwk": key.jwk, "alg": alg, "token": case.token}).to_string();
    }
    let batch = folder.join("tokens.jsonl");
    std::fs::write(&batch, input).unwrap();
    let output = Command::new("node")
        .arg("verify.mjs")
        .current_dir(&folder)
        .stdin(std::fs::File::open(&batch).unwrap())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let output = String::from_utf8(output.stdout).unwrap();
    Ok(output.lines().map(str::to_owned).collect())
}

/// The folder with `jose` in it, which is kept between runs.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm-jose");
    for program in ["node", "npm"] {
        let mut version = Command::new(program);
        let status = version.arg("--version").stdout(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(format!("there is no {program}"));
        }
    }
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("verify.mjs"), PROGRAM).unwrap();
    let lock = folder.join("package-lock.json");
    let current = std::fs::read_to_string(&lock).is_ok_and(|text| text == LOCK);
    if current && folder.join("node_modules/jose/package.json").is_file() {
        return Ok(folder);
    }
    std::fs::write(folder.join("package.json"), PACKAGE).unwrap();
    std::fs::write(&lock, LOCK).unwrap();
    let install = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .output();
    match install {
        Ok(output) if output.status.success() => Ok(folder),
        Ok(output) => Err(format!(
            "npm ci: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("npm did not start: {error}")),
    }
}
