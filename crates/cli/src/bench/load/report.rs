//! What a load test says.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    Plan,
    tally::{Answers, Tally},
};
use crate::{
    bench::machine::Machine,
    failure::Failure,
    output::{self, BAD, DIM, GOOD, styled},
};

/// The result.
#[derive(Debug)]
pub(crate) struct LoadReport {
    machine: Machine,
    mix: String,
    rate: u32,
    /// Requests a second that were really due while they were sent.
    sent_rate: f64,
    tally: Tally,
}

impl LoadReport {
    pub(super) fn new(plan: &Plan, sending: Duration, tally: Tally) -> Self {
        let due: u64 = tally.each().map(|(_, answers)| answers.due()).sum();
        Self {
            machine: Machine::here(),
            mix: plan.mix.to_string(),
            rate: plan.rate,
            sent_rate: due as f64 / sending.as_secs_f64().max(f64::MIN_POSITIVE),
            tally,
        }
    }

    /// Requests that did not do what they should.
    pub(crate) fn failed(&self) -> u64 {
        self.tally.each().map(|(_, answers)| answers.failed()).sum()
    }

    fn due(&self) -> u64 {
        self.tally.each().map(|(_, answers)| answers.due()).sum()
    }

    /// The one JSON object.
    pub(crate) fn print_json(&self) -> Result<(), Failure> {
        let results: Vec<_> = self
            .tally
            .each()
            .map(|(deed, answers)| figure(deed.name(), answers))
            .collect();
        Ok(output::json(&json!({
            "bench": "load",
            "machine": self.machine.json(),
            "mix": self.mix,
            "rate": self.rate,
            "sent_rate": self.sent_rate,
            "requests": self.due(),
            "errors": self.failed(),
            "results": results,
        }))?)
    }

    /// For people.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        output::line(&styled(DIM, self.machine.line()))?;
        output::line("")?;
        let header = [
            "", "requests", "p50", "p90", "p99", "p99.9", "max", "errors",
        ];
        output::table(
            &header,
            self.tally.each().map(|(deed, answers)| {
                let ms = |value: f64| format!("{value:.1} ms");
                vec![
                    deed.name().to_owned(),
                    answers.due().to_string(),
                    ms(answers.percentile_ms(50.0)),
                    ms(answers.percentile_ms(90.0)),
                    ms(answers.percentile_ms(99.0)),
                    ms(answers.percentile_ms(99.9)),
                    ms(answers.max_ms()),
                    answers.failed().to_string(),
                ]
            }),
        )?;
        for (deed, answers) in self.tally.each() {
            for (trouble, count) in &answers.errors {
                output::line(&styled(
                    BAD,
                    format!("{}: {count} × {trouble}", deed.name()),
                ))?;
            }
        }
        output::line("")?;
        let style = if self.failed() == 0 { GOOD } else { BAD };
        output::line(&styled(
            style,
            format!(
                "{} requests at {:.1} a second ({} wanted), {} errors. Times count from the moment \
                 at which a request was due.",
                self.due(),
                self.sent_rate,
                self.rate,
                self.failed(),
            ),
        ))?;
        Ok(())
    }
}

fn figure(name: &str, answers: &Answers) -> Value {
    let errors: Map<String, Value> = answers
        .errors
        .iter()
        .map(|(trouble, count)| (trouble.to_string(), json!(count)))
        .collect();
    let (p50, p99) = (answers.percentile_ms(50.0), answers.percentile_ms(99.0));
    json!({
        "name": format!("load/{name}"),
        "requests": answers.due(),
        "ms": p99,
        "ratio": if p50 > 0.0 { Some(p99 / p50) } else { None },
        "ratio_to": "p50",
        "goal": null,
        "p50_ms": p50,
        "p90_ms": answers.percentile_ms(90.0),
        "p99_ms": p99,
        "p999_ms": answers.percentile_ms(99.9),
        "max_ms": answers.max_ms(),
        "errors": errors,
    })
}
