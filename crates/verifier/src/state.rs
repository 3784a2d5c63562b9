//! What the verifying side and the background task share.

use std::sync::Arc;

#[cfg(feature = "client")]
use arc_swap::ArcSwapOption;
use symbolon_jose::Validation;

use crate::{clock::Clock, dpop::Checker, keys::Keys};
#[cfg(feature = "client")]
use crate::{
    demand::OnStale,
    health::Health,
    http::{backoff::Backoff, cooldown::Cooldown},
    introspect::Introspector,
    log::Log,
};

pub(crate) struct State {
    pub(crate) validation: Validation,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Keys,
    pub(crate) dpop: Option<Checker>,
    #[cfg(feature = "client")]
    pub(crate) live: Option<Arc<Live>>,
}

/// What only a verifier that follows an issuer has.
#[cfg(feature = "client")]
pub(crate) struct Live {
    pub(crate) log: Arc<Log>,
    pub(crate) on_stale: OnStale,
    pub(crate) introspector: Introspector,
    pub(crate) health: Health,
    pub(crate) key_cooldown: Cooldown,
    /// SHA-256 of the JWKS we hold, base64url; told with each poll, so that a key rotation can
    /// wait for its readers.
    pub(crate) held_keys: ArcSwapOption<String>,
    /// Wakes the task that fetches the token keys.
    pub(crate) keys_wanted: tokio::sync::Notify,
    /// Wakes the task that fetches the metadata.
    pub(crate) metadata_wanted: tokio::sync::Notify,
}

#[cfg(feature = "client")]
impl Live {
    /// What has failed for long may have moved.
    pub(crate) fn ask_for_metadata_after(&self, backoff: &Backoff) {
        if backoff.is_long() {
            self.metadata_wanted.notify_one();
        }
    }
}
