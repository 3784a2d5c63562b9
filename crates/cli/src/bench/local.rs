//! A throwaway issuer in this process: opened and wired as `serve` does it, on SQLite in a
//! directory that goes with it, listening on loopback.

use std::{
    net::Ipv4Addr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::Router;
use symbolon_core::{
    Clock as _, EntropyExt as _, Issuer,
    model::AuditContext,
    secret::{CookieValue, Password},
    service::{ClientContext, LoginRequest, RegisterRequest, TokenRequest},
    store::{LogObserver as _, Store},
};
use symbolon_jose::{Algorithm, base64url};
use symbolon_server::{AppState, Connections, ServerSettings, public_routes, serve_tcp};
use symbolon_verifier::Verifier;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime, sync::watch};

use super::{Effort, failed, log_entries, unreachable};
use crate::{
    config::{self, Sources},
    data_dir::{DataDir, LockedDataDir},
    failure::{Exit, Failure},
    output, serve,
    signals::Signals,
    system::{SystemClock, SystemEntropy},
    wiring::{OpenIssuer, open_issuer},
};

/// The audience of the services that verify tokens themselves.
pub(super) const AUDIENCE: &str = "orders";
/// How long a verifier may take until it has the log.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Connections; the benchmarks need a few.
const CONNECTIONS: usize = 1_000;

/// How often the directory of an interrupted run is removed at most.
const REMOVALS: u32 = 100;

/// The issuer.
pub(super) struct Local {
    pub(super) runtime: Runtime,
    url: String,
    open: OpenIssuer,
    drain: watch::Sender<bool>,
    _data: LockedDataDir,
    _home: Home,
}

/// The directory of a run that can be interrupted.
struct Home {
    dir: TempDir,
    /// Held by whoever makes files in it, or removes it.
    at_work: Arc<Mutex<()>>,
}

impl Drop for Home {
    /// Who interrupts never lets go: what fails because the directory is gone is not said, since the process
    /// is about to end.
    fn drop(&mut self) {
        let _at_work = hold(&self.at_work);
        let _gone = std::fs::remove_dir_all(self.dir.path());
    }
}

fn hold(at_work: &Mutex<()>) -> MutexGuard<'_, ()> {
    at_work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one account is logged in with.
pub(super) struct Credentials {
    pub(super) cookie: CookieValue,
    /// For the issuer's own API.
    pub(super) own_token: String,
    /// For the services.
    pub(super) service_token: String,
}

impl Local {
    /// What a verifier's cache has by default.
    pub(super) const CACHE: usize = 16 * 1024 * 1024;
    /// No cache.
    pub(super) const NO_CACHE: usize = 0;

    /// Starts it with the routes of `serve`; `authz` are those of the gateway.
    pub(super) fn start(authz: impl FnOnce(&OpenIssuer) -> Router) -> Result<Self, Failure> {
        let runtime = runtime()?;
        let home = home_until_interrupted()?;
        let at_work = Arc::clone(&home.at_work);
        let making = hold(&at_work);
        let listener = runtime
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .map_err(unreachable)?;
        let address = listener.local_addr().map_err(unreachable)?;
        let url = format!("http://{address}");
        let file = home.dir.path().join(config::FILE_NAME);
        let data = home.dir.path().join("data");
        let settings = settings(&url, &address.to_string(), "off", Some(&data));
        std::fs::write(&file, settings).map_err(unreachable)?;
        let sources = Sources {
            file: Some(file),
            ..Sources::default()
        };
        let config = config::load(&sources)?.config;
        let data = DataDir::open(&data)?.lock()?;
        let open = runtime.block_on(open_issuer(&config, &data))?;
        let (drain, draining) = watch::channel(false);
        // Counting is a part of what a check costs.
        let metrics = runtime.block_on(async { serve::install_metrics() })?;
        let state = AppState::new(
            Arc::clone(&open.issuer),
            ServerSettings::default(),
            metrics,
            draining.clone(),
        );
        let routes = public_routes(&state, authz(&open));
        let connections = Connections::default();
        runtime.spawn(serve_tcp(
            listener,
            routes,
            CONNECTIONS,
            connections,
            draining,
        ));
        drop(making);
        Ok(Self {
            runtime,
            url,
            open,
            drain,
            _data: data,
            _home: home,
        })
    }

