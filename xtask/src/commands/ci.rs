//! `cargo xtask ci`: everything a change must pass, in the order in which it is cheapest to learn
//! that it does not. The budget is 45 minutes from a cold start on two cores.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use cargo_metadata::Metadata;
use serde_json::Value;

use super::embedded::{self, EMBEDDED};
use crate::{
    results::Selection,
    step::{Beside, Outcome, Report, Tally, now, shown, succeeds},
    workspace,
};

/// The release profile, but for optimisations that take longer than the demonstration: nothing is measured here.
const RELEASE: &str = "check-release";

/// Does not build without features: it needs one of its two backends.
const NEEDS_A_FEATURE: &str = "symbolon-jose";

/// `demo` measures milliseconds; one that takes longer than this hangs.
const DEMO_LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn run() -> Result<Report, String> {
    let mut report = Report::default();
    // Our crates are compiled one after the other, in which one processor has little to do.
    let mut release = workspace::cargo();
    release.args(["build", "--profile", RELEASE, "--bin", "symbolon"]);
    let release = Beside::start(release);
    report.step("format", format);
    report.step("policy", super::policy::check);
    report.step("clippy", clippy);
    report.step("documentation", documentation);
    report.step("features", features);
    report.step("dependency tree", embedded::tree);
    report.step("minimal versions", embedded::minimal_versions);
    report.step("actix example", embedded::actix_example);
    // Tests are not to be disturbed.
    let is_built = report.step("release build", || release.succeeds());
    if super::test::set_up(&mut report) {
        super::test::steps(&mut report, &Selection::default());
        report.step("fuzz", super::fuzz::smoke);
    }
    if is_built {
        report.step("demo", demo);
    }
    Ok(report)
}

/// Both workspaces: the fuzz targets have their own.
fn format() -> Outcome {
    let check = |arguments: &[&str]| succeeds(workspace::cargo().arg("fmt").args(arguments));
    let ours = check(&["--all", "--check"]);
    let targets = check(&["--manifest-path", "fuzz/Cargo.toml", "--check"]);
    match ours {
        Outcome::Failed(..) => ours,
        _ => targets,
    }
}

fn clippy() -> Outcome {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    succeeds(workspace::cargo().args(arguments))
}

fn documentation() -> Outcome {
    let mut command = workspace::cargo();
    command
        .env("RUSTDOCFLAGS", "-D warnings")
        .args(["doc", "--workspace", "--no-deps"]);
    succeeds(&mut command)
}

/// Default features off, then each feature alone, for the crates that others embed.
fn features() -> Outcome {
    let metadata = match workspace::metadata() {
        Ok(metadata) => metadata,
        Err(why) => return Outcome::failed(why),
    };
    let mut broken = Vec::new();
    for package in EMBEDDED {
        let Some(features) = features_of(&metadata, package) else {
            return Outcome::failed(format!("there is no crate {package}"));
        };
        let none = (package != NEEDS_A_FEATURE).then_some(None);
        for feature in none.into_iter().chain(features.into_iter().map(Some)) {
            let mut command = workspace::cargo();
            command.args(["check", "-p", package, "--no-default-features"]);
            if let Some(feature) = &feature {
                command.args(["--features", feature]);
            }
            if let Outcome::Failed(..) = succeeds(&mut command) {
                broken.push(format!(
                    "{package} with {}",
                    feature.as_deref().unwrap_or("none")
                ));
            }
        }
    }
    match broken.is_empty() {
        true => Outcome::Passed(Tally::default()),
        false => Outcome::failed(format!("does not build alone: {}", broken.join(", "))),
    }
}

fn features_of(metadata: &Metadata, name: &str) -> Option<Vec<String>> {
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name == name)?;
    Some(
        package
            .features
            .keys()
            .filter(|feature| *feature != "default")
            .cloned()
            .collect(),
    )
}

/// The release binary's own demonstration, as the README tells people to run it.
fn demo() -> Outcome {
    let target = match workspace::metadata() {
        Ok(metadata) => metadata.target_directory,
        Err(why) => return Outcome::failed(why),
    };
    let mut command = Command::new(target.join(RELEASE).join("symbolon"));
    command
        .args(["demo", "--json"])
        .current_dir(workspace::root());
    let output = match output_within(&mut command, DEMO_LIMIT) {
        Ok(output) => output,
        Err(why) => return Outcome::failed(why),
    };
    println!("{output}");
    match demo_verdict(&output) {
        Ok(()) => Outcome::Passed(Tally {
            passed: 1,
            ..Tally::default()
        }),
        Err(why) => Outcome::failed(why),
    }
}

/// The stdout of a command that succeeds in time. It has to fit a pipe, as one JSON object does.
fn output_within(command: &mut Command, limit: Duration) -> Result<String, String> {
    let line = shown(command);
    println!("$ {line}");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| format!("`{line}` did not start: {error}"))?;
    let started = now();
    while child.try_wait().is_ok_and(|status| status.is_none()) {
        if started.elapsed() > limit {
            drop(child.kill());
            drop(child.wait());
            return Err(format!("`{line}` did not end within {} s", limit.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child
        .wait_with_output()
        .map_err(|error| format!("`{line}`: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(format!("`{line}` ended with {}", output.status)),
    }
}

/// One JSON object, `"ok": true`, and every step of at least one step is ok.
fn demo_verdict(output: &str) -> Result<(), String> {
    let report: Value = serde_json::from_str(output)
        .map_err(|error| format!("demo did not print JSON: {error}"))?;
    let steps = report
        .get("steps")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if steps.is_empty() {
        return Err("demo reported no steps".into());
    }
    let ok = |value: &Value| value.get("ok") == Some(&Value::Bool(true));
    if let Some(step) = steps.iter().find(|step| !ok(step)) {
        return Err(format!("demo step failed: {step}"));
    }
    if ok(&report) {
        Ok(())
    } else {
        Err("demo did not say \"ok\": true".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_is_ok_only_when_it_and_all_its_steps_say_so() {
        let good =
            r#"{"ok":true,"steps":[{"name":"login","ok":true,"ms":3}],"revoke_to_refused_ms":4}"#;
        assert_eq!(demo_verdict(good), Ok(()));
        for bad in [
            "",
            "Listening on http://localhost:8080",
            r#"{"ok":true,"steps":[]}"#,
            r#"{"ok":"true","steps":[{"ok":true}]}"#,
            r#"{"ok":true,"steps":[{"name":"login","ok":false}]}"#,
            r#"{"ok":false,"steps":[{"name":"login","ok":true}]}"#,
        ] {
            assert!(demo_verdict(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let limit = Duration::from_millis(50);
        let hung = output_within(Command::new("sleep").arg("30"), limit);
        assert!(hung.unwrap_err().contains("did not end"));
        assert_eq!(
            output_within(Command::new("echo").arg("hello"), DEMO_LIMIT).unwrap(),
            "hello"
        );
        assert!(output_within(&mut Command::new("false"), DEMO_LIMIT).is_err());
    }

    #[test]
    fn the_crates_that_others_embed_exist() {
        let metadata = workspace::metadata().unwrap();
        for package in EMBEDDED {
            let features = features_of(&metadata, package).unwrap();
            assert!(!features.contains(&"default".to_owned()), "{package}");
        }
    }
}
