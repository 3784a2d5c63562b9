//! What systemd is told of us, if it is what started us (`Type=notify`): that we are ready, that we
//! stop, and, where it watches (`WatchdogSec=`), that we still live.
//!
//! The one thing that must not be broken: a sign of life comes from where the work is done. It is
//! sent after the writer has answered, so a process whose writer hangs is started anew.

use std::sync::Arc;

use sd_notify::NotifyState;
use symbolon_core::Issuer;
use tokio::sync::watch;

/// Whoever waits for us may go on.
pub(super) fn ready(issuer: &str) {
    let status = format!("serving {issuer}");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// We let requests finish and end.
pub(super) fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("finishing requests"),
    ]);
}

/// Sends signs of life, twice in the time that is asked for, until `draining` turns true.
pub(super) async fn live(issuer: Arc<Issuer>, mut draining: watch::Receiver<bool>) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        let _ = draining.wait_for(|draining| *draining).await;
        return;
    };
    let mut ticks = tokio::time::interval(limit / 2);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = draining.wait_for(|draining| *draining) => return,
        }
        // A store that fails is not mended by a new process, so any answer counts.
        if let Err(error) = issuer.check_ready().await {
            tracing::warn!(%error, "not ready");
        }
        tell(&[NotifyState::Watchdog]);
    }
}

/// Does nothing where nobody wants to be told.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager was not told");
    }
}
