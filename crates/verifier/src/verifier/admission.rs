//! Whole requests, and the question to the issuer when the log is silent.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use symbolon_jose::Unobserved;
use symbolon_protocol::{AccessClaims, RejectReason};

use super::Verifier;
use crate::{
    Demand, OnStale, Rejection, RequestHead, Verified,
    cache::Cached as _,
    dpop::{Proof, Purpose},
    request::Scheme,
};

/// A token that is good, as far as this process can tell.
pub(crate) struct Admission<C> {
    found: Arc<Verified<C>>,
    cached: bool,
    /// Not spent yet.
    proof: Option<Proof>,
    /// The local copy of the log is too old: the issuer has to be asked.
    pub(crate) must_ask: bool,
}

impl<C> Verifier<C>
where
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
{
    /// Whether the request's one token is good for this route, with the proof that it may need
    /// (RFC 6750 §2.1, RFC 9449 §7.1).
    ///
    /// # Errors
    /// As [`Verifier::verify_for`], and when the token or the proof is missing or malformed.
    pub fn verify_request(
        &self,
        head: &RequestHead<'_>,
        demand: &Demand<'_>,
    ) -> Result<Arc<Verified<C>>, Rejection> {
        let admission = self.admit(head, demand)?;
        if admission.must_ask {
            return Err(self.refuse(RejectReason::RevocationStale.into()));
        }
        self.finish(admission, head)
    }

    /// As [`Verifier::verify_request`], and asks the issuer when the local copy of the revocation log
    /// is too old and [`OnStale::Introspect`] is set.
    ///
    /// # Errors
    /// As [`Verifier::verify_request`]; `token_inactive` when the issuer says so,
    /// `revocation_stale` when it does not answer.
    pub async fn verify_request_online(
        &self,
        head: &RequestHead<'_>,
        demand: &Demand<'_>,
    ) -> Result<Arc<Verified<C>>, Rejection> {
        let admission = self.admit(head, demand)?;
        self.complete(admission, head, demand).await
    }

    /// As [`Verifier::verify_for`], and asks the issuer when the local copy of the revocation log is
    /// too old and [`OnStale::Introspect`] is set. Never waits otherwise.
    ///
    /// # Errors
    /// As [`Verifier::verify_for`]; `token_inactive` when the issuer says so, `revocation_stale` when
    /// it does not answer.
    pub async fn verify_online(
        &self,
        token: &str,
        demand: &Demand<'_>,
    ) -> Result<Arc<Verified<C>>, Rejection> {
        let decided = match self.examine(token, demand) {
            Ok(admission) if admission.must_ask => self.ask(admission, demand).await,
            decided => decided,
        };
        let admission = decided.map_err(|rejection| self.refuse(rejection))?;
        self.inner.outcomes.accepted(admission.cached);
        Ok(admission.found)
    }

    /// Everything but the question to the issuer and the spending of the proof.
    pub(crate) fn admit(
        &self,
        head: &RequestHead<'_>,
        demand: &Demand<'_>,
    ) -> Result<Admission<C>, Rejection> {
        self.try_admit(head, demand)
            .map_err(|rejection| self.refuse_request(rejection, head))
    }

    /// What is left after [`Verifier::admit`].
    pub(crate) async fn complete(
        &self,
        admission: Admission<C>,
        head: &RequestHead<'_>,
        demand: &Demand<'_>,
    ) -> Result<Arc<Verified<C>>, Rejection> {
        if !admission.must_ask {
            return self.finish(admission, head);
        }
        match self.ask(admission, demand).await {
            Ok(admission) => self.finish(admission, head),
            Err(rejection) => Err(self.refuse_request(rejection, head)),
        }
    }

    /// The last step: the proof must be new.
    pub(crate) fn finish(
        &self,
        admission: Admission<C>,
        head: &RequestHead<'_>,
    ) -> Result<Arc<Verified<C>>, Rejection> {
        let state = self.state();
        if let (Some(checker), Some(proof)) = (&state.dpop, &admission.proof) {
            checker
                .spend(proof, state.clock.now().as_secs())
                .map_err(|reason| self.refuse_request(reason.into(), head))?;
        }
        self.inner.outcomes.accepted(admission.cached);
        Ok(admission.found)
    }

    fn try_admit(
        &self,
        head: &RequestHead<'_>,
        demand: &Demand<'_>,
    ) -> Result<Admission<C>, Rejection> {
        let presented = head.token()?;
        let checker = match (presented.scheme, &self.state().dpop) {
            (Scheme::Bearer, _) => return self.examine(presented.token, demand),
            // A scheme that is not offered here is no credential.
            (Scheme::Dpop, None) => return Err(RejectReason::CredentialMissing.into()),
            (Scheme::Dpop, Some(checker)) => checker,
        };
        // The token first: who has none that is good makes us verify one signature, not two.
        let _ = self.find(presented.token)?;
        let purpose = Purpose {
            method: head.method,
            path: head.path,
            token: presented.token,
        };
        let now = self.state().clock.now().as_secs();
        let proof = checker.check(head.proof()?, purpose, now)?;
        let mut admission =
            self.examine(presented.token, &demand.confirmation(&proof.thumbprint))?;
        admission.proof = Some(proof);
        Ok(admission)
    }

    /// The token and the route's demands.
    fn examine(&self, token: &str, demand: &Demand<'_>) -> Result<Admission<C>, Rejection> {
        let (found, cached) = self.find(token)?;
        let must_ask = match self.authorize(&found, demand, &mut Unobserved) {
            Ok(()) => false,
            Err(rejection) if self.may_ask(&rejection, demand) => true,
            Err(rejection) => return Err(rejection),
        };
        Ok(Admission {
            found,
            cached,
            proof: None,
            must_ask,
        })
    }

    /// Asks the issuer, and then looks at everything again: time has passed.
    async fn ask(
        &self,
        mut admission: Admission<C>,
        demand: &Demand<'_>,
    ) -> Result<Admission<C>, Rejection> {
        self.introspect(&admission.found).await?;
        let (found, _) = self.find(admission.found.token())?;
        let known = match &admission.proof {
            Some(proof) => demand.confirmation(&proof.thumbprint),
            None => *demand,
        };
        self.authorize(&found, &known.on_stale(OnStale::Accept), &mut Unobserved)?;
        admission.must_ask = false;
        Ok(admission)
    }

    #[cfg(feature = "client")]
    fn may_ask(&self, rejection: &Rejection, demand: &Demand<'_>) -> bool {
        let on_stale = self.state().live.as_ref().map(|live| live.on_stale);
        rejection.reason() == RejectReason::RevocationStale
            && demand.on_stale.or(on_stale) == Some(OnStale::Introspect)
    }

    #[cfg(feature = "client")]
    async fn introspect(&self, found: &Verified<C>) -> Result<(), RejectReason> {
        let Some(live) = &self.state().live else {
            return Err(RejectReason::RevocationStale);
        };
        let clock = &*self.state().clock;
        let jti = found.access().jti;
        live.introspector.ask(found.token(), jti, clock).await
    }

    #[cfg(not(feature = "client"))]
    #[expect(clippy::unused_self, reason = "the same call with and without a log")]
    fn may_ask(&self, _: &Rejection, _: &Demand<'_>) -> bool {
        false
    }

    #[cfg(not(feature = "client"))]
    #[expect(
        clippy::unused_self,
        clippy::unused_async,
        reason = "the same call with and without a log"
    )]
    async fn introspect(&self, _: &Verified<C>) -> Result<(), RejectReason> {
        Err(RejectReason::RevocationStale)
    }

    fn refuse_request(&self, rejection: Rejection, head: &RequestHead<'_>) -> Rejection {
        let rejection = self.refuse(rejection);
        let state = self.state();
        let Some(checker) = &state.dpop else {
            return rejection;
        };
        let scheme_used = head
            .token()
            .is_ok_and(|presented| presented.scheme == Scheme::Dpop);
        rejection.with_challenge(checker.challenge(scheme_used, state.clock.now().as_secs()))
    }
}
