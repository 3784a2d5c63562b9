//! Making access and refresh tokens (RFC 9068).

use symbolon_jose::TokenClaims;
use symbolon_protocol::{AccessClaims, ClientId, GrantId, SessionId, Subject, Timestamp};

use crate::{
    entropy::EntropyExt,
    error::Error,
    issuer::Issuer,
    model::{Grant, Session},
    refresh_token,
    settings::Resource,
    store::NewGrant,
};

/// A signed access token.
#[derive(Clone)]
pub struct AccessToken {
    /// The compact JWS.
    pub jwt: String,
    /// Seconds until it expires.
    pub expires_in: i64,
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// What a token response carries.
#[derive(Clone)]
pub struct IssuedTokens {
    /// The access token.
    pub access: AccessToken,
    /// The refresh token.
    pub refresh: String,
    /// The session, unless the grant is offline.
    pub session: Option<SessionId>,
    /// The grant.
    pub grant: GrantId,
    /// What the access token may do.
    pub scopes: Vec<String>,
}

impl std::fmt::Debug for IssuedTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedTokens")
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

/// What both a new grant and a rotated one know.
pub(super) struct GrantFacts<'a> {
    pub(super) id: GrantId,
    pub(super) client: &'a ClientId,
    pub(super) resource: &'a str,
    pub(super) scopes: &'a [String],
    pub(super) offline: bool,
    pub(super) version: u32,
    pub(super) expires_at: Timestamp,
    pub(super) seed: &'a [u8; 32],
    pub(super) generation: u64,
    pub(super) secret_id: u32,
}

impl<'a> From<&'a NewGrant> for GrantFacts<'a> {
    fn from(grant: &'a NewGrant) -> Self {
        Self {
            id: grant.id,
            client: &grant.client,
            resource: &grant.resource,
            scopes: &grant.scopes,
            offline: grant.offline,
            version: 1,
            expires_at: grant.expires_at,
            seed: &grant.seed,
            generation: 1,
            secret_id: grant.secret_id,
        }
    }
}

impl<'a> From<&'a Grant> for GrantFacts<'a> {
    fn from(grant: &'a Grant) -> Self {
        Self {
            id: grant.id,
            client: &grant.client,
            resource: &grant.resource,
            scopes: &grant.scopes,
            offline: grant.offline,
            version: grant.version,
            expires_at: grant.expires_at,
            seed: &grant.seed,
            generation: grant.generation,
            secret_id: grant.secret_id,
        }
    }
}

impl Issuer {
    /// Makes both tokens of a grant's current generation. `now` is the moment that the store's verb
    /// was given, so that `iat` is never later than what authorised it.
    pub(super) fn issue_tokens(
        &self,
        grant: &GrantFacts<'_>,
        subject: &Subject,
        session: Option<&Session>,
        now: Timestamp,
    ) -> Result<IssuedTokens, Error> {
        let session = session.filter(|_| !grant.offline);
        let access = self.issue_access_token(grant, subject, session, now)?;
        let ring = self.keys.ring();
        let refresh = refresh_token::derive(
            grant.id,
            grant.client,
            grant.seed,
            grant.generation,
            grant.secret_id,
            ring.secret(grant.secret_id)?,
        )?;
        Ok(IssuedTokens {
            access,
            refresh,
            session: session.map(|session| session.id),
            grant: grant.id,
            scopes: grant.scopes.to_vec(),
        })
    }

    /// Whether tokens can be made for this grant: its API is configured and there is a key for it.
    pub(super) fn check_issuable(&self, grant: &GrantFacts<'_>) -> Result<(), Error> {
        let resource = self.resource_of(grant)?;
        self.keys.ring().token_signer(resource.algorithm)?;
        Ok(())
    }

    /// A resource that was taken out of the configuration gets no more tokens.
    fn resource_of(&self, grant: &GrantFacts<'_>) -> Result<Resource<'_>, Error> {
        self.settings
            .resource(grant.resource)
            .ok_or(Error::Conflict {
                code: "resource_gone",
                detail: "the API is configured no more",
            })
    }

    fn issue_access_token(
        &self,
        grant: &GrantFacts<'_>,
        subject: &Subject,
        session: Option<&Session>,
        now: Timestamp,
    ) -> Result<AccessToken, Error> {
        let resource = self.resource_of(grant)?;
        let end = session.map_or(grant.expires_at, |session| session.expires_at);
        let lifetime = i64::from(resource.access_lifetime_secs);
        let exp = now
            .plus_secs(lifetime)
            .min(end)
            .min(grant.expires_at)
            .as_secs();
        let extra = AccessClaims {
            sub: subject.clone(),
            jti: self.ambient.entropy().token_id(now),
            client_id: grant.client.clone(),
            scope: grant.scopes.join(" "),
            sid: session.map(|session| session.id),
            gid: grant.id,
            ver: grant.version,
            auth_time: session.map(|session| session.auth_time.as_secs()),
            acr: session.and_then(|session| session.acr.clone()),
            amr: session
                .map(|session| session.amr.clone())
                .unwrap_or_default(),
            cnf: None,
        };
        let claims = TokenClaims::new(&self.settings.issuer, resource.audience, exp)
            .issued_at(now.as_secs())
            .extra(extra);
        let ring = self.keys.ring();
        let jwt = ring
            .token_signer(resource.algorithm)?
            .sign(&claims)
            .map_err(Error::internal)?;
        self.note_issued(now);
        Ok(AccessToken {
            jwt,
            expires_in: exp - now.as_secs(),
        })
    }
}
