//! The verifier: what a service asks whether a token is good.

mod admission;
mod explain;

#[cfg(feature = "tower")]
pub(crate) use admission::Admission;

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;
use symbolon_jose::{Unobserved, VerifyError};
#[cfg(feature = "client")]
use symbolon_protocol::TokenIds;
use symbolon_protocol::{AccessClaims, RejectReason};

use crate::{
    builder::NeedsAudience,
    cache::{Cache, Cached as _},
    demand::Demand,
    outcome::Outcomes,
    rejection::Rejection,
    state::State,
    status::Status,
    verified::Verified,
    watch::{Check, Watch, tell},
};

pub use explain::{CheckOutcome, Explanation, Step};

/// Verifies access tokens of one issuer, offline.
///
/// A clone is cheap and shares everything. The background tasks end with the last clone.
pub struct Verifier<C = AccessClaims> {
    inner: Arc<Inner<C>>,
}

struct Inner<C> {
    state: Arc<State>,
    cache: Cache<Verified<C>>,
    outcomes: Outcomes,
    #[cfg(feature = "client")]
    _background: Option<tokio::task::JoinSet<()>>,
}

impl Verifier {
    /// Starts the description of a verifier for tokens of `issuer`, compared byte for byte.
    ///
    /// Audience and algorithms must follow: without them there is nothing to build.
    pub fn builder(issuer: impl Into<String>) -> NeedsAudience {
        NeedsAudience::new(issuer.into())
    }
}

impl<C> Verifier<C>
where
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
{
    /// Whether the token is good, and what it says.
    ///
    /// Takes some hundred nanoseconds for a token seen before and one signature check otherwise;
    /// never waits for a lock held across cryptography, nor for the network.
    ///
    /// # Errors
    /// [`Rejection`], with the reason's stable code.
    pub fn verify(&self, token: &str) -> Result<Arc<Verified<C>>, Rejection> {
        self.verify_for(token, &Demand::new())
    }

    /// Whether the token is good for this route.
    ///
    /// # Errors
    /// As [`Verifier::verify`], and when a demand is not met.
    pub fn verify_for(
        &self,
        token: &str,
        demand: &Demand<'_>,
    ) -> Result<Arc<Verified<C>>, Rejection> {
        let (found, cached) = match self.find(token) {
            Ok(found) => found,
            Err(rejection) => return Err(self.refuse(rejection)),
        };
        match self.authorize(&found, demand, &mut Unobserved) {
            Ok(()) => {
                self.inner.outcomes.accepted(cached);
                Ok(found)
            }
            Err(rejection) => Err(self.refuse(rejection)),
        }
    }

    /// The token as it was or is now verified; with whether it was known.
    fn find(&self, token: &str) -> Result<(Arc<Verified<C>>, bool), Rejection> {
        let now = self.state().clock.now().as_secs();
        if let Some(hit) = self.inner.cache.get(token)
            && hit.is_usable()
        {
            check_not_expired(&hit, now)?;
            return Ok((hit, true));
        }
        let verified = Arc::new(self.verify_fully(token, now, &mut Unobserved)?);
        self.inner.cache.insert(Arc::clone(&verified), now);
        Ok((verified, false))
    }

    fn verify_fully(
        &self,
        token: &str,
        now: i64,
        watch: &mut impl Watch,
    ) -> Result<Verified<C>, Rejection> {
        let state = self.state();
        let keys = state.keys.load();
        let Some(published) = keys.as_ref() else {
            return Err(RejectReason::KeysUnavailable.into());
        };
        tell(watch, Check::Keys, Ok(()))?;
        let (set, rules) = (published.set(), &state.validation);
        let inner = symbolon_jose::verify_observed(token, set, rules, now, watch)
            .map_err(|error| self.refusal_of(error))?;
        let life = inner.kid().and_then(|kid| published.life(kid));
        let Some(life) = life else {
            return Err(RejectReason::KeyUnknown.into());
        };
        let leeway = state.validation.leeway();
        Ok(Verified::new(token, inner, Arc::clone(life), leeway))
    }

    /// An unknown key may be a revoked one, or a new one that is worth a fetch.
    fn refusal_of(&self, error: VerifyError) -> Rejection {
        #[cfg(feature = "client")]
        if let (VerifyError::KeyUnknown { kid }, Some(live)) = (&error, &self.state().live) {
            let id = symbolon_protocol::RevocationId::of_text(kid);
            if live.log.names(&id) {
                return RejectReason::RevokedKey.into();
            }
            if live
                .key_cooldown
                .try_take(self.state().clock.uptime_millis())
            {
                live.keys_wanted.notify_one();
            }
        }
        error.into()
    }

    /// Everything that can change while a token stays the same, and what the route wants:
    /// audience, `cnf`, revocation, scope, in this order.
    fn authorize(
        &self,
        verified: &Verified<C>,
        demand: &Demand<'_>,
        watch: &mut impl Watch,
    ) -> Result<(), Rejection> {
        let audience = check_audience(verified.audiences(), demand);
        tell(watch, Check::RouteAudience, audience)?;
        let confirmation = check_confirmation(verified.access(), demand);
        tell(watch, Check::Confirmation, confirmation)?;
        let revocation = self.check_revocation(verified, demand);
        tell(watch, Check::Revocation, revocation)?;
        let scopes = check_scopes(verified.access(), demand);
        tell(watch, Check::Scope, scopes)
    }

    #[cfg(feature = "client")]
    fn check_revocation(
        &self,
        verified: &Verified<C>,
        demand: &Demand<'_>,
    ) -> Result<(), Rejection> {
        self.judge(verified.ids(), demand)
    }

    /// What the log says of a token with these ids.
    #[cfg(feature = "client")]
    fn judge(&self, ids: &TokenIds, demand: &Demand<'_>) -> Result<(), Rejection> {
        let Some(live) = &self.state().live else {
            return Ok(());
        };
        let uptime = self.state().clock.uptime_millis();
        let verdict = live.log.judge(ids, uptime);
        let on_stale = demand.on_stale.unwrap_or(live.on_stale);
        match verdict.refused {
            Some(reason) => Err(reason.into()),
            None if verdict.stale && on_stale != crate::OnStale::Accept => {
                Err(RejectReason::RevocationStale.into())
            }
            None => Ok(()),
        }
    }

    #[cfg(not(feature = "client"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the same call with and without a log"
    )]
    fn check_revocation(&self, _: &Verified<C>, _: &Demand<'_>) -> Result<(), Rejection> {
        Ok(())
    }

    fn refuse(&self, rejection: Rejection) -> Rejection {
        self.inner.outcomes.refused(&rejection);
        rejection
    }
}

