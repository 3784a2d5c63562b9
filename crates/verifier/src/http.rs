//! The network side: fetches metadata and keys, and again when they are due, and follows the log.

pub(crate) mod background;
pub(crate) mod backoff;
pub(crate) mod cooldown;
pub(crate) mod fetch;
mod key_source;
mod log_keys;
pub(crate) mod metadata;
mod metadata_source;
pub(crate) mod origin;
mod tail;

use std::{fmt, time::Duration};

use crate::entropy::Entropy;

/// Answers of metadata and keys take no longer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How the issuer is reached.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: reqwest::Client,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) entropy: Entropy,
    /// Whether the issuer is told who reads its log.
    pub(crate) is_listed: bool,
    /// How long the issuer may hold back an answer without news.
    pub(crate) wait: Duration,
    /// Milliseconds between fetches for an unknown key of the log.
    pub(crate) key_cooldown: i64,
}

/// Client id and secret as they stand in HTTP Basic (RFC 6749 §2.3.1: form-encoded first).
#[derive(Clone)]
pub(crate) struct Credentials {
    id: String,
    secret: String,
}

impl Credentials {
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        Self {
            id: encode(id),
            secret: encode(secret),
        }
    }

    /// HTTP Basic.
    pub(crate) fn sign(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.id, Some(&self.secret))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .field("secret", &"[redacted]")
            .finish()
    }
}

/// rustls; the process's crypto provider if one is installed, else aws-lc-rs.
pub(crate) fn default_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("symbolon-verifier/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(3))
        .build()
}
