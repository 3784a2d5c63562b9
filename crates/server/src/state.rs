//! What handlers share.

use std::{sync::Arc, time::Duration};

use ipnet::IpNet;
use symbolon_core::Issuer;
use tokio::sync::watch;

/// How long other nodes have to tell which verifiers poll them.
const HEARD_WITHIN: Duration = Duration::from_secs(1);

/// Settings of the HTTP surface.
#[derive(Debug, Clone, Default)]
pub struct ServerSettings {
    /// Peers whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// Renders the process's metrics in the Prometheus text format.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: Arc<Issuer>,
    settings: ServerSettings,
    metrics: Metrics,
    draining: watch::Receiver<bool>,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState")
            .field("issuer", &self.inner.issuer)
            .finish_non_exhaustive()
    }
}

impl AppState {
    /// From its parts. `draining` turns true when the server is to stop: long polls are answered
    /// then.
    #[must_use]
    pub fn new(
        issuer: Arc<Issuer>,
        settings: ServerSettings,
        metrics: Metrics,
        draining: watch::Receiver<bool>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                issuer,
                settings,
                metrics,
                draining,
            }),
        }
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        &self.inner.issuer
    }

    pub(crate) fn settings(&self) -> &ServerSettings {
        &self.inner.settings
    }

    pub(crate) fn render_metrics(&self) -> String {
        (self.inner.metrics)()
    }

    /// Sees to it that the verifiers that poll other nodes are known, unless one of those does not say.
    pub(crate) async fn hear_of_verifiers(&self) {
        let readers = self.issuer().readers();
        if readers.are_shared() {
            let _heard = tokio::time::timeout(HEARD_WITHIN, readers.hear().completed()).await;
        }
    }

    /// Until the server is to stop.
    pub(crate) async fn drained(&self) {
        // A sender that is gone drains too.
        let _ = self.draining().wait_for(|draining| *draining).await;
    }

    pub(crate) fn draining(&self) -> watch::Receiver<bool> {
        self.inner.draining.clone()
    }
}
