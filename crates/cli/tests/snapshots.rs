//! What the command line says, as sessions at a prompt in `cmd/`: help, errors with their exit codes, and
//! the documents of `--json`. `TRYCMD=overwrite` writes them anew.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use symbolon_testing::api::PASSWORD;

/// Makes an account, so that there is something to show; what the command said of it.
fn furnish(home: &Path) -> Value {
    let binary = env!("CARGO_BIN_EXE_symbolon");
    let mut child = Command::new(binary)
        .args(["--json", "--data-dir", "data", "accounts", "add"])
        .args(["--identifier", "Carol", "--role", "editor"])
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_command_line_says_what_it_is_known_to_say() {
    let home = tempfile::tempdir().unwrap();
    let account = furnish(home.path());
    let text = |member: &str| account[member].as_str().unwrap().to_owned();
    let data = home.path().join("data").display().to_string();
    let cases = trycmd::TestCases::new();
    cases
        .register_bin("symbolon", Path::new(env!("CARGO_BIN_EXE_symbolon")))
        .env("COLUMNS", "100")
        .env("SYMBOLON_SERVER__DATA_DIR", &data)
        .env("SYMBOLON_ADMIN_TOKEN", "what no server has given")
        .insert_var("[DATA]", data)
        .unwrap()
        .insert_var("[ID]", text("id"))
        .unwrap()
        .insert_var("[SUBJECT]", text("subject"))
        .unwrap()
        .insert_var("[CREATED]", text("created_at"))
        .unwrap();
    cases.case("tests/cmd/*.md");
}

#[test]
fn nothing_is_coloured_that_is_piped() {
    for (arguments, variables) in [
        (&["accounts", "--help"][..], &[][..]),
        (&["acounts"], &[]),
        (&["config", "check"], &[("NO_COLOR", "1")]),
        (
            &["--data-dir", "/nowhere/at/all", "keys", "list"],
            &[("CLICOLOR", "1")],
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symbolon"));
        command.args(arguments).envs(variables.iter().copied());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.is_empty() && !said.contains(&0x1b), "{arguments:?}");
    }
}
