//! Rotating and revoking keys.

use symbolon_jose::Algorithm;
use symbolon_protocol::{EndReason, Timestamp};

use super::{KeyService, LOG_ALGORITHM};
use crate::{
    error::Error,
    model::{AuditContext, KeyPurpose, KeyState, SigningKeyRecord},
    settings::MAX_LEEWAY_SECS,
    store::{Change, ChangeOutcome, ChangeRequest, Horizon, PromoteKey},
};

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
}

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RotationReport {
    /// Keys that began to sign.
    pub activated: Vec<String>,
    /// Keys that wait, and from when they may sign.
    pub waiting: Vec<(String, Timestamp)>,
    /// Keys that were revoked.
    pub revoked: Vec<String>,
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
        audit: AuditContext,
    ) -> Result<RotationReport, Error> {
        let report = match how {
            RotateKeys::Orderly => self.rotate_orderly(&audit).await,
            RotateKeys::Emergency { kid } => self.revoke(kid, horizon, &audit).await,
        };
        // Also after a failure half-way: what was done must be signed with.
        self.reload().await?;
        report
    }

    async fn rotate_orderly(&self, audit: &AuditContext) -> Result<RotationReport, Error> {
        let now = self.ambient.now();
        let mut report = RotationReport::default();
        for algorithm in self.settings.algorithms() {
            let next = self.make_key(KeyPurpose::Token, algorithm, KeyState::Next, now)?;
            self.store.add_next_key(next, audit.clone(), now).await?;
            self.promote(
                KeyPurpose::Token,
                algorithm,
                self.published_by(now),
                audit,
                &mut report,
            )
            .await?;
        }
        Ok(report)
    }

    /// The latest moment at which a key must have been published to sign at `now`.
    fn published_by(&self, now: Timestamp) -> Timestamp {
        now.plus_secs(-i64::from(self.settings.keys.jwks_max_age_secs) - 1)
    }

    async fn promote(
        &self,
        purpose: KeyPurpose,
        algorithm: Algorithm,
        published_by: Timestamp,
        audit: &AuditContext,
        report: &mut RotationReport,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let last_token = i64::from(self.settings.highest_lifetime_secs()) + MAX_LEEWAY_SECS;
        let promote = PromoteKey {
            purpose,
            algorithm,
            published_by,
            retired_until: now.plus_secs(last_token + 1),
        };
        let promoted = self.store.promote_key(promote, audit.clone(), now).await?;
        for key in self.store.signing_keys().await? {
            if key.purpose != purpose || key.algorithm != algorithm {
                continue;
            }
            match key.state {
                KeyState::Next => {
                    let age = i64::from(self.settings.keys.jwks_max_age_secs) + 1;
                    report
                        .waiting
                        .push((key.kid, key.created_at.plus_secs(age)));
                }
                KeyState::Active { .. } if promoted => report.activated.push(key.kid),
                _ => {}
            }
        }
        Ok(())
    }

    async fn revoke(
        &self,
        kid: Option<String>,
        horizon: Horizon,
        audit: &AuditContext,
    ) -> Result<RotationReport, Error> {
        let in_use: Vec<_> = self
            .store
            .signing_keys()
            .await?
            .into_iter()
            .filter(|key| match &kid {
                Some(kid) => key.kid == *kid && !matches!(key.state, KeyState::Gone { .. }),
                None => {
                    key.purpose == KeyPurpose::Token && matches!(key.state, KeyState::Active { .. })
                }
            })
            .collect();
        if in_use.is_empty() {
            return Err(Error::NotFound { what: "key in use" });
        }
        let mut report = RotationReport::default();
        for key in in_use {
            self.revoke_one(key, horizon, audit, &mut report).await?;
        }
        Ok(report)
    }

    async fn revoke_one(
        &self,
        key: SigningKeyRecord,
        horizon: Horizon,
        audit: &AuditContext,
        report: &mut RotationReport,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let replacement = self.make_key(
            key.purpose,
            key.algorithm,
            KeyState::Active { since: now },
            now,
        )?;
        let new_kid = replacement.kid.clone();
        let change = Change::RevokeKey {
            kid: key.kid.clone(),
            replacement: Box::new(replacement),
        };
        let request = ChangeRequest {
            change,
            reason: EndReason::KeyCompromised,
            audit: audit.clone(),
            horizon,
            now,
        };
        match self.store.change(request).await? {
            ChangeOutcome::Applied(_) => {
                report.revoked.push(key.kid);
                if matches!(key.state, KeyState::Active { .. }) {
                    report.activated.push(new_kid);
                }
                Ok(())
            }
            _ => Err(Error::NotFound { what: "key in use" }),
        }
    }

    /// What is due: publishes the next keys `next_ahead` before the active ones reach
    /// `rotate_every`, lets published ones sign when their time has come, and drops expired ones
    /// from the JWKS. To be called every minute or so.
    ///
    /// # Errors
    /// The store's failures; nothing is half-done, the next call goes on.
    pub async fn maintain(&self) -> Result<(), Error> {
        let now = self.ambient.now();
        let audit = AuditContext::system();
        let settings = self.settings.keys;
        let kinds = self
            .settings
            .algorithms()
            .into_iter()
            .map(|algorithm| (KeyPurpose::Token, algorithm))
            .chain([(KeyPurpose::Log, LOG_ALGORITHM)]);
        let keys = self.store.signing_keys().await?;
        for (purpose, algorithm) in kinds {
            let of_kind =
                |key: &&SigningKeyRecord| key.purpose == purpose && key.algorithm == algorithm;
            let active_since = keys.iter().filter(of_kind).find_map(|key| match key.state {
                KeyState::Active { since } => Some(since),
                _ => None,
            });
            let has_next = keys
                .iter()
                .filter(of_kind)
                .any(|key| key.state == KeyState::Next);
            let ahead = i64::from(settings.rotate_every_secs)
                .saturating_sub(i64::from(settings.next_ahead_secs));
            if !has_next && active_since.is_some_and(|since| now >= since.plus_secs(ahead)) {
                let next = self.make_key(purpose, algorithm, KeyState::Next, now)?;
                self.store.add_next_key(next, audit.clone(), now).await?;
            }
            let due = self
                .published_by(now)
                .min(self.scheduled_by(active_since, now));
            self.promote(
                purpose,
                algorithm,
                due,
                &audit,
                &mut RotationReport::default(),
            )
            .await?;
        }
        self.reload().await
    }

    /// Scheduled keys wait `next_ahead`; a key that an administrator asked for waits `max-age` only,
    /// which is told by the active key not being due.
    fn scheduled_by(&self, active_since: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let settings = self.settings.keys;
        let ahead = i64::from(settings.rotate_every_secs) - i64::from(settings.next_ahead_secs);
        match active_since {
            Some(since) if now >= since.plus_secs(ahead) => {
                now.plus_secs(-i64::from(settings.next_ahead_secs))
            }
            _ => now,
        }
    }

    pub(super) async fn add_missing_algorithms(&self) -> Result<(), Error> {
        let now = self.ambient.now();
        let audit = AuditContext::system();
        let mut missing = false;
        for algorithm in self.settings.algorithms() {
            if self.ring().token_signer(algorithm).is_ok() {
                continue;
            }
            missing = true;
            let next = self.make_key(KeyPurpose::Token, algorithm, KeyState::Next, now)?;
            self.store.add_next_key(next, audit.clone(), now).await?;
            // Nothing else can sign these tokens, so there is nothing to wait for.
            let mut report = RotationReport::default();
            self.promote(KeyPurpose::Token, algorithm, now, &audit, &mut report)
                .await?;
        }
        if missing { self.reload().await } else { Ok(()) }
    }
}
