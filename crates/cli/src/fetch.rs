//! Public documents of an issuer, over HTTP.

use std::time::Duration;

use bytes::BytesMut;
use http::StatusCode;
use reqwest::{Client, redirect};
use serde::Deserialize;
use url::Url;

use crate::{
    admin::causes,
    config::is_loopback,
    failure::{Exit, Failure},
    text::quoted,
};

/// No metadata and no key set comes near this.
const LARGEST: usize = 1024 * 1024;

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// What an issuer publishes about itself, as it stands.
#[derive(Debug)]
pub struct Documents {
    /// Its metadata (RFC 8414 §3), as text.
    pub metadata: String,
    /// Who the metadata says that it is; not compared with anything.
    pub issuer: Option<String>,
    /// Its key set, as text, if the metadata says where it is.
    pub key_set: Option<String>,
}

/// Metadata and key set, for tools that show or judge them. Who the metadata is of is for the
/// caller to look at.
///
/// # Errors
/// [`Exit::Unreachable`] if they cannot be had, [`Exit::Failed`] if the server answers to another
/// name.
pub async fn documents(issuer: &str) -> Result<Documents, Failure> {
    let url = metadata_url(issuer)?;
    let client = client()?;
    let metadata = get(&client, &url).await?;
    let members: serde_json::Value = serde_json::from_str(&metadata).unwrap_or_default();
    let text = |name: &str| Some(members.get(name)?.as_str()?.to_owned());
    let key_set = match text("jwks_uri") {
        Some(uri) => Some(get(&client, &keys_url(&url, &uri)?).await?),
        None => None,
    };
    Ok(Documents {
        issuer: text("issuer"),
        metadata,
        key_set,
    })
}

/// The key set that an issuer's metadata names (RFC 8414 §3), as text.
///
/// # Errors
/// [`Exit::Unreachable`] if it cannot be had, [`Exit::Failed`] if the metadata is another
/// issuer's (RFC 8414 §3.3).
pub async fn key_set(issuer: &str) -> Result<String, Failure> {
    let url = metadata_url(issuer)?;
    let client = client()?;
    let text = get(&client, &url).await?;
    let metadata: Metadata = serde_json::from_str(&text).map_err(|error| {
        Failure::unreachable(format_args!("{url} is no issuer's metadata: {error}"))
    })?;
    if metadata.issuer != issuer {
        let found = quoted(&metadata.issuer);
        return Err(Failure::new(
            Exit::Failed,
            format_args!(
                "{url} is the metadata of {found}, not of {}",
                quoted(issuer)
            ),
        ));
    }
    get(&client, &keys_url(&url, &metadata.jwks_uri)?).await
}

fn client() -> Result<Client, Failure> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .user_agent(concat!("symbolon/", env!("CARGO_PKG_VERSION")))
        .timeout(Duration::from_secs(15))
        .build()
        .map_err(|error| Failure::unreachable(causes(&error)))
}

fn keys_url(metadata: &Url, uri: &str) -> Result<Url, Failure> {
    let keys = Url::parse(uri).map_err(|error| {
        Failure::unreachable(format_args!(
            "{metadata} has a jwks_uri that is no URL: {error}"
        ))
    })?;
    check_secure(&keys)?;
    Ok(keys)
}

/// RFC 8414 §3.1: the well-known path stands before the issuer's own.
fn metadata_url(issuer: &str) -> Result<Url, Failure> {
    let mut url = Url::parse(issuer)
        .map_err(|error| Failure::usage(format_args!("{} is no URL: {error}", quoted(issuer))))?;
    check_secure(&url)?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Keys from an unprotected connection are anybody's keys.
fn check_secure(url: &Url) -> Result<(), Failure> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(Failure::usage(format_args!(
            "{} must be https",
            quoted(url.as_str())
        ))),
    }
}

async fn get(client: &Client, url: &Url) -> Result<String, Failure> {
    let failed = |error: reqwest::Error| {
        Failure::unreachable(format_args!("{url}: {}", causes(&error.without_url())))
    };
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    if response.status() == StatusCode::MISDIRECTED_REQUEST {
        let message = format_args!("{url}: the server there answers to another name only");
        return Err(Failure::new(Exit::Failed, message));
    }
    if !response.status().is_success() {
        return Err(Failure::unreachable(format_args!(
            "{url}: the answer is {}",
            response.status()
        )));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Failure::unreachable(format_args!(
                "{url}: the answer is too large"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body.to_vec())
        .map_err(|_| Failure::unreachable(format_args!("{url}: the answer is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_comes_first() {
        for (issuer, url) in [
            (
                "https://a.example",
                "https://a.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://a.example/t/1",
                "https://a.example/.well-known/oauth-authorization-server/t/1",
            ),
            (
                "http://localhost:1",
                "http://localhost:1/.well-known/oauth-authorization-server",
            ),
        ] {
            assert_eq!(metadata_url(issuer).unwrap().as_str(), url);
        }
        assert!(metadata_url("http://a.example").is_err());
        assert!(metadata_url("file:///etc/passwd").is_err());
    }
}
