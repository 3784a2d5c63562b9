//! What is written for shells and for `man`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::Read as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs a command that must do well and say nothing beside its output.
#[track_caller]
fn output_of(here: &TempDir, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_symbolon"))
        .args(arguments)
        .current_dir(here.path())
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), errors.as_str()),
        (Some(0), ""),
        "{arguments:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn json_of(here: &TempDir, arguments: &[&str]) -> Value {
    serde_json::from_str(&output_of(here, arguments)).unwrap()
}

#[test]
fn every_shell_gets_its_completions() {
    let here = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = output_of(&here, &["completions", shell]);
        for word in ["accounts", "data-dir"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!script.contains("demo-orders"), "{shell}");
        assert!(!script.contains("demo__orders"), "{shell}");
        let json = json_of(&here, &["--json", "completions", shell]);
        assert_eq!(json, json!({"shell": shell, "script": script}));
    }
}

#[test]
fn bash_reads_its_completions() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("symbolon.bash");
    std::fs::write(&file, output_of(&here, &["completions", "bash"])).unwrap();
    let probe = "source \"$1\"; COMP_WORDS=(symbolon accounts l); COMP_CWORD=2; \
                 _symbolon symbolon l accounts; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["-c", probe, "bash"])
        .arg(file)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "list\n");
}

#[test]
fn every_command_has_its_page_in_the_manual() {
    let here = tempfile::tempdir().unwrap();
    let main = output_of(&here, &["man"]);
    assert!(main.contains(".TH symbolon 1"), "{main}");
    let written = json_of(&here, &["--json", "man", "--dir", "pages"]);
    let pages = written["pages"].as_array().unwrap();
    for page in [
        "symbolon.1",
        "symbolon-accounts-list.1",
        "symbolon-keys-rotate.1",
    ] {
        assert!(pages.contains(&json!(page)), "{page}");
    }
    assert!(!pages.contains(&json!("symbolon-demo-orders.1")));
    for page in pages {
        let text = std::fs::read_to_string(here.path().join("pages").join(page.as_str().unwrap()))
            .unwrap();
        assert!(
            text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"),
            "{page}"
        );
    }
    let again = output_of(&here, &["man", "--dir", "pages"]);
    assert_eq!(again, format!("{} pages in pages\n", pages.len()));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let here = tempfile::tempdir().unwrap();
    for arguments in [
        &["completions", "zsh"][..],
        &["man"],
        &["openapi"],
        &["config", "template"],
        &["--json", "config", "print"],
        &["--help"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_symbolon"))
            .args(arguments)
            .current_dir(here.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before anything is written, as far as that can be had.
        drop(child.stdout.take());
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), said.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}
