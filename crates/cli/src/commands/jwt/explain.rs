//! `symbolon jwt explain`: the enforcing code runs, and every check is told.
//!
//! The one thing that must not be broken: verdicts come from the verifier alone. What this command
//! adds is the values that were compared, and what to do.

mod advice;
mod prepare;
mod values;

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, loose};
use symbolon_protocol::RejectReason;
use symbolon_verifier::{Check, CheckOutcome, Demand, OnStale};

use super::input::Input;
use crate::{
    commands::{Context, Exit, Outcome, block_on},
    config::duration,
    failure::Failure,
    output,
    text::visible,
};

use prepare::Prepared;
use values::Values;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 accepted, 1 refused, 2 usage, 3 unreachable. Where the revocation log cannot be read, the answer says so and the token may still be accepted."
)]
pub(super) struct Explain {
    #[command(flatten)]
    input: Input,
    /// The issuer's URL, as the service's verifier has it.
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The audience that the service is; of several, one must be named.
    #[arg(long, value_name = "AUDIENCE", required = true)]
    audience: Vec<String>,
    /// A scope that the service demands.
    #[arg(long, value_name = "SCOPE", value_delimiter = ' ')]
    scope: Vec<String>,
    /// The algorithms that the service accepts; by default those that Symbolon signs with.
    #[arg(
        long,
        value_name = "ALG",
        value_delimiter = ',',
        default_value = "EdDSA,ES256,RS256"
    )]
    algorithm: Vec<Algorithm>,
    /// Tolerance for the times, 60s at most.
    #[arg(long, default_value = "5s", value_parser = duration)]
    leeway: Duration,
    /// A file with the issuer's JWK Set: nothing is fetched, and revocation is not checked.
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The time to verify at, in seconds since 1970, instead of now.
    #[arg(long, value_name = "SECONDS", requires = "jwks")]
    now: Option<i64>,
    /// The client that reads the revocation log, where that is not public. Its secret comes from
    /// SYMBOLON_CLIENT_SECRET or a file.
    #[arg(long, value_name = "ID", conflicts_with = "jwks")]
    client: Option<String>,
    /// The file with the client's secret.
    #[arg(long, value_name = "FILE", requires = "client")]
    client_secret_file: Option<PathBuf>,
}

/// One line of the answer.
struct Line {
    name: &'static str,
    outcome: Told,
    enforced: bool,
    values: Values,
    fix: Option<String>,
}

enum Told {
    Passed,
    Failed(RejectReason),
    NotChecked(String),
}

/// The whole answer.
struct Answer {
    refused: Option<RejectReason>,
    revocation_checked: bool,
    lines: Vec<Line>,
}

impl Explain {
    pub(super) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        let token = self.input.read()?;
        let answer = block_on(Box::pin(self.answer(&token)))?;
        if context.global.json {
            output::json(&answer.json())?;
        } else {
            answer.print()?;
        }
        Ok(if answer.refused.is_none() {
            Exit::Success
        } else {
            Exit::Failed
        })
    }

    async fn answer(&self, token: &str) -> Result<Answer, Failure> {
        let prepared = self.prepare().await?;
        let scopes: Vec<&str> = self.scope.iter().map(String::as_str).collect();
        let mut demand = Demand::new().scopes(&scopes);
        if prepared.log.is_err() {
            // The log is out of this command's reach, which says nothing about the service's.
            demand = demand.on_stale(OnStale::Accept);
        }
        let explained = prepared.verifier.explain(token, &demand);
        let loose = loose::read(token);
        let mut lines = Vec::new();
        for step in explained.steps {
            let outcome = match step.outcome {
                // Without keys, what needs them says nothing about the token.
                _ if prepared.lacks_keys_for(step.check) => {
                    Told::NotChecked(prepared.why_not(step.check))
                }
                CheckOutcome::Passed => Told::Passed,
                CheckOutcome::Failed(rejection) => Told::Failed(rejection.reason()),
                _ => Told::NotChecked(prepared.why_not(step.check)),
            };
            let values = self.values(step.check, &loose, &prepared);
            let fix = match &outcome {
                Told::Failed(reason) => Some(advice::fix(*reason, &values)),
                _ => None,
            };
            lines.push(Line {
                name: step.check.name(),
                outcome,
                enforced: step.enforced && prepared.metadata.is_ok(),
                values,
                fix,
            });
        }
        let refused = explained.refused.map(|rejection| rejection.reason());
        let (metadata, refused) = self.metadata_line(&prepared, refused, &loose);
        Ok(Answer {
            revocation_checked: prepared.log.is_ok(),
            refused,
            lines: metadata.into_iter().chain(lines).collect(),
        })
    }

    /// The check that comes before the token's own: whether the issuer is who it is taken for.
    fn metadata_line(
        &self,
        prepared: &Prepared,
        refused: Option<RejectReason>,
        loose: &loose::LooseToken,
    ) -> (Option<Line>, Option<RejectReason>) {
        if self.jwks.is_some() {
            return (None, refused);
        }
        let line = |outcome, found, fix| Line {
            name: "metadata",
            outcome,
            enforced: true,
            values: Values::new(found, Some(self.issuer.clone())),
            fix,
        };
        match &prepared.metadata {
            Ok(()) => {
                let passed = line(Told::Passed, Some(self.issuer.clone()), None);
                (Some(passed), refused)
            }
            Err((reason, found)) => {
                let said = found.clone().or_else(|| values::text(&loose.claims, "iss"));
                let fix = match said {
                    Some(said) => format!(
                        "if {said} is the server you mean, give that URL, here and in the service, exactly so"
                    ),
                    None => "give the issuer's URL exactly as its configuration has it".to_owned(),
                };
                let found = found.as_deref().unwrap_or("a server of another name");
                let failed = line(Told::Failed(*reason), Some(found.to_owned()), Some(fix));
                (Some(failed), Some(*reason))
            }
        }
    }
}

