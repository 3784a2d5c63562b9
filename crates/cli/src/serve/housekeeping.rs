//! What the server does by the clock.

use std::{sync::Arc, time::Duration};

use symbolon_core::Issuer;
use tokio::{sync::watch, time::MissedTickBehavior};

use super::setup_code;
use crate::data_dir::DataDir;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// How often keys are read that other nodes may have made.
const KEYS_EVERY: Duration = Duration::from_secs(5);

/// Takes in keys of other nodes until the server stops; one that signs here and was revoked there at
/// once.
pub(super) async fn follow_keys(issuer: Arc<Issuer>, mut draining: watch::Receiver<bool>) {
    let mut head = issuer.revocations_head();
    let mut every = tokio::time::interval(KEYS_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            Ok(()) = head.changed() => {
                if !issuer.signs_with_revoked_key() {
                    continue;
                }
            }
            _ = draining.wait_for(|draining| *draining) => return,
        }
        if let Err(error) = issuer.follow_keys().await {
            tracing::warn!(%error, "the keys could not be read");
        }
    }
}

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
