//! Rotating keys.

use symbolon_jose::Algorithm;
use symbolon_protocol::Timestamp;

use super::{KeyService, LOG_ALGORITHM, NODES_SECS, Published};
use crate::{
    error::Error,
    model::{AuditContext, KeyPurpose, KeyState, SigningKeyRecord},
    readers::{ReaderName, Readers},
    settings::{MAX_LEEWAY_SECS, MAX_SETTLING_SECS},
    store::{Horizon, PromoteKey},
};

/// Seconds that readers without a *next* key hold it up at most, beyond the moment from which it
/// may sign: whoever has not fetched it by then cannot fetch at all.
const HELD_UP_SECS: i64 = 3_600;

/// How to rotate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotateKeys {
    /// Publish the next keys and let them sign once every verifier could have fetched them.
    Orderly,
    /// A key is compromised: it is refused everywhere at once, a new one signs at once.
    Emergency {
        /// Which; `None`: every active token key.
        kid: Option<String>,
    },
    /// Another server secret makes refresh tokens from now on; those of earlier ones stay good and
    /// are replaced as they are used.
    ServerSecret,
    /// The store was restored: every key of either purpose that is not gone is revoked as in an
    /// emergency, and another server secret makes refresh tokens.
    Restored,
}

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RotationReport {
    /// Keys that began to sign.
    pub activated: Vec<String>,
    /// Keys that wait.
    pub waiting: Vec<WaitingKey>,
    /// Keys that were revoked.
    pub revoked: Vec<String>,
    /// The number of the server secret that makes refresh tokens from now on.
    pub server_secret: Option<u32>,
}

/// A key that does not sign yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingKey {
    /// Which.
    pub kid: String,
    /// From when it may sign; later by an hour at most if readers do not fetch it.
    pub signs_from: Timestamp,
    /// The readers that have not fetched it.
    pub missing: Vec<ReaderName>,
}

/// What one rotation works with.
struct Work<'a> {
    horizon: Horizon,
    audit: &'a AuditContext,
    published: &'a Published,
    readers: &'a Readers,
}

/// What of keys goes together: one signs, one may be next.
type Line = (KeyPurpose, Algorithm);

fn is_of(line: Line) -> impl Fn(&&SigningKeyRecord) -> bool {
    move |key| (key.purpose, key.algorithm) == line
}

fn active_since(keys: &[SigningKeyRecord], line: Line) -> Option<Timestamp> {
    keys.iter()
        .filter(is_of(line))
        .find_map(|key| match key.state {
            KeyState::Active { since } => Some(since),
            _ => None,
        })
}

fn next_of(keys: &[SigningKeyRecord], line: Line) -> Option<&SigningKeyRecord> {
    keys.iter()
        .filter(is_of(line))
        .find(|key| key.state == KeyState::Next)
}

impl KeyService {
    /// Rotates the token keys.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a `kid` that is not in use; the store's failures.
    pub async fn rotate(
        &self,
        how: RotateKeys,
        horizon: Horizon,
        readers: &Readers,
        audit: AuditContext,
    ) -> Result<RotationReport, Error> {
        let mut published = self.changing.lock().await;
        let report = match how {
            RotateKeys::Orderly => {
                self.rotate_orderly(horizon, &audit, &mut published, readers)
                    .await
            }
            RotateKeys::Emergency { kid } => self.revoke_compromised(kid, horizon, &audit).await,
            RotateKeys::ServerSecret => self.add_secret(&audit).await,
            RotateKeys::Restored => self.replace_all(horizon, &audit).await,
        };
        // Also after a failure half-way: what was done must be signed with.
        self.reload(&mut published).await?;
        report
    }

    async fn rotate_orderly(
        &self,
        horizon: Horizon,
        audit: &AuditContext,
        published: &mut Published,
        readers: &Readers,
    ) -> Result<RotationReport, Error> {
        for algorithm in self.settings.algorithms() {
            self.publish_next((KeyPurpose::Token, algorithm), audit)
                .await?;
        }
        self.reload(published).await?;
        let mut report = RotationReport::default();
        let work = Work {
            horizon,
            audit,
            published,
            readers,
        };
        for algorithm in self.settings.algorithms() {
            self.promote_ready((KeyPurpose::Token, algorithm), &work, &mut report)
                .await?;
        }
        Ok(report)
    }

    pub(super) async fn add_secret(&self, audit: &AuditContext) -> Result<RotationReport, Error> {
        let now = self.ambient.now();
        let (newest, _) = self.ring().newest_secret()?;
        let secret = self.make_secret(newest + 1, now)?;
        self.store
            .add_server_secret(secret, audit.clone(), now)
            .await?;
        Ok(RotationReport {
            server_secret: Some(newest + 1),
            ..RotationReport::default()
        })
    }

    async fn publish_next(&self, line: Line, audit: &AuditContext) -> Result<(), Error> {
        let now = self.ambient.now();
        let next = self.make_key(line.0, line.1, KeyState::Next, now)?;
        self.store.add_next_key(next, audit.clone(), now).await?;
        Ok(())
    }

