//! The gateway's question, answered by the server in the same process.

use std::sync::Arc;

use async_trait::async_trait;
use symbolon_core::{
    Error, Issuer,
    secret::CookieValue,
    service::{Caller, Credentials},
};
use symbolon_gateway::{CredentialCheck, Identity, Presented, Refusal};
use symbolon_protocol::RejectReason;

/// Asks the issuer's session service.
pub(crate) struct SessionAuthz(pub(crate) Arc<Issuer>);

#[async_trait]
impl CredentialCheck for SessionAuthz {
    async fn check(&self, presented: Presented<'_>) -> Result<Identity, Refusal> {
        let malformed = Refusal::Rejected(RejectReason::CookieMalformed);
        let cookie = match presented.cookie {
            Some(text) => Some(CookieValue::parse(text).ok_or(malformed)?.hash()),
            None => None,
        };
        // The common case reads nothing and waits for nothing.
        if let (Some(hash), None) = (&cookie, presented.bearer) {
            let check = self.0.check_session(hash).await.map_err(refusal)?;
            let view = check.view();
            return Ok(Identity {
                subject: view.account.subject.clone(),
                session: Some(view.session.id),
            });
        }
        let credentials = Credentials {
            cookie,
            bearer: presented.bearer,
            // The peer is the proxy that asks.
            from: None,
        };
        let caller = self.0.authenticate(credentials).await.map_err(refusal)?;
        Ok(identity(&caller))
    }
}

fn identity(caller: &Caller) -> Identity {
    Identity {
        subject: caller.account.subject.clone(),
        session: caller.session.as_ref().map(|session| session.id),
    }
}

/// What is not a refusal cannot be known, and so denies.
fn refusal(error: Error) -> Refusal {
    match error {
        Error::Rejected(reason) => Refusal::Rejected(reason),
        other => {
            tracing::error!(error = %other, "authorization could not be decided");
            Refusal::Unavailable
        }
    }
}
