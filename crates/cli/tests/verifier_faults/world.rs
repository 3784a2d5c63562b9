//! A server, the proxy in front of it, and verifiers whose clocks tests move.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use symbolon_jose::{Algorithm, base64url};
use symbolon_protocol::Timestamp;
use symbolon_testing::{Api, Fault, FaultProxy, Login, Port, ServerProcess, ServerSetup};
use symbolon_verifier::{Builder, Clock, Startup, Status, SystemClock, Verifier};

/// The paths of what a verifier asks for.
pub(crate) const LOG: &str = "/revocations";
pub(crate) const LOG_JWKS: &str = "/revocations/jwks.json";
pub(crate) const JWKS: &str = "/.well-known/jwks.json";
pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Beyond the verifiers' `max_staleness`, in milliseconds.
pub(crate) const TOO_LONG: i64 = 31_000;
/// Nothing takes that long unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The system's clocks with hands that can be moved.
#[derive(Clone, Default)]
pub(crate) struct Hands {
    wall: Arc<AtomicI64>,
    uptime: Arc<AtomicI64>,
}

impl Hands {
    /// Time passes, or the machine sleeps: only the age of the log is measured with this clock.
    pub(crate) fn pass(&self, millis: i64) {
        self.uptime.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the wall clock off.
    pub(crate) fn set_wall(&self, millis: i64) {
        self.wall.store(millis, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        let off = self.wall.load(Ordering::SeqCst);
        SystemClock.now().plus_millis(off)
    }

    fn uptime_millis(&self) -> i64 {
        SystemClock.uptime_millis() + self.uptime.load(Ordering::SeqCst)
    }
}

pub(crate) struct World {
    pub(crate) server: ServerProcess,
    pub(crate) proxy: FaultProxy,
    pub(crate) hands: Hands,
}

pub(crate) fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(setup()).await
    }

    /// With one account, alice, an administrator.
    pub(crate) async fn with(setup: ServerSetup) -> Self {
        let port = Port::claim();
        let issuer = format!("http://{}", port.address());
        let server = setup.issuer(&issuer).start().await;
        let proxy = FaultProxy::start(port, server.address()).await;
        server.api().register("alice").await;
        Self {
            server,
            proxy,
            hands: Hands::default(),
        }
    }

    /// Goes straight to the server.
    pub(crate) fn api(&self) -> Api {
        self.server.api()
    }

    /// A verifier to be, as services configure it but for its clock; it asks every second.
    pub(crate) fn builder(&self) -> Builder {
        Verifier::builder(self.server.issuer())
            .audience("orders")
            .algorithms([Algorithm::EdDSA])
            .wait(Duration::from_secs(1))
            .clock(self.hands.clone())
    }

    pub(crate) async fn verifier(&self) -> Verifier {
        self.builder().build().await.unwrap()
    }

    pub(crate) async fn lazy(&self) -> Verifier {
        let builder = self.builder().startup(Startup::Lazy);
        builder.build().await.unwrap()
    }

    /// A log-in for both credentials, its token for the verifiers' audience.
    pub(crate) async fn log_in(&self) -> Login {
        let body = json!({"credentials": ["cookie", "tokens"], "resource": "orders"});
        self.api().log_in_with("alice", &body).await
    }

    /// Ends a session, acknowledged.
    pub(crate) async fn end(&self, login: &Login) {
        let path = format!("/api/v1/sessions/{}", login.session);
        let call = self.api().delete(&path).cookie(&login.cookie);
        let _ = call.send().await.expect(200);
    }

    /// Runs a command of the administrator's; what it prints.
    #[track_caller]
    pub(crate) fn admin(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.server.command().args(arguments).arg("--json").output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Does this to everything from now on, also to what is on its way.
    pub(crate) fn break_all(&self, fault: Fault) {
        self.proxy.set(fault);
        self.proxy.cut();
    }

    /// Whatever was wrong is over: the verifier comes back by itself, refuses what was `ended`
    /// meanwhile, and accepts the rest.
    pub(crate) async fn recovers(&self, verifier: &Verifier, ended: &[&Login], alive: &Login) {
        self.proxy.set(Fault::Pass);
        until(verifier, |status| status.live).await;
        for login in ended {
            assert_eq!(code(verifier, &login.access), "revoked_session");
        }
        assert_eq!(code(verifier, &alive.access), "accepted");
        until(verifier, |status| status.problem.is_none()).await;
    }
}

/// Waits for a status.
pub(crate) async fn until(verifier: &Verifier, wanted: impl Fn(&Status) -> bool + Send) {
    let reached = verifier.wait_until(PATIENCE, wanted).await;
    assert!(reached, "{:?}", verifier.status());
}

/// Waits until something is wrong whose description holds this.
pub(crate) async fn until_problem(verifier: &Verifier, text: &str) {
    until(verifier, |status| {
        let problem = status.problem.as_deref();
        problem.is_some_and(|problem| problem.contains(text))
    })
    .await;
}

/// Why a token is refused, or `accepted`.
pub(crate) fn code(verifier: &Verifier, token: &str) -> &'static str {
    match verifier.verify(token) {
        Ok(_) => "accepted",
        Err(rejection) => rejection.reason().code(),
    }
}

/// The same token as if another key had signed it.
pub(crate) fn with_kid(token: &str, kid: &str) -> String {
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid}).to_string();
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", base64url::encode(header.as_bytes()))
}
