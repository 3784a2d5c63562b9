//! `cargo xtask policy`: every rule of [`crate::policy`] against this workspace.

use crate::{
    policy::{self, Inputs},
    step::{Outcome, Report, Tally},
};

pub(crate) fn run() -> Result<Report, String> {
    let mut report = Report::default();
    report.step("policy", check);
    Ok(report)
}

/// Prints one line per rule and every violation; each rule counts as one test.
pub(crate) fn check() -> Outcome {
    let inputs = match Inputs::read() {
        Ok(inputs) => inputs,
        Err(why) => return Outcome::failed(why),
    };
    let mut tally = Tally::default();
    let mut broken = Vec::new();
    for rule in policy::RULES {
        let violations = (rule.check)(&inputs);
        println!(
            "{} {}",
            if violations.is_empty() {
                "ok    "
            } else {
                "BROKEN"
            },
            rule.name
        );
        for violation in &violations {
            println!("       {violation}");
        }
        if violations.is_empty() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            broken.push(rule.name);
        }
    }
    match broken.is_empty() {
        true => Outcome::Passed(tally),
        false => Outcome::Failed(format!("broken: {}", broken.join(", ")), tally),
    }
}