    pub(super) fn issuer(&self) -> &Arc<Issuer> {
        &self.open.issuer
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        self.open.store()
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Fills the log as if so many sessions had been ended; answers how many. The store does not
    /// know of them, so nothing can be ended in earnest afterwards.
    pub(super) fn revoke_many(&self, effort: Effort) -> u64 {
        let count = if effort.quick { 1_000 } else { 100_000 };
        let until = SystemClock.now().as_secs() + 3_600;
        self.issuer()
            .tail()
            .committed(&log_entries::log(count, until));
        count
    }

    /// Makes an account and logs it in.
    pub(super) fn log_in(&self) -> Result<Credentials, Failure> {
        self.runtime.block_on(async {
            let password = base64url::encode(&SystemEntropy.bytes::<12>());
            let register = RegisterRequest {
                identifier: "ada".to_owned(),
                password: Password::new(password.clone()),
                context: ClientContext::default(),
                audit: AuditContext::system(),
            };
            let issuer = self.issuer();
            issuer.register(register).await.map_err(failed)?;
            let log_in = |cookie, resource: Option<&str>| LoginRequest {
                identifier: "ada".to_owned(),
                password: Password::new(password.clone()),
                cookie,
                tokens: Some(TokenRequest {
                    resource: resource.map(str::to_owned),
                    scopes: Vec::new(),
                }),
                context: ClientContext::default(),
            };
            let own = issuer.login(log_in(true, None)).await.map_err(failed)?;
            let service = issuer.login(log_in(false, Some(AUDIENCE))).await;
            let service = service.map_err(failed)?;
            let nothing = || failed("a log-in gave no credential");
            Ok(Credentials {
                cookie: own.cookie.ok_or_else(nothing)?,
                own_token: own.tokens.ok_or_else(nothing)?.access.jwt,
                service_token: service.tokens.ok_or_else(nothing)?.access.jwt,
            })
        })
    }

    /// A service's verifier that follows the issuer and has its log.
    pub(super) fn verifier(&self, cache_bytes: usize) -> Result<Verifier, Failure> {
        self.runtime.block_on(async {
            let verifier = Verifier::builder(self.url())
                .audience(AUDIENCE)
                .algorithms([Algorithm::EdDSA])
                .cache_bytes(cache_bytes)
                .build()
                .await
                .map_err(unreachable)?;
            if verifier.wait_until_live(PATIENCE).await {
                Ok(verifier)
            } else {
                Err(unreachable("a verifier did not get the log"))
            }
        })
    }

    /// Stops it and takes everything away.
    pub(super) fn stop(self) {
        self.drain.send_replace(true);
        self.runtime.block_on(self.open.close());
    }
}

/// A runtime as the server has it.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| unreachable(format_args!("no runtime: {error}")))
}

/// A directory that goes with it.
pub(super) fn home() -> Result<TempDir, Failure> {
    tempfile::Builder::new()
        .prefix("symbolon-bench-")
        .tempdir()
        .map_err(|error| unreachable(format_args!("no temporary directory: {error}")))
}

/// The same, also when the run is interrupted.
fn home_until_interrupted() -> Result<Home, Failure> {
    let waiting = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(unreachable)?;
    let mut signals = {
        let _within = waiting.enter();
        Signals::new()?
    };
    let (dir, at_work) = (home()?, Arc::default());
    let (path, others) = (dir.path().to_owned(), Arc::clone(&at_work));
    // Measuring does not look up from its work, so somebody else has to. Ends with the process.
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            waiting.block_on(signals.wait());
            let _for_ever = hold(&others);
            // The database may still get a file in it.
            let mut removals = (0..REMOVALS).map(|_| std::fs::remove_dir_all(&path));
            let _gone = removals.any(|removed| removed.is_ok() || !path.exists());
            output::failure(&failed("interrupted"));
            std::process::exit(Exit::Failed as i32);
        })
        .map_err(unreachable)?;
    Ok(Home { dir, at_work })
}

/// The configuration of a throwaway server.
pub(super) fn settings(issuer: &str, listen: &str, ops: &str, data: Option<&Path>) -> String {
    let data = data.map_or_else(String::new, |path| {
        format!("data_dir = {:?}\n", path.display().to_string())
    });
    format!(
        r#"[server]
issuer = "{issuer}"
listen = "{listen}"
ops_listen = "{ops}"
{data}
[registration]
open = true

[revocations]
public = true

[[resources]]
audience = "{AUDIENCE}"
scopes = ["orders:read"]
"#
    )
}
