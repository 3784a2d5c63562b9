//! Grants: reading one, and using its refresh token.

mod rotate;

use async_trait::async_trait;
use symbolon_core::{
    Timestamp,
    model::{AuditContext, Grant},
    store::{GrantStore, Horizon, RotateGrant, Rotation, StoreError},
};
use symbolon_protocol::GrantId;

use super::{SqliteStore, rows};

#[async_trait]
impl GrantStore for SqliteStore {
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.read(move |conn| rows::grant::by_id(conn, id)).await
    }

    async fn rotate(
        &self,
        rotate: RotateGrant,
        horizon: Horizon,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        self.write(move |tx| rotate::rotate(tx, &rotate, horizon, &audit, now))
            .await
    }
}
