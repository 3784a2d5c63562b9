//! An issuer that is opened, and can be opened again, on one directory.

use std::{path::Path, sync::Arc};

use symbolon_core::{
    Ambient, Entropy, Issuer, Settings,
    master_key::MasterKeys,
    model::{Actor, AuditContext},
    secret::{CookieHash, Password},
    service::{
        ClientContext, LoggedIn, LoginRequest, RefreshRequest, Refreshed, RegisterRequest,
        TokenRequest,
    },
    store::Store,
    tail::LogTail,
};
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{SeededEntropy, TestClock, settings};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) home: TempDir,
}

pub(crate) fn audit() -> AuditContext {
    AuditContext {
        actor: Actor::System,
        request_id: None,
    }
}

pub(crate) async fn open(
    settings: Settings,
    directory: &Path,
    clock: &Arc<TestClock>,
    seed: u64,
) -> (Issuer, Arc<SqliteStore>) {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed));
    let tail = Arc::new(LogTail::default());
    let options = SqliteOptions::new(directory.join("test.db"));
    let store = SqliteStore::open(options, Arc::clone(&entropy), Arc::clone(&tail) as _).unwrap();
    let master = MasterKeys::new(&[zeroize::Zeroizing::new([7; 32])]).unwrap();
    let ambient = Ambient::new(Arc::clone(clock) as _, entropy);
    let shared: Arc<dyn Store> = Arc::clone(&store) as _;
    let issuer = Issuer::open(settings, shared, tail, master, ambient)
        .await
        .unwrap();
    (issuer, store)
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(settings()).await
    }

    /// With one account, `ada`.
    pub(crate) async fn with(settings: Settings) -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let (issuer, store) = open(settings, home.path(), &clock, 1).await;
        let world = Self {
            issuer,
            store,
            clock,
            home,
        };
        world.register("ada").await;
        world
    }

    /// The same directory after a restart, perhaps with other settings.
    pub(crate) async fn reopened(self, settings: Settings) -> Self {
        let Self {
            issuer,
            store,
            clock,
            home,
        } = self;
        drop(issuer);
        store.close().await;
        let (issuer, store) = open(settings, home.path(), &clock, 2).await;
        Self {
            issuer,
            store,
            clock,
            home,
        }
    }

    /// What a server does every minute.
    pub(crate) async fn housekeep(&self) {
        self.issuer.keep_house().await.unwrap();
        self.issuer.run_jobs().await.unwrap();
    }

    pub(crate) async fn register(&self, name: &str) {
        let request = RegisterRequest {
            identifier: name.to_owned(),
            password: Password::new(PASSWORD.to_owned()),
            context: ClientContext::default(),
            audit: audit(),
        };
        self.issuer.register(request).await.unwrap();
    }

    pub(crate) fn request(&self, password: &str) -> LoginRequest {
        LoginRequest {
            identifier: "ada".to_owned(),
            password: Password::new(password.to_owned()),
            cookie: true,
            tokens: Some(TokenRequest::default()),
            context: ClientContext::default(),
        }
    }

    /// Logs `ada` in for a cookie and tokens of the issuer's own API.
    pub(crate) async fn login(&self) -> LoggedIn {
        self.issuer.login(self.request(PASSWORD)).await.unwrap()
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<Refreshed, symbolon_core::Error> {
        let client = symbolon_core::settings::FIRST_PARTY_CLIENT.parse().unwrap();
        let request = RefreshRequest {
            token: token.to_owned(),
            client,
            from: None,
            audit: audit(),
        };
        self.issuer.refresh(request).await
    }
}

/// The reason of a refusal; anything else fails the test.
pub(crate) fn rejected<T: std::fmt::Debug>(
    result: Result<T, symbolon_core::Error>,
) -> symbolon_protocol::RejectReason {
    match result.unwrap_err() {
        symbolon_core::Error::Rejected(reason) => reason,
        other => panic!("{other}"),
    }
}

pub(crate) fn cookie_of(login: &LoggedIn) -> CookieHash {
    login.cookie.as_ref().unwrap().hash()
}

pub(crate) fn refresh_of(login: &LoggedIn) -> String {
    login.tokens.as_ref().unwrap().refresh.clone()
}

pub(crate) fn access_of(login: &LoggedIn) -> String {
    login.tokens.as_ref().unwrap().access.jwt.clone()
}
