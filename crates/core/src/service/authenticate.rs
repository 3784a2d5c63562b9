//! Who makes a request: a session cookie, a bearer token, or both of one session.

use symbolon_jose::{Validation, Verified, VerifyError};
use symbolon_protocol::{
    AccessClaims, EndReason, GrantId, RejectReason, RevocationId, TokenIds, typ,
};

use super::sessions::Ended;
use crate::{
    error::Error,
    issuer::Issuer,
    model::{Account, Actor, AuditContext, Session, TruncatedIp},
    outcomes::Attempt,
    secret::CookieHash,
    store::Change,
};

/// What a request carries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// Hash of its session cookie.
    pub cookie: Option<CookieHash>,
    /// Its bearer token (RFC 6750 §2.1).
    pub bearer: Option<&'a str>,
    /// From where it comes, if that is known; decides nothing.
    pub from: Option<TruncatedIp>,
}

/// How a caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// With the session cookie.
    Cookie,
    /// With an access token.
    Bearer,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub account: Account,
    /// In which session; none for tokens of offline grants.
    pub session: Option<Session>,
    /// Under which grant, if they proved it with a token.
    pub grant: Option<GrantId>,
    /// How they proved it.
    pub via: Via,
}

impl Caller {
    /// Who acts, for the audit trail.
    #[must_use]
    pub fn audit(&self, request_id: Option<String>) -> AuditContext {
        AuditContext {
            actor: Actor::Account(self.account.id),
            request_id,
        }
    }

    /// Refuses who is no administrator.
    ///
    /// # Errors
    /// `role_missing`.
    pub fn require_admin(&self) -> Result<(), Error> {
        if self.account.is_admin() {
            Ok(())
        } else {
            Err(RejectReason::RoleMissing.into())
        }
    }
}

impl Issuer {
    /// Ends what the caller is logged in with: the session, or the offline grant of its token.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is gone already; the store's failures.
    pub async fn log_out(&self, caller: &Caller, audit: AuditContext) -> Result<Ended, Error> {
        let (change, what) = match (&caller.session, caller.grant) {
            (Some(session), _) => {
                let owner = Some(caller.account.id);
                (
                    Change::EndSession {
                        session: session.id,
                        owner,
                    },
                    "session",
                )
            }
            (None, Some(grant)) => (Change::EndGrant { grant }, "grant"),
            (None, None) => return Err(RejectReason::SessionUnknown.into()),
        };
        self.apply(change, EndReason::Logout, audit, what).await
    }

    /// Finds out who makes a request.
    ///
    /// # Errors
    /// A reject reason for whatever is wrong with the credential; `credential_missing` without
    /// one; `credential_conflict` when cookie and token name different sessions; the store.
    pub async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Caller, Error> {
        match (credentials.cookie, credentials.bearer) {
            (None, None) => Err(RejectReason::CredentialMissing.into()),
            (Some(cookie), None) => self.caller_of_cookie(&cookie, credentials.from).await,
            (None, Some(token)) => self.caller_of_token(token).await,
            (Some(cookie), Some(token)) => {
                let by_token = self.caller_of_token(token).await?;
                let by_cookie = self.caller_of_cookie(&cookie, credentials.from).await?;
                let id = |caller: &Caller| caller.session.as_ref().map(|session| session.id);
                if id(&by_token) == id(&by_cookie) {
                    Ok(by_cookie)
                } else {
                    Err(RejectReason::CredentialConflict.into())
                }
            }
        }
    }

    async fn caller_of_cookie(
        &self,
        cookie: &CookieHash,
        from: Option<TruncatedIp>,
    ) -> Result<Caller, Error> {
        let check = self.check_session_from(cookie, from).await?;
        let view = check.view();
        Ok(Caller {
            account: view.account.clone(),
            session: Some(view.session.clone()),
            grant: None,
            via: Via::Cookie,
        })
    }

    async fn caller_of_token(&self, token: &str) -> Result<Caller, Error> {
        self.settle_log().await?;
        let claims = match self.verify_access_token(token) {
            Err(Error::Rejected(RejectReason::KeyUnknown)) if self.keys.refresh().await? => {
                self.verify_access_token(token)
            }
            result => result,
        }?;
        let now = self.ambient.now();
        let (account, session) = match claims.sid {
            Some(sid) => {
                let view = self
                    .store
                    .session(sid)
                    .await?
                    .ok_or(RejectReason::SessionUnknown)?;
                self.judge(&view, now)?;
                (view.account, Some(view.session))
            }
            None => {
                let account = self
                    .store
                    .account_by_subject(&claims.sub)
                    .await?
                    .ok_or(RejectReason::SessionUnknown)?;
                (account, None)
            }
        };
        if account.subject != claims.sub {
            return Err(RejectReason::ClaimsMalformed.into());
        }
        if !account.is_active() {
            return Err(RejectReason::AccountDisabled.into());
        }
        Ok(Caller {
            account,
            session,
            grant: Some(claims.gid),
            via: Via::Bearer,
        })
    }

    /// Verifies an access token for the issuer's own API: signature, claims, revocation. Reads
    /// nothing but memory.
    ///
    /// # Errors
    /// The reject reason.
    pub fn verify_access_token(&self, token: &str) -> Result<AccessClaims, Error> {
        let result = self.try_verify(token);
        self.count(Attempt::Token, &result);
        result
    }

    /// A key that was revoked is not published any more; say why, as every verifier does.
    fn explain(&self, error: &VerifyError) -> RejectReason {
        match error {
            VerifyError::KeyUnknown { kid }
                if self.tail.set().is_revoked(&RevocationId::of_text(kid), 0) =>
            {
                RejectReason::RevokedKey
            }
            other => other.into(),
        }
    }

    fn try_verify(&self, token: &str) -> Result<AccessClaims, Error> {
        let verified = self.verify_for_audiences(token, [self.settings.issuer.as_str()])?;
        Ok(verified.claims().clone())
    }

    /// Signature, claims and revocation of an access token for any of these audiences.
    pub(super) fn verify_for_audiences<'a>(
        &self,
        token: &str,
        audiences: impl IntoIterator<Item = &'a str>,
    ) -> Result<Verified<AccessClaims>, Error> {
        let rules = Validation::new(
            self.settings.issuer.as_str(),
            audiences,
            self.settings.algorithms(),
            typ::ACCESS_TOKEN,
        )
        .map_err(Error::internal)?;
        let ring = self.keys.ring();
        let now = self.ambient.now().as_secs();
        let verified = symbolon_jose::verify(token, &ring.token_keys().keys, &rules, now)
            .map_err(|error| self.explain(&error))?;
        match self.revocation(&verified) {
            Some(reason) => Err(reason.into()),
            None => Ok(verified),
        }
    }

    /// Whether the log names the token by now.
    pub(super) fn is_revoked(&self, verified: &Verified<AccessClaims>) -> bool {
        self.revocation(verified).is_some()
    }

    fn revocation(&self, verified: &Verified<AccessClaims>) -> Option<RejectReason> {
        let claims = verified.claims();
        self.tail.set().refuses(&TokenIds {
            session: claims.sid.map(RevocationId::from),
            grant: claims.gid.into(),
            token: claims.jti.into(),
            client: RevocationId::from(&claims.client_id),
            key: RevocationId::of_text(verified.kid().unwrap_or_default()),
            version: claims.ver,
        })
    }
}
