//! Running the server: open, listen, wait for a signal, drain, flush.

mod housekeeping;
mod limits;
mod listen;
mod logging;
mod prometheus;
mod setup_code;
mod supervisor;

use std::{path::Path, sync::Arc, time::Duration};

use axum::Router;
use symbolon_gateway::{AuthzOptions, authz_routes};
use symbolon_server::{
    AppState, Connections, ServerSettings, admin_routes, ops_routes, public_routes, serve_tcp,
    serve_unix,
};
use tokio::{net::UnixListener, sync::watch, task::JoinSet};

use crate::{
    config::{Config, Loaded},
    data_dir::{DataDir, DataDirError, LockedDataDir},
    failure::Failure,
    log_head,
    signals::Signals,
    wiring::{OpenIssuer, SessionAuthz, open_issuer},
};

pub(crate) use limits::public_connections as raise_connections;
pub(crate) use prometheus::install as install_metrics;

/// Runs until it is asked to stop.
pub(crate) async fn run(loaded: &Loaded) -> Result<(), Failure> {
    let config = &loaded.config;
    logging::start(&config.log)?;
    let metrics = prometheus::install()?;
    // That another server uses the directory is better to know than that it has our port, too.
    let existing = existing_data(&config.server.data_dir)?;
    // Bound before anything is made: a port that is taken leaves no traces.
    let listeners = listen::bind(config).await?;
    let data = match existing {
        Some(data) => data,
        None => DataDir::open(&config.server.data_dir)?.lock()?,
    };
    if !data.is_private() {
        tracing::warn!(
            data = %data.path().display(),
            "others can look into the data directory: chmod 700 it"
        );
    }
    let mut signals = Signals::new()?;
    let open = open_issuer(config, &data).await?;
    // Last of all, so that a start that fails leaves no socket on which nobody listens.
    let admin = listen::bind_admin(&data)?;
    let (drain, draining) = watch::channel(false);
    let settings = ServerSettings {
        trusted_proxies: config.server.trusted_proxies.clone(),
    };
    let state = AppState::new(
        Arc::clone(&open.issuer),
        settings,
        metrics,
        draining.clone(),
    );
    let server = Server {
        connections: Connections::default(),
        tasks: JoinSet::new(),
        drain,
        draining,
        grace: config.server.shutdown_grace,
    };
    let authz = authz(config, &open);
    if open.store().is_shared() {
        // Before a verifier can poll: no other node may think that it knows of all of them.
        let shared = open.issuer.share_readers(false).await;
        shared.map_err(Failure::unreachable)?;
    }
    listeners.announce(config, loaded);
    // Before anybody is told that it is ready: who waits for that reads the code next.
    setup_code::offer(&open.issuer, &data).await?;
    let server = server.start(
        listeners,
        admin,
        &state,
        authz,
        &open,
        DataDir::clone(&data),
    );
    tracing::info!("ready");
    supervisor::ready(config.server.issuer.as_str());
    let mut server = server;
    let outcome = tokio::select! {
        () = signals.wait() => Ok(()),
        () = server.failed() => Err(Failure::unreachable("a part of the server ended by itself")),
    };
    drop(state);
    server.stop(open, &data).await;
    outcome
}

fn existing_data(path: &Path) -> Result<Option<LockedDataDir>, Failure> {
    match DataDir::existing(path) {
        Ok(data) => Ok(Some(data.lock()?)),
        Err(DataDirError::Missing(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn authz(config: &Config, open: &OpenIssuer) -> Router {
    let options = AuthzOptions {
        https: config.server.issuer.is_https(),
        identity_headers: config.gateway.identity_headers,
    };
    authz_routes(Arc::new(SessionAuthz(Arc::clone(&open.issuer))), options)
}

/// What runs.
struct Server {
    connections: Connections,
    tasks: JoinSet<()>,
    drain: watch::Sender<bool>,
    draining: watch::Receiver<bool>,
    grace: Duration,
}

impl Server {
    fn start(
        mut self,
        listeners: listen::Listeners,
        admin: UnixListener,
        state: &AppState,
        authz: Router,
        open: &OpenIssuer,
        data: DataDir,
    ) -> Self {
        let listen::Listeners { public, ops } = listeners;
        let owner = rustix::process::geteuid().as_raw();
        let (connections, draining) = (&self.connections, &self.draining);
        let routes = public_routes(state, authz);
        self.tasks.spawn(serve_tcp(
            public,
            routes,
            limits::public_connections(),
            connections.clone(),
            draining.clone(),
        ));
        let routes = admin_routes(state);
        self.tasks.spawn(serve_unix(
            admin,
            routes,
            owner,
            connections.clone(),
            draining.clone(),
        ));
        if let Some(ops) = ops {
            let routes = ops_routes(state);
            self.tasks.spawn(serve_tcp(
                ops,
                routes,
                limits::OPS_CONNECTIONS,
                connections.clone(),
                draining.clone(),
            ));
        }
        let issuer = Arc::clone(&open.issuer);
        if open.store().is_shared() {
            let issuer = Arc::clone(&issuer);
            self.tasks.spawn(housekeeping::share_readers(
                Arc::clone(&issuer),
                draining.clone(),
            ));
            self.tasks
                .spawn(housekeeping::follow_keys(issuer, draining.clone()));
        }
        self.tasks
            .spawn(supervisor::live(Arc::clone(&issuer), draining.clone()));
        self.tasks.spawn(log_head::follow(
            Arc::clone(&issuer),
            data.clone(),
            draining.clone(),
        ));
        self.tasks
            .spawn(housekeeping::jobs(Arc::clone(&issuer), draining.clone()));
        self.tasks
            .spawn(housekeeping::run(issuer, data, draining.clone()));
        self
    }

    /// Waits until one of the tasks ends, which none does before it is told to.
    async fn failed(&mut self) {
        if let Some(Err(error)) = self.tasks.join_next().await {
            tracing::error!(%error, "a task ended");
        }
    }

    /// Answers long polls, lets requests finish, then writes what is waiting.
    async fn stop(mut self, open: OpenIssuer, data: &LockedDataDir) {
        tracing::info!("stopping");
        supervisor::stopping();
        self.drain.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task ended");
            }
        }
        let _ = std::fs::remove_file(data.admin_socket());
        if !self.connections.drain(self.grace).await {
            tracing::warn!("requests were still running after server.shutdown_grace");
        }
        log_head::note(&open.issuer, data);
        open.close().await;
        tracing::info!("stopped");
    }
}
