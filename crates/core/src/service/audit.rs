//! The audit trail, as administrators read it.

use crate::{error::Error, issuer::Issuer, model::AuditEvent, store::AuditFilter};

/// Rows on one page at most.
const MAX_PAGE: u32 = 1_000;

/// A page of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Newest first.
    pub events: Vec<AuditEvent>,
    /// Before which number the next page begins, if there is one.
    pub next: Option<u64>,
}

impl Issuer {
    /// A page of the audit trail.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn audit_trail(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<AuditPage, Error> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut events = self.store.audit_events(filter, before, limit + 1).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|event| event.seq);
        Ok(AuditPage { events, next })
    }
}
