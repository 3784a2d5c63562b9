//! Reading the revocation log from outside.

use symbolon_protocol::{ClientId, Cursor};
use tokio::sync::watch;

use crate::{
    error::Error,
    feed::{Feed, FeedAnswer, Question},
    issuer::Issuer,
};

/// The scope that a client needs to read the log.
pub const READ_SCOPE: &str = "revocations:read";

/// Somebody who may read the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogReader<'a> {
    /// Anybody, since the log is public.
    Anybody,
    /// A client that has proved who it is.
    Client(&'a ClientId),
}

impl Issuer {
    /// The signed answer to a reader's question: for all at that cursor, or, with a nonce, for one.
    ///
    /// # Errors
    /// When there is no key to sign with, or the store cannot say what the log is now: an answer says
    /// that it is of this moment.
    pub async fn revocations(&self, question: Question<'_>) -> Result<FeedAnswer, Error> {
        if !self.is_log_fresh() {
            self.store.catch_up().await?;
        }
        let ring = self.keys.ring();
        let (signer, now) = (ring.log_signer()?, self.ambient.now());
        self.feed.bound_answer(&self.tail, signer, question, now)
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

    /// Who reads the log with this client id and secret, if they may. Takes as long for an unknown
    /// client as for a known one.
    #[must_use]
    pub fn may_read_revocations(&self, client: Option<(&str, &str)>) -> Option<LogReader<'_>> {
        let Some((id, secret)) = client else {
            let public = self.settings.revocations_public;
            return public.then_some(LogReader::Anybody);
        };
        let client = self.authenticate_client(id, secret)?;
        client
            .has_scope(READ_SCOPE)
            .then_some(LogReader::Client(&client.id))
    }

    /// The number of the last entry that a reader at `after` has applied; 0 for a cursor that is
    /// none of this log.
    #[must_use]
    pub fn applied_by(&self, after: Option<Cursor>) -> u64 {
        self.tail.known(after).map_or(0, |after| after.seq)
    }
}
