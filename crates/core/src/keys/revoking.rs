//! Revoking keys: they are gone at once, and the log tells everybody.

use symbolon_protocol::EndReason;

use super::{KeyService, RotationReport};
use crate::{
    error::Error,
    model::{AuditContext, KeyPurpose, KeyState, SigningKeyRecord},
    store::{Change, ChangeOutcome, ChangeRequest, Horizon},
};

/// Why keys are revoked, by whom, and how long that is remembered.
struct Cause<'a> {
    reason: EndReason,
    horizon: Horizon,
    audit: &'a AuditContext,
}

impl KeyService {
    pub(super) async fn revoke_compromised(
        &self,
        kid: Option<String>,
        horizon: Horizon,
        audit: &AuditContext,
    ) -> Result<RotationReport, Error> {
        let is_meant = |key: &SigningKeyRecord| match &kid {
            Some(kid) => key.kid == *kid && !matches!(key.state, KeyState::Gone { .. }),
            None => {
                key.purpose == KeyPurpose::Token && matches!(key.state, KeyState::Active { .. })
            }
        };
        let cause = Cause {
            reason: EndReason::KeyCompromised,
            horizon,
            audit,
        };
        let report = self.revoke(is_meant, &cause).await?;
        if report.revoked.is_empty() {
            return Err(Error::NotFound { what: "key in use" });
        }
        Ok(report)
    }

    pub(super) async fn replace_all(
        &self,
        horizon: Horizon,
        audit: &AuditContext,
    ) -> Result<RotationReport, Error> {
        let cause = Cause {
            reason: EndReason::Restored,
            horizon,
            audit,
        };
        let in_use = |key: &SigningKeyRecord| !matches!(key.state, KeyState::Gone { .. });
        let revoked = self.revoke(in_use, &cause).await?;
        let RotationReport { server_secret, .. } = self.add_secret(audit).await?;
        Ok(RotationReport {
            server_secret,
            ..revoked
        })
    }

    async fn revoke(
        &self,
        is_meant: impl Fn(&SigningKeyRecord) -> bool + Send,
        cause: &Cause<'_>,
    ) -> Result<RotationReport, Error> {
        let mut report = RotationReport::default();
        let mut keys = self.store.signing_keys().await?;
        keys.retain(is_meant);
        for key in keys {
            self.revoke_one(key, cause, &mut report).await?;
        }
        Ok(report)
    }

    async fn revoke_one(
        &self,
        key: SigningKeyRecord,
        cause: &Cause<'_>,
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
            reason: cause.reason,
            audit: cause.audit.clone(),
            horizon: cause.horizon,
            now,
        };
        // Nothing appended: another node was faster.
        if let ChangeOutcome::Applied(applied) = self.store.change(request).await?
            && !applied.revocations.is_empty()
        {
            report.revoked.push(key.kid);
            if matches!(key.state, KeyState::Active { .. }) {
                report.activated.push(new_kid);
            }
        }
        Ok(())
    }
}
