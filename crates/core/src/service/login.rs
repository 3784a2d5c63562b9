//! Logging in with a password: one log-in, a session, and both credentials of it.

use std::{fmt, net::IpAddr};

use symbolon_protocol::{ClientId, EndReason, RejectReason, SessionId, Timestamp};

use super::{
    count_ended,
    throttles::LoginKey,
    tokens::{GrantFacts, IssuedTokens},
};
use crate::{
    device,
    entropy::EntropyExt,
    error::Error,
    issuer::Issuer,
    model::{Account, Identifier, Session, SessionCookie, SessionKind, SessionState, TruncatedIp},
    outcomes::Attempt,
    password::{self, Verdict},
    secret::{CookieHash, CookieValue, DeviceCookie, Password},
    settings::FIRST_PARTY_CLIENT,
    store::{CreateSession, LoginAccount, NewGrant, NewSession},
};

/// Longest device label that is kept, in characters: browsers say at the end of theirs which they are.
const MAX_LABEL: usize = 200;

/// From where and with what a request came.
#[derive(Clone, Default)]
pub struct ClientContext {
    /// The client's address, after trusted proxies.
    pub ip: Option<IpAddr>,
    /// What the user will see in the device list, e.g. the browser's name.
    pub device_label: Option<String>,
    /// The device cookie, if the browser has one.
    pub device: Option<DeviceCookie>,
    /// The session cookie that the browser has now: its session makes room for the new one. It is
    /// never adopted.
    pub current: Option<CookieHash>,
}

/// Neither the full address nor anything that the browser keeps.
impl fmt::Debug for ClientContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientContext")
            .field("ip", &self.ip.map(TruncatedIp::from_full))
            .finish_non_exhaustive()
    }
}

/// Which tokens are wanted.
#[derive(Debug, Clone, Default)]
pub struct TokenRequest {
    /// For which API (RFC 8707); the issuer's own if absent.
    pub resource: Option<String>,
    /// Scope values; all of the API's if empty.
    pub scopes: Vec<String>,
}

/// A log-in.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// Who they say they are.
    pub identifier: String,
    /// Their password.
    pub password: Password,
    /// Whether a session cookie is wanted.
    pub cookie: bool,
    /// Whether tokens are wanted, and which.
    pub tokens: Option<TokenRequest>,
    /// From where.
    pub context: ClientContext,
}

/// What a log-in gave.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// Who it is.
    pub account: Account,
    /// The new session.
    pub session: Session,
    /// The session cookie, if one was wanted. Always a new value.
    pub cookie: Option<CookieValue>,
    /// The device cookie's new value.
    pub device: DeviceCookie,
    /// The tokens, if they were wanted.
    pub tokens: Option<IssuedTokens>,
}

impl Issuer {
    /// Logs in with a password.
    ///
    /// # Errors
    /// `bad_credentials` for an unknown account as for a wrong password, after the same work;
    /// `account_disabled` only to who knows the password; rate limits; a full queue; the store.
    pub async fn login(&self, request: LoginRequest) -> Result<LoggedIn, Error> {
        let result = self.try_login(request).await;
        self.count(Attempt::Login, &result);
        result
    }

