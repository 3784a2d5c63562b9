//! Whether a token is good at this moment, told to who asks (RFC 7662).
//!
//! The one thing that must not be broken: "active" is said only after the store was asked, and the
//! log after the store.

use symbolon_protocol::{AccessClaims, ClientId, GrantId, RejectReason, SessionId, Subject};

use crate::{
    error::Error,
    issuer::Issuer,
    model::{Account, Grant, GrantState, Session, SessionStatus},
    refresh_token::Presented,
};

/// The scope that a client needs to introspect tokens.
pub const INTROSPECT_SCOPE: &str = "tokens:introspect";

/// A token that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActiveToken {
    /// An access token.
    Access {
        /// What it says.
        claims: Box<AccessClaims>,
        /// `aud`.
        audiences: Vec<String>,
        /// `exp`, NumericDate.
        expires_at: i64,
        /// `iat`, NumericDate.
        issued_at: Option<i64>,
    },
    /// The refresh token of a grant that is unspent.
    Refresh {
        /// The grant.
        grant: GrantId,
        /// The session it ends with, unless it is offline.
        session: Option<SessionId>,
        /// To whom it was given.
        client: ClientId,
        /// For whom it speaks.
        subject: Subject,
        /// Scope values.
        scopes: Vec<String>,
        /// When it dies at the latest, NumericDate.
        expires_at: i64,
    },
}

impl Issuer {
    /// What the token is, if it is good; `None` for everything else, without saying why (RFC 7662
    /// §2.2).
    ///
    /// # Errors
    /// The store's failures; [`Error::UnknownSecret`].
    pub async fn introspect(&self, token: &str) -> Result<Option<ActiveToken>, Error> {
        self.settle_log().await?;
        let active = match Presented::parse(token) {
            Some(presented) => self.active_refresh_token(&presented).await,
            None => self.active_access_token(token).await,
        };
        if let Ok(active) = &active {
            let active = if active.is_some() { "true" } else { "false" };
            metrics::counter!("symbolon_introspections_total", "active" => active).increment(1);
        }
        active
    }

    async fn active_access_token(&self, token: &str) -> Result<Option<ActiveToken>, Error> {
        let resources = self.settings.resources.iter();
        let mut audiences = vec![self.settings.issuer.as_str()];
        audiences.extend(resources.map(|resource| resource.audience.as_str()));
        let mut verified = self.verify_for_audiences(token, audiences.iter().copied());
        if let Err(Error::Rejected(RejectReason::KeyUnknown)) = verified
            && self.keys.refresh().await?
        {
            verified = self.verify_for_audiences(token, audiences);
        }
        let verified = match verified {
            Ok(verified) => verified,
            Err(Error::Rejected(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let claims = verified.claims();
        let Some(grant) = self.store.grant(claims.gid).await? else {
            return Ok(None);
        };
        // A change that named the grant's older tokens has raised its version.
        let is_current = grant.state == GrantState::Active && claims.ver >= grant.version;
        if !is_current || !self.is_backed(&grant).await? || self.is_revoked(&verified) {
            return Ok(None);
        }
        Ok(Some(ActiveToken::Access {
            claims: Box::new(claims.clone()),
            audiences: verified
                .registered()
                .audiences()
                .map(str::to_owned)
                .collect(),
            expires_at: verified.expires_at(),
            issued_at: verified.registered().issued_at(),
        }))
    }

    async fn active_refresh_token(
        &self,
        presented: &Presented,
    ) -> Result<Option<ActiveToken>, Error> {
        let Some(grant) = self.store.grant(presented.grant).await? else {
            return Ok(None);
        };
        let unspent = presented.generation == grant.generation;
        if !unspent || !grant.is_live(self.ambient.now()) {
            return Ok(None);
        }
        self.keys.know_secret(presented.secret_id).await?;
        let genuine = {
            let ring = self.keys.ring();
            presented.is_genuine(&grant, ring.secret(presented.secret_id)?)?
        };
        if !genuine {
            return Ok(None);
        }
        let Some((account, session)) = self.parents(&grant).await? else {
            return Ok(None);
        };
        Ok(Some(ActiveToken::Refresh {
            grant: grant.id,
            session: session.map(|session| session.id),
            client: grant.client,
            subject: account.subject,
            scopes: grant.scopes,
            expires_at: grant.expires_at.as_secs(),
        }))
    }

    async fn is_backed(&self, grant: &Grant) -> Result<bool, Error> {
        // A client's own grant hangs below nobody.
        Ok(grant.account.is_none() || self.parents(grant).await?.is_some())
    }

    /// The grant's account and, unless it is offline, its session, if they are alive.
    async fn parents(&self, grant: &Grant) -> Result<Option<(Account, Option<Session>)>, Error> {
        let Some(owner) = grant.account else {
            return Ok(None);
        };
        let session = grant.session.filter(|_| !grant.offline);
        let (account, session) = match session {
            Some(id) => {
                let view = self.store.session(id).await?;
                view.map_or((None, None), |view| {
                    (Some(view.account), Some(view.session))
                })
            }
            None => (self.store.account(owner).await?, None),
        };
        let now = self.ambient.now();
        let live = |session: &Session| session.status(now) == SessionStatus::Live;
        let Some(account) = account.filter(Account::is_active) else {
            return Ok(None);
        };
        if session.as_ref().is_some_and(|session| !live(session)) {
            return Ok(None);
        }
        Ok(Some((account, session)))
    }
}
