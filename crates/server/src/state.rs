//! What handlers share.

use std::sync::Arc;

use ipnet::IpNet;
use symbolon_core::Issuer;
use tokio::sync::watch;

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

    /// Until the server is to stop.
    pub(crate) async fn drained(&self) {
        // A sender that is gone drains too.
        let _ = self.draining().wait_for(|draining| *draining).await;
    }

    pub(crate) fn draining(&self) -> watch::Receiver<bool> {
        self.inner.draining.clone()
    }
}
