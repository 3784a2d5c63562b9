//! The keys that sign the revocation log.
//!
//! The one thing that must not be broken: as long as there are keys, no answer of the log waits for
//! others, except one whose own key is not among them.

use std::sync::Arc;

use symbolon_jose::{JwsRules, VerifyError, verify_jws};
use symbolon_protocol::RevocationId;
use tokio::{sync::Mutex, task::JoinSet};
use url::Url;

use super::{
    Connection,
    cooldown::Cooldown,
    key_source::{KeySource, KeySourceError},
    metadata::Endpoints,
};
use crate::{keys::Keys, state::Live};

/// How soon a fetch is tried again that was due and failed, in milliseconds.
const RETRY: i64 = 30_000;

/// Why an answer of the log is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("revocation log {0}")]
    Keys(#[from] KeySourceError),
    #[error("revocation log: {0}")]
    Signature(#[from] VerifyError),
    #[error("revocation log: its keys are not known")]
    NoKeys,
}

/// What is shared with a fetch in the background.
struct Shared {
    keys: Keys,
    source: Mutex<KeySource>,
    endpoints: Endpoints,
    live: Arc<Live>,
    connection: Arc<Connection>,
}

impl Shared {
    /// After how many milliseconds they are to be fetched again.
    async fn fetch(&self) -> Result<i64, KeySourceError> {
        let mut source = self.source.lock().await;
        let url = self.endpoints.load().log_jwks.clone();
        let (connection, log) = (&self.connection, &self.live.log);
        source.fetch(&url, connection, &self.keys, log).await
    }
}

/// The keys, and when they are fetched.
pub(crate) struct LogKeys {
    shared: Arc<Shared>,
    rules: JwsRules,
    /// Where they were when last looked.
    url: Url,
    due: i64,
    cooldown: Cooldown,
    renewing: JoinSet<Result<i64, KeySourceError>>,
}

impl LogKeys {
    pub(crate) fn new(
        live: Arc<Live>,
        connection: Arc<Connection>,
        endpoints: Endpoints,
        rules: JwsRules,
    ) -> Self {
        Self {
            url: endpoints.load().log_jwks.clone(),
            cooldown: Cooldown::new(connection.key_cooldown),
            shared: Arc::new(Shared {
                keys: Keys::new(),
                source: Mutex::default(),
                endpoints,
                live,
                connection,
            }),
            rules,
            due: i64::MIN,
            renewing: JoinSet::new(),
        }
    }

    /// Sees to it that there are keys, and that they are renewed in the background when due.
    pub(crate) async fn keep(&mut self, uptime: i64) -> Result<(), OpenError> {
        while let Some(renewed) = self.renewing.try_join_next() {
            match renewed {
                Ok(Ok(after)) => self.due = uptime.saturating_add(after),
                Ok(Err(error)) => tracing::warn!(%error, "the log's keys are not renewed"),
                // It has panicked; the next one is due soon.
                Err(_) => {}
            }
        }
        let now_at = &self.shared.endpoints.load().log_jwks;
        if self.url != *now_at {
            self.url.clone_from(now_at);
            self.due = i64::MIN;
        }
        if uptime < self.due {
            return Ok(());
        }
        if self.shared.keys.load().is_none() {
            return self.renew(uptime).await;
        }
        self.due = uptime.saturating_add(RETRY);
        let shared = Arc::clone(&self.shared);
        self.renewing.spawn(async move { shared.fetch().await });
        Ok(())
    }

    /// Verifies an answer; for an unknown key they are fetched, once per cooldown of their own.
    pub(crate) async fn open(&mut self, jws: &str, uptime: i64) -> Result<Vec<u8>, OpenError> {
        match self.try_open(jws) {
            Err(OpenError::Signature(VerifyError::KeyUnknown { .. }))
                if self.cooldown.try_take(uptime) =>
            {
                self.renew(uptime).await?;
                self.try_open(jws)
            }
            other => other,
        }
    }

    /// Ends those that are revoked.
    pub(crate) fn withdraw(&self, is_revoked: impl Fn(&RevocationId) -> bool) {
        self.shared.keys.withdraw(is_revoked);
    }

    fn try_open(&self, jws: &str) -> Result<Vec<u8>, OpenError> {
        let keys = self.shared.keys.load();
        let keys = keys.as_ref().ok_or(OpenError::NoKeys)?;
        Ok(verify_jws(jws.trim_ascii_end(), keys.set(), &self.rules)?.into_payload())
    }

    async fn renew(&mut self, uptime: i64) -> Result<(), OpenError> {
        let after = self.shared.fetch().await?;
        self.due = uptime.saturating_add(after);
        Ok(())
    }
}
