//! What the server does by the clock.

use std::{sync::Arc, time::Duration};

use symbolon_core::{Issuer, store::Lease};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior},
};

use super::setup_code;
use crate::data_dir::DataDir;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// How often a node asks whether it is its turn, at most, while it is another's.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the other nodes have to tell of their readers: three times as long as a node needs that cannot
/// be called.
const HEARD_WITHIN: Duration = Duration::from_secs(3);
/// The shortest pause before it asks again.
const AGAIN_AT_ONCE: Duration = Duration::from_millis(10);

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

/// Tells the other nodes which verifiers poll this one, and hears of theirs, when somebody wants to know.
pub(super) async fn share_readers(issuer: Arc<Issuer>, mut draining: watch::Receiver<bool>) {
    let mut called = false;
    let mut is_failing = false;
    loop {
        let shared = issuer.share_readers(called).await;
        if let Err(error) = &shared
            && !is_failing
        {
            tracing::warn!(%error, "the other nodes are not told which verifiers poll this one");
        }
        is_failing = shared.is_err();
        called = tokio::select! {
            () = tokio::time::sleep(shared.unwrap_or(KEYS_EVERY)) => false,
            () = issuer.readers().wanted() => false,
            () = issuer.called_by_nodes() => true,
            _ = draining.wait_for(|draining| *draining) => return,
        };
    }
}

/// Does what one node does for all, when it is this one's turn, until the server stops. Then it is another's
/// at once.
pub(super) async fn jobs(issuer: Arc<Issuer>, mut draining: watch::Receiver<bool>) {
    // Of three attempts to renew it two may fail.
    let renew = Duration::from_secs(u64::from(issuer.settings().lease_secs)) / 3;
    let mut due = Instant::now();
    let mut is_failing = false;
    loop {
        let claimed = issuer.claim_jobs().await;
        if let Err(error) = &claimed
            && !is_failing
        {
            tracing::warn!(%error, "whose turn the scheduled jobs are is not known");
        }
        is_failing = claimed.is_err();
        let pause = match claimed {
            Ok(Lease::Held) if Instant::now() >= due => {
                let begun = Instant::now();
                if issuer.readers().are_shared() {
                    // A key is not to sign before the verifiers of other nodes have it.
                    let mut hearing = issuer.readers().hear();
                    let _heard = tokio::time::timeout(HEARD_WITHIN, hearing.completed()).await;
                }
                // Each step is a transaction that ends by itself, so it can be left at any moment.
                let ran = tokio::select! {
                    ran = issuer.run_jobs() => ran,
                    _ = draining.wait_for(|draining| *draining) => break,
                };
                if let Err(error) = ran {
                    tracing::warn!(%error, "the scheduled jobs did not finish");
                }
                // From the beginning: what they delete at most is so much a minute.
                due = begun + EVERY;
                renew.min(due.saturating_duration_since(Instant::now()).max(AGAIN))
            }
            Ok(Lease::Held) => renew.min(due.saturating_duration_since(Instant::now())),
            Ok(Lease::Elsewhere { left }) => {
                due = Instant::now();
                left.clamp(AGAIN_AT_ONCE, AGAIN)
            }
            Err(_) => AGAIN,
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = draining.wait_for(|draining| *draining) => break,
        }
    }
    if let Err(error) = issuer.release_jobs().await {
        tracing::warn!(%error, "the other nodes wait for the scheduled jobs until the lease is over");
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
        if let Err(error) = issuer.keep_house().await {
            tracing::warn!(%error, "housekeeping did not finish");
        }
        setup_code::withdraw(&issuer, &data).await;
    }
}
