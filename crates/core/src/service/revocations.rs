//! Reading the revocation log from outside.

use symbolon_protocol::Cursor;
use tokio::sync::watch;

use crate::{
    error::Error,
    feed::{Feed, FeedAnswer},
    issuer::Issuer,
};

/// The scope that a client needs to read the log.
pub const READ_SCOPE: &str = "revocations:read";

impl Issuer {
    /// The signed answer for a reader at `after`.
    ///
    /// # Errors
    /// When there is no key to sign with.
    pub fn revocations(&self, after: Option<Cursor>) -> Result<FeedAnswer, Error> {
        let ring = self.keys.ring();
        self.feed
            .answer(&self.tail, ring.log_signer()?, after, self.ambient.now())
    }

    /// Whether a reader at `after` has anything to learn.
    #[must_use]
    pub fn has_revocations_after(&self, after: Option<Cursor>) -> bool {
        Feed::has_news(&self.tail, after)
    }

    /// Changes whenever the log grows.
    #[must_use]
    pub fn revocations_head(&self) -> watch::Receiver<Cursor> {
        self.tail.subscribe()
    }

    /// Whether this client, with this secret, may read the log. Takes as long for an unknown
    /// client as for a known one.
    #[must_use]
    pub fn may_read_revocations(&self, client: Option<(&str, &str)>) -> bool {
        let Some((id, secret)) = client else {
            return self.settings.revocations_public;
        };
        self.settings.clients.iter().any(|known| {
            let matches = known.secret.matches(secret);
            matches
                && known.id.as_str() == id
                && known.scopes.iter().any(|scope| scope == READ_SCOPE)
        })
    }
}
