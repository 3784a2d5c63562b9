//! `symbolon bench` with the real binary: what it says, not how fast it is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/program.rs"]
#[expect(dead_code, reason = "shared with other tests, which need more of it")]
mod program;

use program::Program;
use serde_json::Value;

/// Runs a benchmark as little as possible; its document, whose every figure is checked for form.
fn bench(arguments: &[&str]) -> Value {
    let program = Program::new();
    let run = program.run(&[&["bench"], arguments, &["--quick", "--json"]].concat());
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(run.stderr, "", "no progress bar where there is no terminal");
    let document = run.json();
    assert_eq!(document["bench"], arguments[0]);
    assert_eq!(document["quick"], true);
    let machine = &document["machine"];
    assert!(machine["cores"].as_u64().unwrap() >= 1, "{machine}");
    assert!(!machine["cpu"].as_str().unwrap().is_empty());
    assert_eq!(machine["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(machine["profile"], "debug");
    for figure in document["results"].as_array().unwrap() {
        assert_form(figure);
    }
    assert!(!document["meaning"].as_str().unwrap().contains("NaN"));
    document
}

/// Numbers that are none would be `null`.
fn assert_form(figure: &Value) {
    let number = |name: &str| figure[name].as_f64().filter(|number| *number > 0.0);
    assert!(number("ratio").is_some(), "{figure}");
    let values = ["ns", "ms", "bytes"].map(|unit| figure.get(unit).is_some());
    assert_eq!(values.iter().filter(|has| **has).count(), 1, "{figure}");
    assert!(!figure["ratio_to"].as_str().unwrap().is_empty(), "{figure}");
    match (&figure["goal"], &figure["met"]) {
        (Value::Null, Value::Null) => assert!(figure["goal_of"].is_null(), "{figure}"),
        (Value::Number(_), Value::Bool(_)) => {
            let of = figure["goal_of"].as_str().unwrap();
            assert!(figure[of].is_number(), "{figure}");
        }
        _ => panic!("a goal without a verdict, or a verdict without a goal: {figure}"),
    }
}

fn names(document: &Value) -> Vec<&str> {
    let figures = document["results"].as_array().unwrap();
    figures
        .iter()
        .map(|figure| figure["name"].as_str().unwrap())
        .collect()
}

fn goal(document: &Value, name: &str) -> (f64, String) {
    let figures = document["results"].as_array().unwrap();
    let figure = figures.iter().find(|figure| figure["name"] == name);
    let figure = figure.unwrap_or_else(|| panic!("no {name} in {document}"));
    (
        figure["goal"].as_f64().unwrap(),
        figure["goal_of"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn verify() {
    let document = bench(&["verify"]);
    let names = names(&document);
    for alg in ["EdDSA", "ES256", "ES384", "RS256", "PS256"] {
        assert!(
            names.contains(&format!("verify/{alg}").as_str()),
            "{names:?}"
        );
        assert!(names.contains(&format!("sign/{alg}").as_str()), "{names:?}");
    }
    // A quick run looks up in smaller logs, and says so.
    for name in ["check/1k", "check/1k/hit", "check/100k", "check/100k/hit"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for (name, wanted, of) in [
        ("verify/RS256", 1.08, "ratio"),
        ("verify/ES256", 1.03, "ratio"),
        ("verify/EdDSA", 1.06, "ratio"),
        ("verify/HS256", 800.0, "added_ns"),
        ("sign/RS256", 1.02, "ratio"),
        ("sign/ES256", 1.15, "ratio"),
        ("sign/EdDSA", 1.15, "ratio"),
        ("verify/cached", 250.0, "ns"),
        ("check/100k", 20.0, "ns"),
        ("memory/100k", 32.0, "bytes"),
    ] {
        assert_eq!(goal(&document, name), (wanted, of.to_owned()), "{name}");
    }
}

#[test]
fn session() {
    let document = bench(&["session"]);
    assert_eq!(
        names(&document),
        [
            "session/cached",
            "session/jwt-full",
            "session/store",
            "session/http/cookie",
            "session/http/jwt",
            "session/http/store",
        ]
    );
    assert_eq!(goal(&document, "session/cached"), (1.5, "ratio".to_owned()));
}

#[test]
fn revocation() {
    let document = bench(&["revocation", "--verifiers", "4"]);
    assert_eq!(
        names(&document),
        ["revocation/p50", "revocation/refused", "revocation/max"]
    );
    assert_eq!(
        goal(&document, "revocation/refused"),
        (50.0, "ms".to_owned())
    );
    let millis = |name: &str| document[name].as_f64().unwrap();
    assert_eq!(document["verifiers"], 4.0);
    assert!(millis("p50_ms") > 0.0);
    assert!(millis("p50_ms") <= millis("p99_ms") && millis("p99_ms") <= millis("max_ms"));
}

#[test]
fn password() {
    let document = bench(&["password"]);
    assert_eq!(names(&document), ["password/check", "password/fresh"]);
    assert_eq!(
        goal(&document, "password/check"),
        (1.03, "ratio".to_owned())
    );
}

#[test]
fn people_get_a_table_a_sentence_and_a_chart() {
    let program = Program::new();
    let chart = program.file("chart.svg", "");
    let run = program.run(&["bench", "password", "--quick", "--svg", "chart.svg"]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(run.stdout.contains("through the pool"), "{}", run.stdout);
    assert!(run.stdout.contains("goals met."), "{}", run.stdout);
    assert!(run.stderr.contains("the figures mean little"), "{run:?}");
    let chart = std::fs::read_to_string(chart).unwrap();
    assert!(chart.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(chart.contains(">through the pool</text>"), "{chart}");
}

/// Whoever is tired of waiting gets a clean disk.
#[test]
fn an_interrupted_run_leaves_no_directory() {
    for what in ["session", "revocation"] {
        let home = tempfile::tempdir().unwrap();
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_symbolon"))
            .args(["bench", what])
            .env("TMPDIR", home.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let left = || home.path().read_dir().unwrap().count();
        while left() == 0 {
            assert!(run.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        let process = rustix::process::Pid::from_child(&run);
        rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(1));
        assert_eq!(left(), 0, "{what}");
    }
}

#[test]
fn a_chart_that_cannot_be_written_is_said() {
    let program = Program::new();
    let run = program.run(&["bench", "password", "--quick", "--svg", "no/such/place.svg"]);
    assert_eq!(run.exit, 3, "{run:?}");
    assert!(
        run.stderr.contains("cannot write no/such/place.svg"),
        "{run:?}"
    );
}
