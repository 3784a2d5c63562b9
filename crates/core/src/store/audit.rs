//! Reading the audit trail. Its rows are written by the verbs that they tell of.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{AuditAction, AuditEvent};

/// Which rows are wanted; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only this action.
    pub action: Option<AuditAction>,
    /// Only what was done to the thing with this id.
    pub target: Option<String>,
}

/// The audit trail.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// At most `limit` rows that the filter lets through and that come before `before`, newest
    /// first.
    async fn audit_events(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError>;
}
