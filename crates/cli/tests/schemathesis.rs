//! schemathesis compares the API's document with the real server: requests that fit it and requests
//! that do not, each operation by itself and one after the other. No answer may be a server error,
//! and none may be one that the document does not have: status, media type, headers, body.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use symbolon_testing::{ServerProcess, ServerSetup, api::PASSWORD};

const REQUIREMENTS: &str = include_str!("schemathesis/requirements.txt");
const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemathesis/hooks.py");

/// Random requests that an operation gets in each way, beside those that its schema leads to.
const EXAMPLES: &str = "10";

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

const CLIENT_SECRET: &str = "a secret that only tests know, for the client";
const CLIENT_HASH: &str = "043cffbc9d8712292b23b577b17bc092975741c2e50ec7a9013d507029a1fddc";

async fn server() -> ServerProcess {
    let client = format!(
        "[[clients]]\nid = \"checker\"\nsecret_sha256 = \"{CLIENT_HASH}\"\n\
         scopes = [\"tokens:introspect\", \"revocations:read\"]\n"
    );
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .lists(&client)
        .start()
        .await;
    let mut child = server
        .command()
        .args(["accounts", "add", "--admin", "--identifier", "root"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    server
}

/// The folder with schemathesis in it, which is kept between runs.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    let done = folder.join("requirements.txt");
    if std::fs::read_to_string(&done).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(folder);
    }
    let run = |command: &mut Command| match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{command:?}: {output:?}")),
        Err(error) => Err(format!("{command:?} did not start: {error}")),
    };
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder))?;
    let wanted = folder.join("wanted.txt");
    std::fs::write(&wanted, REQUIREMENTS).unwrap();
    let mut pip = Command::new(folder.join("bin/pip"));
    run(pip
        .args(["install", "--disable-pip-version-check", "--no-deps", "-r"])
        .arg(&wanted))?;
    std::fs::rename(wanted, done).unwrap();
    Ok(folder)
}

#[tokio::test]
async fn no_answer_is_a_server_error_or_undocumented() {
    let folder = match installed() {
        Ok(folder) => folder,
        Err(why) => {
            if std::env::var_os("CI").is_some() {
                panic!("schemathesis cannot be installed: {why}");
            }
            println!("skipped: {why}");
            return;
        }
    };
    let server = server().await;
    let report = server.home().join("schemathesis.json");
    let mut command = Command::new(folder.join("bin/schemathesis"));
    command
        .args(["run", &server.url("/api/openapi.json")])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES])
        .args(["--generation-deterministic", "--continue-on-failure"])
        .args(["--no-color", "--warnings", "off", "--request-timeout", "30"])
        .args(["--report-json-path"])
        .arg(&report)
        .env("SCHEMATHESIS_HOOKS", HOOKS)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("API_URL", server.url(""))
        .env("API_PASSWORD", PASSWORD)
        .env("API_CLIENT_SECRET", CLIENT_SECRET)
        .current_dir(server.home())
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{said}\n{errors}\n{}",
        server.log()
    );
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let document: Value = server.api().get("/api/openapi.json").send().await.json();
    let paths = document["paths"].as_object().unwrap().values();
    let operations: usize = paths.map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(report["operations"]["tested"], operations, "{report:#}");
    let requests = report["test_cases"]["generated"].as_u64().unwrap();
    assert!(requests > 20 * operations as u64, "{report:#}");
    println!(
        "{operations} operations, {requests} requests, in {} s",
        report["running_time"]
    );
}
