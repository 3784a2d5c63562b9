//! What the demo shows: a spinner and a tick a step for people, one JSON object for machines.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::{
    failure::{Exit, Failure},
    output::{self, BAD, BOLD, DIM, GOOD, styled},
};

/// What a step says when it came out as expected, or what was wrong.
pub(super) type Told = Result<String, String>;

struct Step {
    name: &'static str,
    ok: bool,
    took: Duration,
    said: String,
}

/// The steps so far.
pub(super) struct Report {
    json: bool,
    steps: Vec<Step>,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            steps: Vec::new(),
        }
    }

    /// Shows one step. The error ends the story.
    pub(super) async fn step(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Told>,
    ) -> Result<(), Failure> {
        let spinner = self.spinner(name);
        #[expect(clippy::disallowed_methods, reason = "a stopwatch: decides nothing")]
        let start = Instant::now();
        let told = work.await;
        let took = start.elapsed();
        spinner.finish_and_clear();
        let (ok, said) = match told {
            Ok(said) => (true, said),
            Err(wrong) => (false, wrong),
        };
        let step = Step {
            name,
            ok,
            took,
            said,
        };
        if !self.json {
            show(&step)?;
        }
        let failed = (!ok).then(|| step.said.clone());
        self.steps.push(step);
        match failed {
            None => Ok(()),
            Some(wrong) => Err(Failure::new(Exit::Failed, format_args!("{name}: {wrong}"))),
        }
    }

    fn spinner(&self, name: &'static str) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(name);
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}") {
            spinner.set_style(style);
        }
        spinner.enable_steady_tick(Duration::from_millis(80));
        spinner
    }

    /// A remark for people.
    pub(super) fn note(&self, text: &str) {
        output::note(text);
    }

    /// Shows the sum of it. `told`: the milliseconds from the revocation to the first refusal, if
    /// the story came to its end.
    pub(super) fn finish(&self, told: Result<&f64, &Failure>) -> Result<bool, Failure> {
        let ok = told.is_ok() && self.steps.iter().all(|step| step.ok);
        if self.json {
            let steps: Vec<_> = self
                .steps
                .iter()
                .map(|step| json!({"name": step.name, "ok": step.ok, "ms": millis(step.took)}))
                .collect();
            let document = json!({
                "ok": ok,
                "steps": steps,
                "revoke_to_refused_ms": told.ok(),
            });
            output::line(&document.to_string())?;
            return Ok(ok);
        }
        if let Err(failure) = told {
            output::failure(failure);
            return Ok(false);
        }
        self.table(told.ok().copied().unwrap_or_default())?;
        Ok(ok)
    }

    fn table(&self, refused_ms: f64) -> Result<(), Failure> {
        output::line("")?;
        output::line(&styled(BOLD, "What was shown"))?;
        let find = |needle: &str| {
            self.steps
                .iter()
                .find(|step| step.name.contains(needle))
                .map(|step| step.said.clone())
                .unwrap_or_default()
        };
        output::table(
            &["claim", "seen"],
            [
                vec!["one log-in, two credentials".into(), find("log in:")],
                vec!["a session is checked as fast".into(), find("page behind")],
                vec![
                    "as a JWT, which nobody is asked about".into(),
                    find("the API, with"),
                ],
                vec![
                    "lost answers and many tabs are harmless".into(),
                    find("8 tabs"),
                ],
                vec![
                    "a stolen refresh token ends its family".into(),
                    find("after the window"),
                ],
                vec![
                    "one revocation reaches both credentials".into(),
                    format!("the API refused {refused_ms:.0} ms after the session was ended"),
                ],
            ],
        )?;
        Ok(())
    }
}

fn show(step: &Step) -> Result<(), Failure> {
    let mark = if step.ok {
        styled(GOOD, "✓")
    } else {
        styled(BAD, "✗")
    };
    let took = format!("{:>8.1} ms", millis(step.took));
    output::line(&format!("  {mark} {} {}", styled(DIM, took), step.name))?;
    if !step.said.is_empty() {
        output::line(&styled(DIM, format!("                   {}", step.said)))?;
    }
    Ok(())
}

fn millis(took: Duration) -> f64 {
    (took.as_secs_f64() * 10_000.0).round() / 10.0
}
