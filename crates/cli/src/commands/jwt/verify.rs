//! `symbolon jwt verify`

use std::time::Duration;

use serde_json::{Value, json};
use symbolon_core::Clock as _;
use symbolon_jose::{Algorithm, Validation, Verified, VerifyError, loose::Members, verify};
use symbolon_protocol::{RejectReason, typ};

use super::{input::Input, key_source::KeySource, show};
use crate::{
    commands::{Context, Exit, Outcome},
    config::duration,
    failure::Failure,
    output,
    system::SystemClock,
    text::visible,
};

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    #[command(flatten)]
    input: Input,
    /// The issuer that the token must name; with --issuer-url, that URL.
    #[arg(long, value_name = "ISSUER", required_unless_present = "issuer_url")]
    issuer: Option<String>,
    /// The audience that the token must name; of several, one.
    #[arg(long, value_name = "AUDIENCE", required = true)]
    audience: Vec<String>,
    /// An algorithm that is accepted.
    #[arg(long, value_name = "ALG", required = true, value_delimiter = ',')]
    algorithm: Vec<Algorithm>,
    #[command(flatten)]
    keys: KeySource,
    /// The typ that the header must have.
    #[arg(long, default_value = typ::ACCESS_TOKEN)]
    typ: String,
    /// Accepts a header without typ as well.
    #[arg(long)]
    accept_absent_typ: bool,
    /// Tolerance for the times, 60s at most.
    #[arg(long, default_value = "5s", value_parser = duration)]
    leeway: Duration,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        let token = self.input.read()?;
        let rules = self.rules()?;
        let keys = self.keys.read()?;
        let now = SystemClock.now().as_secs();
        let result = verify::<Members>(&token, &keys, &rules, now);
        match (&result, context.global.json) {
            (Ok(verified), true) => output::json(&acceptance(verified, now))?,
            (Ok(verified), false) => print_acceptance(verified, now)?,
            (Err(refusal), true) => output::json(&json!({
                "accepted": false,
                "code": refusal.code(),
                "reason": sentence(refusal),
                "detail": refusal.to_string(),
            }))?,
            (Err(refusal), false) => output::line(&format!(
                "{} {}\n{}\n  {}",
                output::styled(output::BAD, "refused:"),
                refusal.code(),
                visible(&sentence(refusal)),
                visible(&refusal.to_string())
            ))?,
        }
        Ok(if result.is_ok() {
            Exit::Success
        } else {
            Exit::Failed
        })
    }

    fn rules(&self) -> Result<Validation, Failure> {
        let issuer = self.issuer.as_ref().or(self.keys.issuer_url.as_ref());
        let issuer = issuer.cloned().unwrap_or_default();
        let leeway = u32::try_from(self.leeway.as_secs()).unwrap_or(u32::MAX);
        let algorithms = self.algorithm.iter().copied();
        let rules = Validation::new(issuer, &self.audience, algorithms, &self.typ)
            .and_then(|rules| rules.with_leeway(leeway))
            .map_err(Failure::usage)?;
        Ok(if self.accept_absent_typ {
            rules.dangerous_accept_absent_typ()
        } else {
            rules
        })
    }
}

/// What the code means: the sentence that stands for it everywhere.
fn sentence(refusal: &VerifyError) -> String {
    let known = RejectReason::ALL
        .iter()
        .find(|reason| reason.code() == refusal.code());
    known.map_or_else(
        || refusal.to_string(),
        |reason| reason.describe().to_owned(),
    )
}

fn acceptance(verified: &Verified<Members>, now: i64) -> Value {
    let Members(members) = verified.claims();
    json!({
        "accepted": true,
        "alg": verified.algorithm(),
        "kid": verified.kid(),
        "claims": show::object(members),
        "dates": show::dates(members, now),
        "revocation_checked": false,
    })
}

fn print_acceptance(verified: &Verified<Members>, now: i64) -> std::io::Result<()> {
    let Members(members) = verified.claims();
    let kid = verified
        .kid()
        .map(|kid| format!(", kid {}", visible(kid)))
        .unwrap_or_default();
    output::line(&format!(
        "{} {}{kid}; whether it was revoked is not checked here",
        output::styled(output::GOOD, "accepted:"),
        verified.algorithm()
    ))?;
    show::members("claims", members, now)
}
