//! What runs by the clock and not by a request.

use symbolon_protocol::RevocationId;

use crate::{
    error::Error,
    issuer::Issuer,
    keys::{ListedKey, RotateKeys, RotationReport},
    model::AuditContext,
};

impl Issuer {
    /// What every node does for itself: notes what the clock shows, and forgets what can no longer matter of
    /// what it has in memory. To be called every minute or so.
    ///
    /// # Errors
    /// The store's failures; the next call goes on.
    pub async fn keep_house(&self) -> Result<(), Error> {
        let now = self.ambient.now();
        self.tail.forget_expired(now);
        self.feed.forget_pages(now);
        self.sessions.forget_old(now);
        self.throttles.forget_full(now);
        // Each step whatever became of the others; the first failure is told.
        let results = [
            self.note_clock().await,
            self.note_lifetime().await,
            self.compare_clocks().await,
        ];
        results.into_iter().collect()
    }

    /// Rotates the keys that sign access tokens.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a `kid` that is not in use; the store's failures.
    pub async fn rotate_keys(
        &self,
        how: RotateKeys,
        audit: AuditContext,
    ) -> Result<RotationReport, Error> {
        let horizon = self.horizon();
        self.keys.rotate(how, horizon, &self.readers, audit).await
    }

    /// Takes in keys that other nodes have made or revoked, and the epoch that one of them has begun. To be called every few seconds where nodes
    /// share the store, and when [`Self::signs_with_revoked_key`].
    ///
    /// # Errors
    /// The store's failures; the keys at hand stay.
    pub async fn follow_keys(&self) -> Result<(), Error> {
        self.follow_epoch().await?;
        self.keys.follow().await
    }

    /// Whether a key that signs here was revoked by another node.
    #[must_use]
    pub fn signs_with_revoked_key(&self) -> bool {
        let set = self.tail.set();
        let ring = self.keys.ring();
        ring.signing_kids()
            .any(|kid| set.is_revoked(&RevocationId::of_text(kid), 0))
    }

    /// Every signing key, gone ones included, and which readers a *next* one still waits for.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn key_list(&self) -> Result<Vec<ListedKey>, Error> {
        self.keys.list(&self.readers).await
    }

    /// Whether it can do its work: the store takes writes, its clock is ours, and every key is there.
    ///
    /// # Errors
    /// What is missing.
    pub async fn check_ready(&self) -> Result<(), Error> {
        if !self.keys.ring().is_ready() {
            return Err(Error::internal("no keys"));
        }
        self.store.check_writable(self.ambient.now()).await?;
        self.compare_clocks().await
    }
}
