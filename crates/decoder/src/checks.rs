//! Every check, made by `symbolon_jose` and told in order.

use serde_json::{Map, Value, json};
use symbolon_jose::{
    Check, KeySet, Observer, Validation, ValidationError, VerifyError, examine, loose::LooseToken,
    verify_observed,
};

use crate::{
    Request,
    key::{self, Pasted},
    values::Values,
};

/// What was not given must be equal to nothing that a token says. What is compared with it is told
/// as not made.
const NOT_GIVEN: &str = "\u{0}";

/// What any token's claims are read as.
type Claims = Map<String, Value>;

/// The answer.
pub(crate) struct Checked {
    pub(crate) verdict: Value,
    /// What has to be given before there can be a verdict.
    pub(crate) missing: Vec<&'static str>,
    pub(crate) lines: Vec<Value>,
}

/// Verifies, if all that this needs was given, and makes every other check by itself.
pub(crate) fn make(
    token: &str,
    loose: &LooseToken,
    pasted: &Pasted,
    request: &Request<'_>,
) -> Checked {
    let mut missing = Vec::new();
    for (is_missing, what) in [
        (pasted.usable().is_none(), "key"),
        (request.issuer.is_empty(), "issuer"),
        (request.audience.is_empty(), "audience"),
    ] {
        if is_missing {
            missing.push(what);
        }
    }
    let rules = match rules(pasted, request) {
        Ok(rules) => rules,
        Err(error) => {
            let verdict = json!({"outcome": "open", "reason": error.to_string()});
            return Checked {
                verdict,
                missing,
                lines: Vec::new(),
            };
        }
    };
    let keys = pasted.usable().map(|usable| &usable.keys);
    let mut recorder = Recorder::default();
    let verdict = match keys {
        Some(keys) if missing.is_empty() => {
            recorder.enforced = true;
            verdict(token, keys, &rules, request.now, &mut recorder)
        }
        _ => json!({"outcome": "open"}),
    };
    recorder.enforced = false;
    examine::<Claims>(token, keys, &rules, request.now, &mut recorder);
    // Any object is fit to be shown.
    let told = Check::ALL.iter().filter(|check| {
        !matches!(check, Check::ClaimsType)
            // Without a limit there is nothing to say about the lifetime.
            && !matches!(check, Check::Lifetime)
    });
    let lines = told.map(|check| {
        let unasked = match check {
            Check::Issuer => missing.contains(&"issuer"),
            Check::Audience => missing.contains(&"audience"),
            _ => false,
        };
        let made = recorder.made(*check).filter(|_| !unasked);
        line(*check, made, &Values::of(*check, loose, pasted, request))
    });
    Checked {
        verdict,
        lines: lines.collect(),
        missing,
    }
}

fn rules(pasted: &Pasted, request: &Request<'_>) -> Result<Validation, ValidationError> {
    let given = |text: &str| match text {
        "" => NOT_GIVEN.to_owned(),
        given => given.to_owned(),
    };
    let algorithms = pasted
        .usable()
        .map_or_else(key::with_public_keys, |usable| usable.algorithms.clone());
    let audiences = [given(request.audience)];
    let rules = Validation::new(given(request.issuer), audiences, algorithms, request.typ)?;
    Ok(if request.typ == "JWT" {
        rules.dangerous_accept_absent_typ().with_required_iat(false)
    } else {
        rules
    })
}

fn verdict(
    token: &str,
    keys: &KeySet,
    rules: &Validation,
    now: i64,
    recorder: &mut Recorder,
) -> Value {
    match verify_observed::<Claims>(token, keys, rules, now, recorder) {
        Ok(verified) => json!({"outcome": "accepted", "kid": verified.kid()}),
        Err(refusal) => json!({
            "outcome": "refused",
            "code": refusal.code(),
            "reason": refusal.to_string(),
        }),
    }
}

fn line(check: Check, made: Option<&Made>, values: &Values) -> Value {
    let refusal = made.and_then(|made| made.refusal.as_ref());
    json!({
        "check": check.name(),
        "outcome": match made {
            None => "not_made",
            Some(_) if refusal.is_some() => "failed",
            Some(_) => "passed",
        },
        "enforced": made.is_some_and(|made| made.enforced),
        "code": refusal.map(VerifyError::code),
        "reason": refusal.map(ToString::to_string),
        "found": values.found,
        "expected": values.expected,
    })
}

/// What one check said.
struct Made {
    check: Check,
    refusal: Option<VerifyError>,
    enforced: bool,
}

/// Keeps the first word on each check.
#[derive(Default)]
struct Recorder {
    made: Vec<Made>,
    enforced: bool,
}

impl Recorder {
    fn made(&self, check: Check) -> Option<&Made> {
        self.made.iter().find(|made| made.check == check)
    }
}

impl Observer for Recorder {
    const WATCHES: bool = true;

    fn checked(&mut self, check: Check, outcome: Result<(), &VerifyError>) {
        if self.made(check).is_none() {
            self.made.push(Made {
                check,
                refusal: outcome.err().cloned(),
                enforced: self.enforced,
            });
        }
    }
}
