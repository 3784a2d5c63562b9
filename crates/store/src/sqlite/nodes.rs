//! There is one process: whatever one does for all, it does.

use async_trait::async_trait;
use symbolon_core::{
    Timestamp,
    store::{Duty, Lease, LeaseClaim, NodeStore, StoreError},
};

use super::SqliteStore;

#[async_trait]
impl NodeStore for SqliteStore {
    async fn claim_lease(&self, _: LeaseClaim) -> Result<Lease, StoreError> {
        Ok(Lease::Held)
    }

    async fn release_lease(&self, _: Duty, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}
