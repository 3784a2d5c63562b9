//! Looking a password up among those known from breaches, by the range protocol of Have I Been
//! Pwned: five hexadecimal digits of its SHA-1 leave the server, and what is answered is searched
//! here. Padding hides from the network how many there were.

use std::time::Duration;

use async_trait::async_trait;
use symbolon_core::password::Breaches;

use crate::{config::BreachUrl, failure::Failure};

/// Somebody waits for their password to be set.
const TIMEOUT: Duration = Duration::from_secs(2);
/// A range has about a thousand lines of some 40 bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// A service of the range protocol.
pub(super) struct RangeService {
    http: reqwest::Client,
    url: BreachUrl,
}

impl RangeService {
    pub(super) fn new(url: BreachUrl) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("symbolon/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Failure::unreachable(format_args!("cannot speak HTTP: {error}")))?;
        Ok(Self { http, url })
    }

    async fn range(&self, digits: &str) -> reqwest::Result<Option<String>> {
        let request = self.http.get(self.url.range(digits));
        let mut answer = request.header("Add-Padding", "true").send().await?;
        answer.error_for_status_ref()?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Ok(None);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8(body).ok())
    }
}

#[async_trait]
impl Breaches for RangeService {
    async fn know(&self, sha1: [u8; 20]) -> Option<bool> {
        let hex: String = sha1.iter().map(|byte| format!("{byte:02X}")).collect();
        let (digits, rest) = hex.split_at_checked(5)?;
        match self.range(digits).await {
            Ok(Some(range)) => Some(is_in(&range, rest)),
            Ok(None) => None,
            Err(error) => {
                // Without the URL, which has the digits in it.
                let error = error.without_url();
                tracing::warn!(%error, "the breach check was not answered; the password is accepted");
                None
            }
        }
    }
}

/// Lines are `SUFFIX:COUNT`; those of count 0 are padding.
fn is_in(range: &str, suffix: &str) -> bool {
    range.lines().any(|line| {
        let (found, count) = line.trim().split_once(':').unwrap_or((line, "0"));
        found.eq_ignore_ascii_case(suffix) && count.trim() != "0"
    })
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn padding_is_nothing_that_was_breached() {
        let range = "00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2\r\n0136:0\r\nodd line\r\n";
        assert!(is_in(range, "00d4f6e8fa6eecad2a3aa415eec418d38ec"));
        assert!(!is_in(range, "0136"));
        assert!(!is_in(range, "odd line"));
        assert!(!is_in("", ""));
    }
}
