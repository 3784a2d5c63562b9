//! Accounts, sessions, grants and keys as tests need them. Each comes out complete and usable;
//! what a test is about it changes in the public fields.

use std::sync::Arc;

use symbolon_core::{
    Entropy, Timestamp,
    entropy::EntropyExt,
    model::{
        AuditContext, Identifier, KeyPurpose, KeyState, Role, ServerSecret, Session, SessionCookie,
        SessionKind, SessionState, SigningKeyRecord,
    },
    secret::{CookieValue, PasswordHash, Sealed},
    store::{
        Change, ChangeRequest, Horizon, InitialKeys, NewAccount, NewGrant, NewSession, RotateGrant,
    },
};
use symbolon_protocol::{AccountId, ClientId, EndReason, GrantId, SessionId};

use crate::{SeededEntropy, TestClock};

/// The origin at which fixture cookies are set.
pub const ORIGIN: &str = "https://auth.example";

/// How long fixture access tokens live, in seconds.
pub const TOKEN_LIFETIME_SECS: i64 = 300;

/// How long after a rotation the spent token may come again, in milliseconds.
pub const GRACE_MS: i64 = 10_000;

/// Makes things that differ from each other and repeat from run to run.
#[derive(Clone)]
pub struct Fixtures {
    entropy: Arc<dyn Entropy>,
    now: Timestamp,
}

impl std::fmt::Debug for Fixtures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fixtures")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Default for Fixtures {
    fn default() -> Self {
        Self::new(Arc::new(SeededEntropy::new(1)), TestClock::START)
    }
}

impl Fixtures {
    /// Things that are made at `now`.
    #[must_use]
    pub const fn new(entropy: Arc<dyn Entropy>, now: Timestamp) -> Self {
        Self { entropy, now }
    }

