//! One published JWKS and how it is kept up to date.
//!
//! The one thing that must not be broken: a fetch that fails, or brings something unreadable,
//! leaves the keys we have.

use std::{str::Utf8Error, time::Duration};

use reqwest::header::{HeaderValue, IF_NONE_MATCH};
use symbolon_jose::{JwkSet, KeyError};
use symbolon_protocol::JwksHash;
use url::Url;

use super::{
    Connection, TIMEOUT,
    fetch::{self, FetchError, Request},
};
use crate::{keys::Keys, log::Log};

const MAX_BYTES: usize = 256 * 1024;
/// How long keys count as current when the issuer does not say.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(300);
/// An issuer's `max-age` is followed between these. The shorter is below what an issuer of ours can
/// say: a new key may sign as soon as `max-age` has passed.
const MIN_MAX_AGE: Duration = Duration::from_secs(5);
const MAX_MAX_AGE: Duration = Duration::from_secs(3_600);

/// Why the keys could not be renewed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeySourceError {
    #[error("keys: {0}")]
    Fetch(#[from] FetchError),
    #[error("keys: the JWKS is not text")]
    Text(#[from] Utf8Error),
    #[error("keys: {0}")]
    Keys(#[from] KeyError),
}

/// What was last seen, and where.
#[derive(Debug, Default)]
pub(crate) struct KeySource {
    etag: Option<(Url, HeaderValue)>,
    hash: Option<JwksHash>,
}

impl KeySource {
    /// Of the JWKS that was published last.
    pub(crate) const fn hash(&self) -> Option<JwksHash> {
        self.hash
    }

    /// Fetches once and publishes to `keys` what came; after how many
    /// milliseconds it is to be fetched again.
    pub(crate) async fn fetch(
        &mut self,
        url: &Url,
        connection: &Connection,
        keys: &Keys,
        log: &Log,
    ) -> Result<i64, KeySourceError> {
        let seen = self.etag.as_ref().filter(|(seen, _)| seen == url);
        let request = Request {
            url,
            header: seen.map(|(_, etag)| (IF_NONE_MATCH, etag.clone())),
            credentials: None,
            timeout: TIMEOUT,
            max_bytes: MAX_BYTES,
        };
        let fetched = fetch::get(&connection.client, request).await?;
        if let Some(body) = fetched.body {
            let jwks = JwkSet::from_json(std::str::from_utf8(&body)?)?;
            keys.publish(jwks, |id| log.names(id))?;
            self.etag = fetched.etag.map(|etag| (url.clone(), etag));
            self.hash = Some(JwksHash::of(&body));
        }
        let max_age = fetched.max_age.unwrap_or(DEFAULT_MAX_AGE);
        let max_age = max_age.clamp(MIN_MAX_AGE, MAX_MAX_AGE).as_millis();
        // A little early: what takes its time is then there when it is needed.
        Ok(i64::try_from(max_age).unwrap_or(i64::MAX) / 10 * 9)
    }
}