impl Answer {
    fn json(&self) -> Value {
        let each = |line: &Line| {
            let (outcome, code, reason) = match &line.outcome {
                Told::Passed => ("passed", None, None),
                Told::Failed(reason) => (
                    "failed",
                    Some(reason.code()),
                    Some(reason.describe().to_owned()),
                ),
                Told::NotChecked(why) => ("not_checked", None, Some(why.clone())),
            };
            json!({
                "check": line.name,
                "outcome": outcome,
                "enforced": line.enforced,
                "code": code,
                "reason": reason,
                "found": line.values.found,
                "expected": line.values.expected,
                "fix": line.fix,
            })
        };
        json!({
            "accepted": self.refused.is_none(),
            "code": self.refused.map(RejectReason::code),
            "reason": self.refused.map(RejectReason::describe),
            "revocation_checked": self.revocation_checked,
            "checks": self.lines.iter().map(each).collect::<Vec<_>>(),
        })
    }

    fn print(&self) -> std::io::Result<()> {
        output::line(&match self.refused {
            None if self.revocation_checked => output::styled(output::GOOD, "accepted"),
            None => format!(
                "{}; whether it was revoked is not known",
                output::styled(output::GOOD, "accepted")
            ),
            Some(reason) => format!(
                "{} {}\n{}",
                output::styled(output::BAD, "refused:"),
                reason.code(),
                reason.describe()
            ),
        })?;
        let mut enforced = true;
        for line in &self.lines {
            if enforced && !line.enforced && self.refused.is_some() {
                enforced = false;
                let heading = "not enforced, because an earlier check failed:";
                output::line(&output::styled(output::BOLD, heading))?;
            }
            line.print(enforced)?;
        }
        Ok(())
    }
}

impl Line {
    fn print(&self, enforced: bool) -> std::io::Result<()> {
        let (style, word) = match (&self.outcome, enforced) {
            (Told::Passed, true) => (output::GOOD, "passed"),
            (Told::Passed, false) => (output::DIM, "would pass"),
            (Told::Failed(_), true) => (output::BAD, "FAILED"),
            (Told::Failed(_), false) => (output::WARN, "would fail"),
            (Told::NotChecked(_), _) => (output::WARN, "not checked"),
        };
        let told = match &self.outcome {
            Told::Passed => self.values.passed(),
            Told::Failed(reason) => format!("{}: {}", reason.code(), self.values.failed(self.name)),
            Told::NotChecked(why) => format!("because {why}"),
        };
        let styled = output::styled(style, format_args!("{word:<11}"));
        let text = format!("  {styled} {:<13} {}", self.name, visible(&told));
        output::line(text.trim_end())?;
        match &self.fix {
            Some(fix) => output::line(&format!(
                "{:28}{} {}",
                "",
                output::styled(output::DIM, "fix:"),
                visible(fix)
            )),
            None => Ok(()),
        }
    }
}

impl Prepared {
    /// Why a check was not made.
    fn why_not(&self, check: Check) -> String {
        match (check, &self.log) {
            (Check::Revocation, Err(why)) => why.clone(),
            _ if self.lacks_keys_for(check) => "the issuer's keys are not known".to_owned(),
            _ => "what it needs could not be read".to_owned(),
        }
    }

    const fn lacks_keys_for(&self, check: Check) -> bool {
        use symbolon_jose::Check as Token;
        let needs_keys = matches!(
            check,
            Check::Keys | Check::Token(Token::Key | Token::KeyAlgorithm | Token::Signature)
        );
        needs_keys && !self.has_keys
    }
}