impl<C> Verifier<C> {
    pub(crate) fn new(state: Arc<State>, cache: Cache<Verified<C>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                state,
                cache,
                outcomes: Outcomes::new(),
                #[cfg(feature = "client")]
                _background: None,
            }),
        }
    }

    #[cfg(feature = "client")]
    pub(crate) fn with_background(
        state: Arc<State>,
        cache: Cache<Verified<C>>,
        background: tokio::task::JoinSet<()>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                state,
                cache,
                outcomes: Outcomes::new(),
                _background: Some(background),
            }),
        }
    }

    /// How the verifier is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.state();
        let keys = state.keys.kids();
        #[cfg(feature = "client")]
        if let Some(live) = &state.live {
            let uptime = state.clock.uptime_millis();
            return Status {
                live: !keys.is_empty() && !live.log.is_stale(uptime),
                age: live.log.age(uptime),
                entries: live.log.len(),
                epoch: live.log.epoch().map(|epoch| epoch.as_str().to_owned()),
                keys,
                problem: live.health.problem(),
            };
        }
        Status {
            keys,
            ..Status::default()
        }
    }

    /// Waits until the status is as wanted; whether it came to that within `timeout`.
    ///
    /// A verifier of a fixed JWKS never changes: the answer comes at once.
    #[cfg(feature = "client")]
    pub async fn wait_until(
        &self,
        timeout: std::time::Duration,
        wanted: impl Fn(&Status) -> bool + Send,
    ) -> bool {
        let Some(live) = &self.state().live else {
            return wanted(&self.status());
        };
        let mut bell = live.health.bell();
        let reached = async {
            while !wanted(&self.status()) {
                if bell.changed().await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(timeout, reached)
            .await
            .unwrap_or(false)
    }

    /// For start-up: waits until keys and log are there, so that the first request is not refused.
    #[cfg(feature = "client")]
    pub async fn wait_until_live(&self, timeout: std::time::Duration) -> bool {
        self.wait_until(timeout, |status| status.live).await
    }

    #[inline]
    fn state(&self) -> &State {
        &self.inner.state
    }
}

/// RFC 7519 §4.1.4, for a token whose other claims were checked when it was first seen.
fn check_not_expired<C>(verified: &Verified<C>, now: i64) -> Result<(), Rejection> {
    if verified.useless_after() < now {
        let exp = verified.expires_at();
        return Err(VerifyError::TokenExpired { exp, now }.into());
    }
    Ok(())
}

/// RFC 9068 §4: this route's audience, where it is narrower than the verifier's.
fn check_audience<'t>(
    mut audiences: impl Iterator<Item = &'t str>,
    demand: &Demand<'_>,
) -> Result<(), Rejection> {
    match demand.audience {
        Some(wanted) if !audiences.any(|found| found == wanted) => {
            Err(RejectReason::AudienceMismatch.into())
        }
        _ => Ok(()),
    }
}

/// RFC 7800 §3.1, RFC 9449 §7.1: a bound token needs the proof of its key, and a proof needs a
/// token bound to its key. A binding of a kind that we do not know is never proved.
fn check_confirmation(claims: &AccessClaims, demand: &Demand<'_>) -> Result<(), Rejection> {
    let bound_to = claims.cnf.as_ref().map(|cnf| cnf.jkt.as_deref());
    match (bound_to, demand.confirmation) {
        (None, None) => Ok(()),
        (Some(Some(bound)), Some(proved)) if bound == proved => Ok(()),
        (None, Some(_)) => Err(RejectReason::TokenNotBound.into()),
        (Some(Some(_)), Some(_)) => Err(RejectReason::ConfirmationMismatch.into()),
        (Some(_), _) => Err(RejectReason::ConfirmationMissing.into()),
    }
}

/// RFC 6750 §3.1.
fn check_scopes(claims: &AccessClaims, demand: &Demand<'_>) -> Result<(), Rejection> {
    if demand.scopes.iter().all(|wanted| claims.has_scope(wanted)) {
        return Ok(());
    }
    Err(Rejection::scope_insufficient(demand.scopes))
}

impl<C> Clone for Verifier<C> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<C> fmt::Debug for Verifier<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("issuer", &self.state().validation.issuer())
            .field("audiences", &self.state().validation.audiences())
            .finish_non_exhaustive()
    }
}
