//! What the server does by the clock.

use std::{sync::Arc, time::Duration};

use symbolon_core::Issuer;
use tokio::{sync::watch, time::MissedTickBehavior};

use super::setup_code;
use crate::data_dir::DataDir;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Keeps house until the server stops. A failure is told and tried again.
pub(super) async fn run(issuer: Arc<Issuer>, data: DataDir, mut draining: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            _ = draining.wait_for(|draining| *draining) => return,
        }
        if let Err(error) = issuer.housekeep().await {
            tracing::warn!(%error, "housekeeping did not finish");
        }
        setup_code::withdraw(&issuer, &data).await;
    }
}