    async fn try_login(&self, request: LoginRequest) -> Result<LoggedIn, Error> {
        let now = self.ambient.now();
        let grant = match &request.tokens {
            Some(tokens) => Some(self.new_grant(tokens, now)?),
            None => None,
        };
        let known = self
            .check_password(&request.identifier, &request.password, &request.context)
            .await?;
        let cookie = request
            .cookie
            .then(|| CookieValue::from_bytes(self.ambient.entropy().bytes()));
        // After the password's work: the session begins now.
        let now = self.ambient.now();
        let session = self.new_session(&known.account, &request, now);
        let new = NewSession {
            session: session.clone(),
            cookie: cookie.as_ref().map(|cookie| self.own_cookie(cookie)),
            grant: grant.clone(),
            password_version: known.password.as_ref().map(|password| password.version),
            replaces: self
                .replaced_session(request.context.current.as_ref())
                .await?,
            max_sessions: self.settings.sessions.max_per_account,
        };
        let replaces = new.replaces;
        match self.store.create_session(new, self.horizon(), now).await? {
            CreateSession::Created { replaced, capped } => {
                self.forget_copies(replaces.map(SessionId::to_bytes));
                count_ended(EndReason::CookieRenewed, replaced);
                count_ended(EndReason::SessionCap, capped);
            }
            CreateSession::AccountNotActive => return Err(RejectReason::AccountDisabled.into()),
            CreateSession::PasswordChanged => return Err(RejectReason::BadCredentials.into()),
        }
        let tokens = match &grant {
            Some(grant) => Some(self.issue_tokens(
                &GrantFacts::from(grant),
                &known.account.subject,
                Some(&session),
                now,
            )?),
            None => None,
        };
        let owner = owner_of(&known);
        let device = device::issue(
            &self.keys.ring(),
            owner,
            &self.device_of(&request.context, owner),
        )?;
        Ok(LoggedIn {
            account: known.account,
            session,
            cookie,
            device,
            tokens,
        })
    }

    /// Checks a password under the rate limits.
    pub(super) async fn check_password(
        &self,
        identifier: &str,
        password: &Password,
        context: &ClientContext,
    ) -> Result<LoginAccount, Error> {
        let now = self.ambient.now();
        let address = self.throttles.take_address(context.ip, now).await?;
        let (known, named) = match Identifier::parse(identifier) {
            Ok(parsed) => (
                self.store.account_for_login(&parsed).await?,
                parsed.normalised,
            ),
            Err(_) => (None, identifier.to_owned()),
        };
        let key = self.login_key(known.as_ref(), &named, context);
        let attempt = self.throttles.take_login(key, now).await?;
        let checked = self.check_known(known, password).await;
        // Only a wrong guess counts: neither a success nor our own trouble.
        if !matches!(checked, Err(Error::Rejected(RejectReason::BadCredentials))) {
            self.throttles.give_back(address, &attempt);
        }
        checked
    }

    fn login_key(
        &self,
        known: Option<&LoginAccount>,
        named: &str,
        context: &ClientContext,
    ) -> LoginKey {
        let device = known
            .zip(context.device.as_ref())
            .and_then(|(known, value)| device::check(&self.keys.ring(), value, owner_of(known)));
        device.map_or_else(|| LoginKey::strangers(named), LoginKey::Device)
    }

    async fn check_known(
        &self,
        known: Option<LoginAccount>,
        password: &Password,
    ) -> Result<LoginAccount, Error> {
        let normal = password::normalise(password);
        let credential = known.as_ref().and_then(|known| known.password.as_ref());
        let (Some(normal), Some(credential)) = (normal, credential) else {
            // Too long, unknown, or without a password: the same work for nothing.
            self.passwords.waste(Password::new(String::new())).await?;
            return Err(RejectReason::BadCredentials.into());
        };
        let verdict = self
            .passwords
            .verify(normal.clone(), credential.hash.clone())
            .await?;
        let Some(known) = known.filter(|_| verdict != Verdict::Wrong) else {
            return Err(RejectReason::BadCredentials.into());
        };
        if !known.account.is_active() {
            return Err(RejectReason::AccountDisabled.into());
        }
        if verdict == Verdict::RightButWeak {
            self.upgrade_hash(&known, normal).await;
        }
        Ok(known)
    }

    /// A log-in does not fail because its hash could not be made stronger; the next one tries again.
    async fn upgrade_hash(&self, known: &LoginAccount, password: Password) {
        let Some(credential) = &known.password else {
            return;
        };
        let upgraded = async {
            let hash = self.passwords.hash(password).await?;
            self.store
                .upgrade_password_hash(known.account.id, credential.version, hash)
                .await
                .map_err(Error::from)
        };
        if let Err(error) = upgraded.await {
            tracing::warn!(account = %known.account.id, %error, "password hash not upgraded");
        }
    }