    /// When things are made.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The same source of things, at another moment.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        Self {
            entropy: Arc::clone(&self.entropy),
            now,
        }
    }

    /// The randomness behind it.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// An account with this name and a password.
    #[must_use]
    pub fn account(&self, name: &str) -> NewAccount {
        NewAccount {
            id: self.entropy.account_id(self.now),
            subject: self.entropy.subject(),
            identifiers: Identifier::parse(name).into_iter().collect(),
            password: Some(password_hash("first")),
            roles: Vec::new(),
            locale: Some("en".to_owned()),
        }
    }

    /// An account with this name and the issuer-wide role `admin`.
    #[must_use]
    pub fn admin(&self, name: &str) -> NewAccount {
        NewAccount {
            roles: vec![Role::admin()],
            ..self.account(name)
        }
    }

    /// A browser session with a cookie and no grant.
    #[must_use]
    pub fn session(&self, account: AccountId) -> NewSession {
        NewSession {
            session: Session {
                id: self.entropy.session_id(self.now),
                account,
                kind: SessionKind::Browser,
                version: 1,
                actor: None,
                state: SessionState::Active,
                created_at: self.now,
                auth_time: self.now,
                last_seen: self.now,
                idle_secs: 30 * 60,
                expires_at: self.now.plus_secs(12 * 60 * 60),
                amr: vec!["pwd".to_owned()],
                acr: None,
                device_label: Some("Firefox on Linux".to_owned()),
                ip: None,
            },
            cookie: Some(self.cookie()),
            grant: None,
            password_version: Some(1),
            replaces: None,
            max_sessions: 100,
        }
    }

    /// A session with a grant that ends with it.
    #[must_use]
    pub fn session_with_grant(&self, account: AccountId) -> NewSession {
        NewSession {
            grant: Some(self.grant()),
            ..self.session(account)
        }
    }

    /// A session with a grant that outlives it.
    #[must_use]
    pub fn session_with_offline_grant(&self, account: AccountId) -> NewSession {
        NewSession {
            grant: Some(NewGrant {
                offline: true,
                ..self.grant()
            }),
            ..self.session(account)
        }
    }

    /// A cookie that nobody has yet.
    #[must_use]
    pub fn cookie(&self) -> SessionCookie {
        SessionCookie {
            hash: CookieValue::from_bytes(self.entropy.bytes()).hash(),
            origin: ORIGIN.to_owned(),
        }
    }

    /// An online grant of the first-party client.
    #[must_use]
    pub fn grant(&self) -> NewGrant {
        NewGrant {
            id: self.entropy.grant_id(self.now),
            client: client("first-party"),
            resource: ORIGIN.to_owned(),
            scopes: vec!["openid".to_owned()],
            offline: false,
            seed: self.entropy.bytes(),
            secret_id: 1,
            idle_secs: 14 * 24 * 60 * 60,
            expires_at: self.now.plus_secs(30 * 24 * 60 * 60),
        }
    }

    /// An active key for tokens of the algorithm with this name, and a server secret.
    #[must_use]
    pub fn initial_keys(&self) -> InitialKeys {
        InitialKeys {
            keys: vec![
                self.active_key(KeyPurpose::Token),
                self.active_key(KeyPurpose::Log),
            ],
            secret: self.server_secret(1),
        }
    }

    /// An `EdDSA` key that signs. Its material is random and works for nothing.
    #[must_use]
    pub fn active_key(&self, purpose: KeyPurpose) -> SigningKeyRecord {
        SigningKeyRecord {
            state: KeyState::Active { since: self.now },
            ..self.next_key(purpose)
        }
    }

    /// An `EdDSA` key that is published and does not sign yet.
    #[must_use]
    pub fn next_key(&self, purpose: KeyPurpose) -> SigningKeyRecord {
        SigningKeyRecord {
            kid: self.entropy.subject().to_string(),
            purpose,
            algorithm: symbolon_jose::Algorithm::EdDSA,
            state: KeyState::Next,
            private: Sealed(self.entropy.bytes::<48>().to_vec()),
            public_jwk: r#"{"kty":"OKP"}"#.to_owned(),
            created_at: self.now,
        }
    }

    /// A server secret with this number.
    #[must_use]
    pub fn server_secret(&self, id: u32) -> ServerSecret {
        ServerSecret {
            id,
            secret: Sealed(self.entropy.bytes::<48>().to_vec()),
            created_at: self.now,
        }
    }

    /// An id that names nothing.
    #[must_use]
    pub fn unknown_account(&self) -> AccountId {
        self.entropy.account_id(self.now)
    }

    /// An id that names nothing.
    #[must_use]
    pub fn unknown_session(&self) -> SessionId {
        self.entropy.session_id(self.now)
    }

    /// An id that names nothing.
    #[must_use]
    pub fn unknown_grant(&self) -> GrantId {
        self.entropy.grant_id(self.now)
    }

    /// A change for this reason, by the system.
    #[must_use]
    pub const fn change(&self, change: Change, reason: EndReason) -> ChangeRequest {
        ChangeRequest {
            change,
            reason,
            audit: AuditContext::system(),
            horizon: horizon(self.now),
            now: self.now,
        }
    }
}

/// How long revocations made at `now` are remembered.
#[must_use]
pub const fn horizon(now: Timestamp) -> Horizon {
    Horizon {
        until: now.as_secs() + TOKEN_LIFETIME_SECS + 60,
        lifetime_secs: TOKEN_LIFETIME_SECS,
    }
}

/// One use of a grant's refresh token of this generation.
#[must_use]
pub const fn refresh(grant: GrantId, generation: u64) -> RotateGrant {
    RotateGrant {
        grant,
        generation,
        grace_ms: GRACE_MS,
        secret_id: 1,
        reuse_ends_session: false,
        from: None,
    }
}

/// Something that has the form of a password hash and matches nothing.
#[must_use]
pub fn password_hash(name: &str) -> PasswordHash {
    PasswordHash::from_phc(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdA${name}"))
}

/// A client id; `text` must have the form of one.
#[must_use]
pub fn client(text: &str) -> ClientId {
    text.parse()
        .unwrap_or_else(|_| unreachable!("{text:?} is no client id"))
}
