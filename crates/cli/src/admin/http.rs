//! The two transports that speak HTTP: the socket of a server on this machine, and a URL.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, Response, header};
use reqwest::{Client, ClientBuilder, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::transport::Transport;
use crate::{config::is_loopback, failure::Failure};

/// No admin answer comes near this.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// An admin API that is reached over HTTP.
pub(super) struct HttpTransport {
    client: Client,
    base: Url,
    authorization: Option<HeaderValue>,
    /// What people call the place.
    place: String,
}

/// Redirects are never followed: the token is for this server alone.
fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(redirect::Policy::none())
        .user_agent(concat!("symbolon/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(60))
}

impl HttpTransport {
    /// Through the socket in the data directory; whoever may open it is an administrator.
    pub(super) fn socket(path: &Path) -> Result<Self, Failure> {
        let client = builder()
            .unix_socket(path)
            .build()
            .map_err(|error| describe(&error))?;
        let base = Url::parse("http://localhost/").map_err(Failure::usage)?;
        Ok(Self {
            client,
            base,
            authorization: None,
            place: path.display().to_string(),
        })
    }

    /// Through the network, with a bearer token.
    pub(super) fn remote(server: &Url, token: &SecretString) -> Result<Self, Failure> {
        let secure =
            server.scheme() == "https" || (server.scheme() == "http" && is_loopback(server));
        if !secure {
            return Err(Failure::usage(format_args!(
                "--server {server} must be https: an admin token is not sent in the clear"
            )));
        }
        let value = format!("Bearer {}", token.expose_secret());
        let mut authorization = HeaderValue::try_from(value)
            .map_err(|_| Failure::usage("the admin token has characters that no token has"))?;
        authorization.set_sensitive(true);
        let client = builder().build().map_err(|error| describe(&error))?;
        let place = server.origin().ascii_serialization();
        Ok(Self {
            client,
            base: server.clone(),
            authorization: Some(authorization),
            place,
        })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let (parts, body) = request.into_parts();
        let mut url = self.base.clone();
        url.set_path(parts.uri.path());
        url.set_query(parts.uri.query());
        let mut request = self
            .client
            .request(parts.method, url)
            .headers(parts.headers)
            .body(body);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.clone());
        }
        let unreachable = |error: reqwest::Error| {
            Failure::unreachable(format_args!(
                "{}: {}",
                self.place,
                causes(&error.without_url())
            ))
        };
        let mut answer = request.send().await.map_err(unreachable)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Failure::unreachable(format_args!(
                    "{}: the answer is too large",
                    self.place
                )));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

fn describe(error: &reqwest::Error) -> Failure {
    Failure::unreachable(format_args!("cannot speak HTTP: {}", causes(error)))
}

/// The error with everything that caused it.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
