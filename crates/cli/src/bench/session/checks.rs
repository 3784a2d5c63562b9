//! Other ways to answer `/authz/forward`, behind the same routes and layers: without a cache of
//! sessions, and by a verifier as a service has it.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::Router;
use symbolon_core::{Clock as _, secret::CookieValue, store::Store};
use symbolon_gateway::{AuthzOptions, CredentialCheck, Identity, Presented, Refusal, authz_routes};
use symbolon_protocol::RejectReason;
use symbolon_verifier::Verifier;

use crate::{
    system::SystemClock,
    wiring::{OpenIssuer, SessionAuthz},
};

/// Where sessions and tokens are checked as the server does.
pub(super) const OWN: &str = "/authz/forward";
/// Where every check reads the store.
pub(super) const STORE: &str = "/bench/store/authz/forward";
/// Where a verifier checks the token.
pub(super) const VERIFIER: &str = "/bench/verifier/authz/forward";

/// The ways, of which one needs a verifier that can only be made when the routes are served.
#[derive(Default)]
pub(super) struct Checks {
    verifier: Arc<OnceLock<Verifier>>,
}

impl Checks {
    pub(super) fn routes(&self, open: &OpenIssuer) -> Router {
        let routes = |check: Arc<dyn CredentialCheck>| authz_routes(check, AuthzOptions::default());
        let own = SessionAuthz(Arc::clone(&open.issuer));
        let store = Reading {
            store: open.store(),
            origin: open.issuer.settings().issuer.clone(),
        };
        let verifier = Verifying(Arc::clone(&self.verifier));
        routes(Arc::new(own))
            .nest("/bench/store", routes(Arc::new(store)))
            .nest("/bench/verifier", routes(Arc::new(verifier)))
    }

    /// From here on tokens can be checked.
    pub(super) fn give(&self, verifier: Verifier) {
        // Given once, by the one who made the routes.
        let _ = self.verifier.set(verifier);
    }
}

/// Reads the session at every request, as servers do that share a store and cannot cache.
struct Reading {
    store: Arc<dyn Store>,
    origin: String,
}

#[async_trait]
impl CredentialCheck for Reading {
    async fn check(&self, presented: Presented<'_>) -> Result<Identity, Refusal> {
        let cookie = presented.cookie.and_then(CookieValue::parse);
        let cookie = cookie.ok_or(Refusal::Rejected(RejectReason::CookieMalformed))?;
        let (hash, now) = (cookie.hash(), SystemClock.now());
        let read = self.store.touch_session(&hash, &self.origin, now);
        let view = read.await.map_err(|_| Refusal::Unavailable)?;
        let view = view.ok_or(Refusal::Rejected(RejectReason::SessionUnknown))?;
        Ok(Identity {
            subject: view.account.subject,
            session: Some(view.session.id),
        })
    }
}

/// Asks a verifier.
struct Verifying(Arc<OnceLock<Verifier>>);

#[async_trait]
impl CredentialCheck for Verifying {
    async fn check(&self, presented: Presented<'_>) -> Result<Identity, Refusal> {
        let verifier = self.0.get().ok_or(Refusal::Unavailable)?;
        let missing = Refusal::Rejected(RejectReason::CredentialMissing);
        let verified = verifier
            .verify(presented.bearer.ok_or(missing)?)
            .map_err(|rejection| Refusal::Rejected(rejection.reason()))?;
        Ok(Identity {
            subject: verified.claims().sub.clone(),
            session: verified.claims().sid,
        })
    }
}