    fn new_session(&self, account: &Account, request: &LoginRequest, now: Timestamp) -> Session {
        let settings = &self.settings.sessions;
        let (kind, idle_secs, absolute) = if request.cookie {
            (
                SessionKind::Browser,
                settings.browser_idle_secs,
                settings.browser_absolute_secs,
            )
        } else {
            (
                SessionKind::Token,
                settings.token_idle_secs,
                settings.token_absolute_secs,
            )
        };
        Session {
            id: self.ambient.entropy().session_id(now),
            account: account.id,
            kind,
            version: 1,
            actor: None,
            state: SessionState::Active,
            created_at: now,
            auth_time: now,
            last_seen: now,
            idle_secs,
            expires_at: now.plus_secs(i64::from(absolute)),
            amr: vec!["pwd".to_owned()],
            acr: None,
            device_label: request.context.device_label.as_deref().map(clean_label),
            ip: request.context.ip.map(TruncatedIp::from_full),
        }
    }

    /// A new grant of the first-party client.
    fn new_grant(&self, request: &TokenRequest, now: Timestamp) -> Result<NewGrant, Error> {
        let audience = request.resource.as_deref().unwrap_or(&self.settings.issuer);
        let resource = self.settings.resource(audience).ok_or_else(|| {
            Error::invalid(
                "invalid_target",
                "no such API; ask for one of the configured resources",
            )
        })?;
        let is_offline = |scope: &String| scope == "offline_access";
        if let Some(unknown) = request
            .scopes
            .iter()
            .find(|scope| !is_offline(scope) && !resource.scopes.contains(scope))
        {
            return Err(Error::invalid(
                "invalid_scope",
                format!("this API has no scope {}", unknown.escape_debug()),
            ));
        }
        let wanted = if request.scopes.is_empty() {
            resource.scopes
        } else {
            &request.scopes
        };
        let mut scopes: Vec<String> = Vec::new();
        for scope in wanted {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        let client = ClientId::try_from(FIRST_PARTY_CLIENT.to_owned()).map_err(Error::internal)?;
        let (secret_id, _) = self.keys.ring().newest_secret()?;
        let tokens = &self.settings.tokens;
        Ok(NewGrant {
            id: self.ambient.entropy().grant_id(now),
            client,
            resource: audience.to_owned(),
            offline: scopes.iter().any(is_offline),
            scopes,
            seed: self.ambient.entropy().bytes(),
            secret_id,
            idle_secs: tokens.refresh_idle_secs,
            expires_at: now.plus_secs(i64::from(tokens.refresh_absolute_secs)),
        })
    }

    pub(super) fn own_cookie(&self, cookie: &CookieValue) -> SessionCookie {
        SessionCookie {
            hash: cookie.hash(),
            origin: self.settings.issuer.clone(),
        }
    }

    async fn replaced_session(
        &self,
        current: Option<&CookieHash>,
    ) -> Result<Option<SessionId>, Error> {
        let Some(hash) = current else { return Ok(None) };
        let now = self.ambient.now();
        let known = self
            .store
            .touch_session(hash, &self.settings.issuer, now)
            .await?;
        Ok(known.map(|view| view.session.id))
    }

    fn device_of(&self, context: &ClientContext, owner: device::Owner) -> device::DeviceId {
        context
            .device
            .as_ref()
            .and_then(|value| device::check(&self.keys.ring(), value, owner))
            .unwrap_or_else(|| self.ambient.entropy().bytes())
    }
}

fn owner_of(known: &LoginAccount) -> device::Owner {
    let password_version = known
        .password
        .as_ref()
        .map_or(0, |password| password.version);
    device::Owner {
        account: known.account.id,
        password_version,
    }
}

/// A label is shown in lists: one line, no control characters, not long.
fn clean_label(label: &str) -> String {
    label
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_LABEL)
        .collect()
}
