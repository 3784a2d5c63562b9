//! What is done to a store that was restored, before it is ever served.

use symbolon_protocol::EndReason;

use super::count_ended;
use crate::{
    error::Error,
    issuer::Issuer,
    keys::{RotateKeys, RotationReport},
    model::AuditContext,
    store::{Applied, Change, ChangeOutcome, ChangeRequest, EndedCount},
};

/// Sessions, and grants, that one transaction ends.
const PAGE: u32 = 1_000;

/// What becomes of what the restored store says is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoredCredentials {
    /// All of it ends: what was ended after the backup was made would be good again otherwise.
    End,
    /// It stays good, also what was ended after the backup was made.
    DangerousKeep,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The log's new epoch.
    pub epoch: String,
    /// What was ended.
    pub ended: EndedCount,
    /// The keys that were revoked, those that sign instead, and the new server secret.
    pub keys: RotationReport,
}

impl Issuer {
    /// Begins anew on a restored store: another epoch, and unless credentials are kept, other keys
    /// for everything and the end of all sessions and grants, in pages; `progress` is told how much
    /// has ended so far. May be repeated if it did not come to its end.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn renew(
        &self,
        credentials: RestoredCredentials,
        audit: AuditContext,
        mut progress: impl FnMut(EndedCount) + Send,
    ) -> Result<Renewed, Error> {
        self.begin_epoch(audit.clone()).await?;
        let mut renewed = Renewed {
            epoch: (*self.tail.epoch()).to_owned(),
            ended: EndedCount::default(),
            keys: RotationReport::default(),
        };
        if credentials == RestoredCredentials::DangerousKeep {
            return Ok(renewed);
        }
        renewed.keys = self
            .rotate_keys(RotateKeys::Restored, audit.clone())
            .await?;
        loop {
            let Applied { revocations, ended } = self.end_page(&audit).await?;
            if revocations.is_empty() {
                return Ok(renewed);
            }
            let total = &mut renewed.ended;
            total.sessions = total.sessions.saturating_add(ended.sessions);
            total.grants = total.grants.saturating_add(ended.grants);
            progress(*total);
        }
    }

    async fn end_page(&self, audit: &AuditContext) -> Result<Applied, Error> {
        let reason = EndReason::Restored;
        let request = ChangeRequest {
            change: Change::EndEverything { limit: PAGE },
            reason,
            audit: audit.clone(),
            horizon: self.horizon(),
            now: self.ambient.now(),
        };
        match self.store.change(request).await? {
            ChangeOutcome::Applied(applied) => {
                count_ended(reason, applied.ended);
                Ok(applied)
            }
            other => Err(Error::internal(format_args!(
                "ending everything came to {other:?}"
            ))),
        }
    }
}
