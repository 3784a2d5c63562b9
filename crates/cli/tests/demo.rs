//! `symbolon demo` with the real binary.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use serde_json::Value;

/// Runs it in an empty directory; what it prints.
fn demo(arguments: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_symbolon"))
        .arg("demo")
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 0, "it leaves nothing behind");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_demo_tells_its_story_as_one_document() {
    let said = demo(&["--json"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    let document: Value = serde_json::from_str(&said).unwrap();
    let members: Vec<_> = document.as_object().unwrap().keys().collect();
    assert_eq!(members, ["ok", "revoke_to_refused_ms", "steps"]);
    assert_eq!(document["ok"], true);
    let refused = document["revoke_to_refused_ms"].as_f64().unwrap();
    assert!((0.0..30_000.0).contains(&refused), "{refused}");
    let steps = document["steps"].as_array().unwrap();
    assert!(steps.len() >= 5, "{document}");
    for step in steps {
        let members: Vec<_> = step.as_object().unwrap().keys().collect();
        assert_eq!(members, ["ms", "name", "ok"]);
        assert!(
            step["ok"] == true && step["ms"].as_f64().unwrap() >= 0.0,
            "{step}"
        );
        assert!(!step["name"].as_str().unwrap().is_empty());
    }
}

#[test]
fn the_demo_tells_its_story_to_people_too() {
    let said = demo(&[]);
    assert!(said.contains("one log-in, two credentials"), "{said}");
    assert!(!said.contains('\u{1b}'), "no colours: {said}");
}
