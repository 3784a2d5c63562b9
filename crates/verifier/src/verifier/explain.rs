//! Why a token is refused, check by check: the enforcing code runs and is watched, then the checks
//! that it did not come to are made one by one.
//!
//! The one thing that must not be broken: no check is written a second time here, and nothing of
//! the token comes out that could be taken for a verified one.

use serde::de::DeserializeOwned;
use symbolon_jose::{Observer, RegisteredClaims, VerifyError, base64url};
use symbolon_protocol::AccessClaims;

use super::{Verifier, check_audience, check_confirmation, check_scopes};
use crate::{
    Check, Demand, Rejection,
    watch::{Watch, tell},
};

/// What became of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed(Rejection),
    /// It could not be made: what it needs is not there.
    NotMade,
}

/// One check, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The check.
    pub check: Check,
    /// What became of it.
    pub outcome: CheckOutcome,
    /// Whether verification came to it. What follows a refusal was made for the explanation alone.
    pub enforced: bool,
}

/// Every check of one token, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The checks.
    pub steps: Vec<Step>,
    /// What [`Verifier::verify_for`] says: the refusal, if it is one.
    pub refused: Option<Rejection>,
}

impl<C> Verifier<C>
where
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
{
    /// Verifies as [`Verifier::verify_for`] does, tells the outcome of every check, and makes those
    /// that verification did not come to.
    ///
    /// For tools that tell people what is wrong. Nothing is remembered and nothing counted.
    #[must_use]
    pub fn explain(&self, token: &str, demand: &Demand<'_>) -> Explanation {
        let now = self.state().clock.now().as_secs();
        let mut recorder = Recorder::default();
        let verdict = self
            .verify_fully(token, now, &mut recorder)
            .and_then(|verified| self.authorize(&verified, demand, &mut recorder));
        let refused = verdict.err();
        if let Some(rejection) = &refused {
            recorder.correct(rejection);
        }
        recorder.after_refusal = true;
        self.examine_each(token, demand, now, &mut recorder);
        let mut steps: Vec<Step> = Check::all()
            .filter(|check| *check != Check::RouteAudience || demand.audience.is_some())
            .map(|check| recorder.step(check))
            .collect();
        if !self.knows_revocations() {
            for step in &mut steps {
                if step.check == Check::Revocation && step.outcome == CheckOutcome::Passed {
                    step.outcome = CheckOutcome::NotMade;
                }
            }
        }
        Explanation { steps, refused }
    }

    /// Makes every check that can be made by itself. Those that were made before stay as they are.
    fn examine_each(&self, token: &str, demand: &Demand<'_>, now: i64, recorder: &mut Recorder) {
        let keys = self.state().keys.load();
        let set = keys.as_ref().map(|published| published.set());
        symbolon_jose::examine::<C>(token, set, &self.state().validation, now, recorder);
        let Ok(unverified) = symbolon_jose::decode(token) else {
            return;
        };
        let [_, payload, _] = unverified.raw_parts();
        let payload = base64url::decode(payload).unwrap_or_default();
        if let Ok(registered) = RegisteredClaims::read(payload) {
            let audience = check_audience(registered.audiences(), demand);
            tell(recorder, Check::RouteAudience, audience).ok();
        }
        let Ok(claims) = serde_json::from_value::<C>(unverified.untrusted_claims().clone()) else {
            return;
        };
        let access = claims.as_ref();
        let confirmation = check_confirmation(access, demand);
        tell(recorder, Check::Confirmation, confirmation).ok();
        #[cfg(feature = "client")]
        {
            let kid = unverified.untrusted_header().get("kid");
            let kid = kid.and_then(serde_json::Value::as_str).unwrap_or_default();
            let key = symbolon_protocol::RevocationId::of_text(kid);
            let ids = crate::verified::ids_of(access, key);
            tell(recorder, Check::Revocation, self.judge(&ids, demand)).ok();
        }
        tell(recorder, Check::Scope, check_scopes(access, demand)).ok();
    }

    /// Whether there is a copy of the log that is fresh enough to say that nothing was revoked.
    fn knows_revocations(&self) -> bool {
        #[cfg(feature = "client")]
        if let Some(live) = &self.state().live {
            return !live.log.is_stale(self.state().clock.uptime_millis());
        }
        false
    }
}

/// Keeps what it is told, the first word on each check.
#[derive(Default)]
struct Recorder {
    steps: Vec<Step>,
    after_refusal: bool,
}

impl Recorder {
    fn note(&mut self, check: Check, outcome: CheckOutcome) {
        if self.steps.iter().all(|step| step.check != check) {
            self.steps.push(Step {
                check,
                outcome,
                enforced: !self.after_refusal,
            });
        }
    }

    /// The verifier may know better than the layer below why it refuses: a key that is not there
    /// may have been revoked.
    fn correct(&mut self, rejection: &Rejection) {
        match self.steps.last_mut() {
            Some(step) if step.outcome != CheckOutcome::Passed => {
                step.outcome = CheckOutcome::Failed(rejection.clone());
            }
            _ => self.note(Check::Keys, CheckOutcome::Failed(rejection.clone())),
        }
    }

    fn step(&self, check: Check) -> Step {
        let made = self.steps.iter().find(|step| step.check == check).cloned();
        made.unwrap_or(Step {
            check,
            outcome: CheckOutcome::NotMade,
            enforced: false,
        })
    }
}

fn outcome(outcome: Result<(), Rejection>) -> CheckOutcome {
    outcome.map_or_else(CheckOutcome::Failed, |()| CheckOutcome::Passed)
}

impl Observer for Recorder {
    const WATCHES: bool = true;

    fn checked(&mut self, check: symbolon_jose::Check, result: Result<(), &VerifyError>) {
        let result = result.map_err(|error| Rejection::from(error.clone()));
        self.note(Check::Token(check), outcome(result));
    }
}

impl Watch for Recorder {
    fn checked_here(&mut self, check: Check, result: Result<(), &Rejection>) {
        self.note(check, outcome(result.map_err(Clone::clone)));
    }
}