    /// From when a next key may sign: every verifier could have fetched it, and a scheduled one has
    /// also been there for clients that ignore `max-age`.
    fn signs_from(
        &self,
        key: &SigningKeyRecord,
        is_scheduled: bool,
        published: &Published,
    ) -> Timestamp {
        let settings = self.settings.keys;
        let served = published
            .since(&key.kid)
            .unwrap_or_else(|| self.ambient.now());
        // Another node serves it a little later than this one.
        let elsewhere = if self.store.is_shared() {
            NODES_SECS
        } else {
            0
        };
        let fetched = served.plus_secs(i64::from(settings.jwks_max_age_secs) + 1 + elsewhere);
        if is_scheduled {
            let ahead = i64::from(settings.next_ahead_secs);
            fetched.max(key.created_at.plus_secs(ahead))
        } else {
            fetched
        }
    }

    /// The same of a key that is *next* among these.
    pub(super) fn next_signs_from(
        &self,
        key: &SigningKeyRecord,
        keys: &[SigningKeyRecord],
        published: &Published,
    ) -> Option<Timestamp> {
        let line = (key.purpose, key.algorithm);
        let is_scheduled = self.is_due(active_since(keys, line), self.ambient.now());
        (key.state == KeyState::Next).then(|| self.signs_from(key, is_scheduled, published))
    }

    /// Lets the next key of a line sign if its time has come.
    async fn promote_ready(
        &self,
        line: Line,
        work: &Work<'_>,
        report: &mut RotationReport,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let keys = self.store.signing_keys().await?;
        let Some(next) = next_of(&keys, line) else {
            return Ok(());
        };
        let is_scheduled = self.is_due(active_since(&keys, line), now);
        let from = self.signs_from(next, is_scheduled, work.published);
        let missing = work.published.missing(next, work.readers);
        // A node that does not tell of its readers holds it up like a reader that does not fetch.
        let is_fetched = missing.is_empty() && work.readers.has_heard();
        if now < from || (!is_fetched && now < from.plus_secs(HELD_UP_SECS)) {
            report.waiting.push(WaitingKey {
                kid: next.kid.clone(),
                signs_from: from,
                missing,
            });
            return Ok(());
        }
        for reader in missing {
            tracing::warn!(%reader, kid = next.kid, "signs with a key that this reader lacks");
        }
        if self.promote(&next.kid, work.horizon, work.audit).await? {
            report.activated.push(next.kid.clone());
        }
        Ok(())
    }

    async fn promote(
        &self,
        kid: &str,
        horizon: Horizon,
        audit: &AuditContext,
    ) -> Result<bool, Error> {
        let now = self.ambient.now();
        let last_token = horizon.lifetime_secs + MAX_SETTLING_SECS + MAX_LEEWAY_SECS + 1;
        let promote = PromoteKey {
            kid: kid.to_owned(),
            retired_until: now.plus_secs(last_token),
        };
        Ok(self.store.promote_key(promote, audit.clone(), now).await?)
    }

    /// What is due: publishes the next keys `next_ahead` before the active ones reach
    /// `rotate_every`, lets published ones sign when their time has come, and drops expired ones
    /// with their private halves. To be called every minute or so.
    ///
    /// # Errors
    /// The store's failures; nothing is half-done, the next call goes on.
    pub async fn maintain(&self, horizon: Horizon, readers: &Readers) -> Result<(), Error> {
        let mut published = self.changing.lock().await;
        let now = self.ambient.now();
        let audit = AuditContext::system();
        let tokens = self.settings.algorithms().into_iter();
        let lines: Vec<Line> = tokens
            .map(|algorithm| (KeyPurpose::Token, algorithm))
            .chain([(KeyPurpose::Log, LOG_ALGORITHM)])
            .collect();
        let keys = self.store.signing_keys().await?;
        for line in &lines {
            let is_due = self.is_due(active_since(&keys, *line), now);
            if is_due && next_of(&keys, *line).is_none() {
                self.publish_next(*line, &audit).await?;
            }
        }
        self.store.expire_keys(now).await?;
        self.reload(&mut published).await?;
        let mut report = RotationReport::default();
        for line in lines {
            let work = Work {
                horizon,
                audit: &audit,
                published: &published,
                readers,
            };
            self.promote_ready(line, &work, &mut report).await?;
        }
        if report.activated.is_empty() {
            Ok(())
        } else {
            self.reload(&mut published).await
        }
    }

    /// Whether the active key's successor is to be published by schedule.
    fn is_due(&self, active_since: Option<Timestamp>, now: Timestamp) -> bool {
        let settings = self.settings.keys;
        let ahead = i64::from(settings.rotate_every_secs) - i64::from(settings.next_ahead_secs);
        active_since.is_some_and(|since| now >= since.plus_secs(ahead))
    }

    pub(super) async fn add_missing_algorithms(
        &self,
        published: &mut Published,
    ) -> Result<(), Error> {
        let audit = AuditContext::system();
        for algorithm in self.settings.algorithms() {
            if self.ring().token_signer(algorithm).is_ok() {
                continue;
            }
            let line = (KeyPurpose::Token, algorithm);
            self.publish_next(line, &audit).await?;
            // Nothing else can sign these tokens, so there is nothing to wait for; and no key
            // retires, so how long one would stay published does not matter.
            let horizon = Horizon {
                until: 0,
                lifetime_secs: 0,
            };
            let keys = self.store.signing_keys().await?;
            if let Some(next) = next_of(&keys, line) {
                self.promote(&next.kid, horizon, &audit).await?;
            }
            self.reload(published).await?;
        }
        Ok(())
    }
}
