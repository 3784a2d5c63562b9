//! The issuer's metadata and how it is kept up to date.
//!
//! The one thing that must not be broken: a fetch that fails, or brings what must not be believed,
//! leaves what we know.

use std::time::Duration;

use reqwest::header::{HeaderValue, IF_NONE_MATCH};
use url::Url;

use super::{
    Connection, TIMEOUT,
    fetch::{self, FetchError, Request},
    metadata::{Metadata, WELL_KNOWN},
};
use crate::MetadataError;

const MAX_BYTES: usize = 64 * 1024;
/// How long metadata counts as current when the issuer does not say.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(300);
/// An issuer's `max-age` is followed between these.
const MIN_MAX_AGE: Duration = Duration::from_secs(60);
const MAX_MAX_AGE: Duration = Duration::from_secs(3_600);

/// Why the metadata did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoveryError {
    #[error("metadata: {0}")]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// What an answer says.
pub(crate) struct Discovered {
    /// `None` when what we have is still right.
    pub(crate) metadata: Option<Metadata>,
    /// After how many milliseconds it is to be asked for again.
    pub(crate) again: i64,
}

/// Where metadata comes from (RFC 8414 §3), and what was last seen there.
pub(crate) struct MetadataSource {
    url: Url,
    issuer: String,
    etag: Option<HeaderValue>,
}

impl MetadataSource {
    /// `issuer` is compared byte for byte, so it comes as it was configured.
    pub(crate) fn new(mut url: Url, issuer: &str) -> Self {
        url.set_path(WELL_KNOWN);
        Self {
            url,
            issuer: issuer.to_owned(),
            etag: None,
        }
    }

    /// Asks once.
    pub(crate) async fn fetch(
        &mut self,
        connection: &Connection,
    ) -> Result<Discovered, DiscoveryError> {
        let request = Request {
            url: &self.url,
            header: self.etag.clone().map(|etag| (IF_NONE_MATCH, etag)),
            credentials: None,
            timeout: TIMEOUT,
            max_bytes: MAX_BYTES,
        };
        let fetched = fetch::get(&connection.client, request).await?;
        let metadata = match fetched.body {
            Some(body) => {
                let metadata = Metadata::parse(&body, &self.issuer)?;
                self.etag = fetched.etag;
                Some(metadata)
            }
            // Who sent no validator has nothing that could be unmodified.
            None if self.etag.is_none() => return Err(FetchError::Status(304).into()),
            None => None,
        };
        let max_age = fetched.max_age.unwrap_or(DEFAULT_MAX_AGE);
        let max_age = max_age.clamp(MIN_MAX_AGE, MAX_MAX_AGE).as_millis();
        Ok(Discovered {
            metadata,
            again: i64::try_from(max_age).unwrap_or(i64::MAX),
        })
    }
}
