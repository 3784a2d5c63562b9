//! Using a refresh token (RFC 6749 §6, RFC 9700 §4.14: rotation with reuse detection).

use symbolon_protocol::{ClientId, EndReason, RejectReason, SessionId};

use super::{
    count_ended,
    tokens::{GrantFacts, IssuedTokens},
};
use crate::{
    error::Error,
    issuer::Issuer,
    model::{AuditContext, TruncatedIp},
    outcomes::Attempt,
    refresh_token::Presented,
    store::{LiveGrant, Presented as Step, RotateGrant, Rotation},
};

/// A use of a refresh token.
#[derive(Clone)]
pub struct RefreshRequest {
    /// The token's text.
    pub token: String,
    /// Who presents it, authenticated if it has a secret.
    pub client: ClientId,
    /// From where, if that is known.
    pub from: Option<TruncatedIp>,
    /// For the audit row of a reuse.
    pub audit: AuditContext,
}

impl std::fmt::Debug for RefreshRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshRequest")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// What it gave.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The successor and a fresh access token.
    pub tokens: IssuedTokens,
    /// Whether this was the same step again, within the grace window.
    pub replayed: bool,
}

impl Issuer {
    /// Uses a refresh token. The same token again within its grace window gives the same successor.
    ///
    /// # Errors
    /// `refresh_invalid`, `refresh_reused` (its grant was ended), `refresh_ahead` (the store is
    /// older than the token); [`Error::UnknownSecret`], which is no fault of the token; the store.
    pub async fn refresh(&self, request: RefreshRequest) -> Result<Refreshed, Error> {
        let result = self.try_refresh(request).await;
        self.count(Attempt::Refresh, &result);
        result
    }

    async fn try_refresh(&self, request: RefreshRequest) -> Result<Refreshed, Error> {
        let invalid = || Error::from(RejectReason::RefreshInvalid);
        let presented = Presented::parse(&request.token).ok_or_else(invalid)?;
        let grant = self
            .store
            .grant(presented.grant)
            .await?
            .ok_or_else(invalid)?;
        self.keys.know_secret(presented.secret_id).await?;
        let (newest, genuine) = {
            let ring = self.keys.ring();
            let (newest, _) = ring.newest_secret()?;
            (
                newest,
                presented.is_genuine(&grant, ring.secret(presented.secret_id)?)?,
            )
        };
        if !genuine || grant.client != request.client {
            return Err(invalid());
        }
        // A step that could not be answered would be spent, and its repetition look like theft.
        self.check_issuable(&GrantFacts::from(&grant))?;
        let now = self.ambient.now();
        let rotate = RotateGrant {
            grant: presented.grant,
            generation: presented.generation,
            grace_ms: i64::from(self.settings.tokens.refresh_grace_ms),
            secret_id: newest,
            reuse_ends_session: self.settings.tokens.reuse_ends_session,
            from: request.from,
        };
        let read = rotate.presented(&grant, now);
        // What has ended stays so, and needs no locks; a store that is older than the token is told below.
        if !grant.is_live(now) && read != Step::Ahead {
            return Err(invalid());
        }
        // Before the locks: whoever repeats a step for ever is not to be in the way of those who end it.
        let repeats = read == Step::InGrace;
        if repeats {
            self.throttles.take_replay(presented.grant, now).await?;
        }
        let rotation = self
            .store
            .rotate(rotate, self.horizon(), request.audit, now)
            .await?;
        let (live, replayed) = match rotation {
            Rotation::Rotated(live) => (live, false),
            Rotation::Replayed(live) => {
                if !repeats {
                    self.throttles.take_replay(presented.grant, now).await?;
                }
                (live, true)
            }
            Rotation::Reused(ended) => {
                let session = grant.session.filter(|_| ended.sessions > 0);
                self.forget_copies(session.map(SessionId::to_bytes));
                count_ended(EndReason::RefreshReuse, ended);
                tracing::warn!(grant = %presented.grant, "refresh token reused, grant ended");
                return Err(RejectReason::RefreshReused.into());
            }
            Rotation::Ahead => {
                tracing::error!(
                    grant = %presented.grant,
                    "refresh token ahead of the store: was a backup restored?"
                );
                return Err(RejectReason::RefreshAhead.into());
            }
            Rotation::Ended | Rotation::Unknown => return Err(invalid()),
        };
        let LiveGrant {
            grant,
            session,
            account,
        } = *live;
        let facts = GrantFacts::from(&grant);
        let tokens = self.issue_tokens(&facts, &account.subject, session.as_ref(), now)?;
        Ok(Refreshed { tokens, replayed })
    }
}
