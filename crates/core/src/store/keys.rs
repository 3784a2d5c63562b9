//! Signing keys and server secrets, sealed. Revoking a key is a [`super::Change`].

use async_trait::async_trait;
use symbolon_protocol::Timestamp;

use super::StoreError;
use crate::model::{AuditContext, ServerSecret, SigningKeyRecord};

/// What a new issuer starts with.
#[derive(Debug, Clone)]
pub struct InitialKeys {
    /// Keys in state active.
    pub keys: Vec<SigningKeyRecord>,
    /// The first server secret.
    pub secret: ServerSecret,
}

/// Which *next* key may begin to sign. It is named, so that whoever decided that for one key and was
/// late does not let its successor sign, which nobody may have fetched yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromoteKey {
    /// Its `kid`.
    pub kid: String,
    /// Until when the key that it relieves stays published.
    pub retired_until: Timestamp,
}

/// Keys.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Whether other processes work on the same store, so that keys change without this one.
    fn is_shared(&self) -> bool {
        false
    }

    /// All signing keys, oldest first, gone ones included.
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError>;

    /// All server secrets, oldest first.
    async fn server_secrets(&self) -> Result<Vec<ServerSecret>, StoreError>;

    /// Keeps the initial keys if there are none at all; otherwise changes nothing. Answers whether
    /// it did.
    async fn initialise_keys(
        &self,
        initial: InitialKeys,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Publishes a key in state next, unless its purpose and algorithm have one already. Answers
    /// whether it did.
    async fn add_next_key(
        &self,
        key: SigningKeyRecord,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Lets this key sign, if it is a next one, and retires the active one of its purpose and
    /// algorithm, in one transaction. Answers whether it did.
    async fn promote_key(
        &self,
        promote: PromoteKey,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Lets retired keys whose time in the JWKS is over be gone, and wipes their private halves.
    async fn expire_keys(&self, now: Timestamp) -> Result<(), StoreError>;

    /// Keeps a further server secret; new refresh tokens are made with the highest id.
    async fn add_server_secret(
        &self,
        secret: ServerSecret,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
