//! One bounded GET: a limit of bytes, a limit of time, no redirects.

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode,
    header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderName, HeaderValue},
};
use url::Url;

use super::Credentials;

/// Why nothing usable came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no answer")]
    Transport(#[from] reqwest::Error),
    #[error("answered with status {0}")]
    Status(u16),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// What came.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// `None` when what we have is still right (304).
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) etag: Option<HeaderValue>,
    pub(crate) max_age: Option<Duration>,
}

/// What to ask for.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a Url,
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: usize,
}

/// Sends the request and reads the answer up to its limit.
pub(crate) async fn get(client: &Client, request: Request<'_>) -> Result<Fetched, FetchError> {
    let mut builder = client.get(request.url.clone()).timeout(request.timeout);
    if let Some((name, value)) = request.header {
        builder = builder.header(name, value);
    }
    if let Some(credentials) = request.credentials {
        builder = credentials.sign(builder);
    }
    let response = builder.send().await?;
    let headers = response.headers();
    let mut fetched = Fetched {
        body: None,
        etag: headers.get(ETAG).cloned(),
        max_age: max_age(headers),
    };
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED => return Ok(fetched),
        other => return Err(FetchError::Status(other.as_u16())),
    }
    fetched.body = Some(read(response, request.max_bytes).await?);
    Ok(fetched)
}

/// The body, up to its limit.
pub(crate) async fn read(mut response: Response, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > max_bytes {
            return Err(FetchError::TooLarge(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// `max-age` (RFC 9111 §5.2.2.1).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|directive| {
            let (name, value) = directive.trim().split_once('=')?;
            let seconds = value.trim_matches('"').parse().ok()?;
            name.eq_ignore_ascii_case("max-age")
                .then(|| Duration::from_secs(seconds))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_age_is_found_among_other_directives() {
        let mut headers = HeaderMap::new();
        assert_eq!(max_age(&headers), None);
        headers.append(CACHE_CONTROL, HeaderValue::from_static("public, immutable"));
        headers.append(
            CACHE_CONTROL,
            HeaderValue::from_static("stale-if-error=9, Max-Age=300"),
        );
        assert_eq!(max_age(&headers), Some(Duration::from_secs(300)));
    }
}
