//! From where a request comes.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use ipnet::IpNet;
use symbolon_core::{model::TruncatedIp, secret::DeviceCookie, service::ClientContext};
use symbolon_protocol::{RejectReason, credential};

use crate::{cookies::device_cookie_name, error::ApiError, extract::Cookies, state::AppState};

/// The other end of a TCP connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The other end of `admin.sock`.
#[derive(Debug, Clone, Copy)]
pub struct UnixPeer {
    /// The operating system's user id of the process.
    pub uid: u32,
}

/// Address, device label and cookies of a request, for log-in and its limits.
pub(crate) struct Context(pub(crate) ClientContext);

impl FromRequestParts<AppState> for Context {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let ip = address_of(parts, state);
        let https = state.issuer().settings().is_https();
        let cookies = parts.headers.get_all(header::COOKIE);
        let device = credential::cookie(
            cookies.iter().map(http::HeaderValue::as_bytes),
            device_cookie_name(https),
        );
        let user_agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok());
        let current = match Cookies::of(&parts.headers, https) {
            Ok(found) => found.session,
            // Not ours by its form: whoever put it there, it opens nothing.
            Err(RejectReason::CookieMalformed) => None,
            // Which of two a new one would replace cannot be known.
            Err(reason) => return Err(reason.into()),
        };
        Ok(Self(ClientContext {
            ip,
            device_label: user_agent.map(str::to_owned),
            // A device cookie that is doubtful is no device cookie.
            device: device
                .ok()
                .flatten()
                .map(|text| DeviceCookie::new(text.to_owned())),
            current,
        }))
    }
}

/// The client's address, if the request came over TCP.
fn address_of(parts: &Parts, state: &AppState) -> Option<IpAddr> {
    let peer = parts.extensions.get::<Peer>()?.0.ip();
    let trusted = &state.settings().trusted_proxies;
    Some(client_address(peer, &parts.headers, trusted))
}

/// The place that is noted with the use of a session.
pub(crate) fn place_of(parts: &Parts, state: &AppState) -> Option<TruncatedIp> {
    address_of(parts, state).map(TruncatedIp::from_full)
}

/// From where a request comes, alone.
pub(crate) struct Place(pub(crate) Option<TruncatedIp>);

impl FromRequestParts<AppState> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self(place_of(parts, state)))
    }
}

/// The client's address: the last one in `X-Forwarded-For` that is no trusted proxy, but only as
/// far as each hop that said so is trusted.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip.to_canonical()));
    let mut client = peer;
    let hops: Vec<_> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    for hop in hops.into_iter().rev() {
        if !is_trusted(client) {
            break;
        }
        // What a proxy wrote that is no address ends the chain that can be believed.
        let Ok(ip) = hop.parse() else { break };
        client = ip;
    }
    client.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(client("203.0.113.1", &["198.51.100.9"], &[]), "203.0.113.1");
    }

    #[test]
    fn the_chain_is_followed_as_far_as_it_is_trusted() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(
            client("10.0.0.1", &["198.51.100.9"], &trusted),
            "198.51.100.9"
        );
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, 198.51.100.9"], &trusted),
            "198.51.100.9"
        );
        assert_eq!(
            client("10.0.0.1", &["198.51.100.9", "10.0.0.2"], &trusted),
            "198.51.100.9"
        );
        assert_eq!(
            client("10.0.0.1", &["198.51.100.9, nonsense"], &trusted),
            "10.0.0.1"
        );
        assert_eq!(
            client("203.0.113.1", &["198.51.100.9"], &trusted),
            "203.0.113.1"
        );
        assert_eq!(
            client("::ffff:10.0.0.1", &["198.51.100.9"], &trusted),
            "198.51.100.9"
        );
    }
}
