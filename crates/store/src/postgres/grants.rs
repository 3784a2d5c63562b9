//! Grants: reading one, and using its refresh token.

mod batch;
mod rotate;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use symbolon_core::{
    Timestamp,
    model::{AuditContext, Grant},
    store::{GrantStore, Horizon, RotateGrant, Rotation, StoreError},
};
use symbolon_protocol::GrantId;

pub(super) use self::batch::run;
use super::{PostgresStore, rows};

/// A use of a refresh token, with what its end would say.
pub(super) struct Use {
    rotate: RotateGrant,
    horizon: Horizon,
    audit: AuditContext,
    now: Timestamp,
}

#[async_trait]
impl GrantStore for PostgresStore {
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.runner
            .look(id, |conn, id| rows::grant::by_id(conn, *id).boxed())
            .await
    }

    async fn rotate(
        &self,
        rotate: RotateGrant,
        horizon: Horizon,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let used = Use {
            rotate,
            horizon,
            audit,
            now,
        };
        self.rotations.ask(used).await
    }
}
