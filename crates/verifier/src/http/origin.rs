//! Which URLs a verifier talks to: https, or http on this very machine.

use url::{Host, Url};

/// Whether what is fetched there cannot be altered on the way.
pub(crate) fn is_secure(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    }
}

/// Reads an issuer: an origin, secure, without path, query, fragment or credentials
/// (RFC 8414 §2).
pub(crate) fn parse_issuer(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (bare && is_secure(&url)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_a_secure_origin() {
        for good in [
            "https://id.example",
            "https://id.example:8443",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            assert!(parse_issuer(good).is_some(), "{good}");
        }
        for bad in [
            "http://id.example",
            "http://127.0.0.1.evil.example",
            "https://id.example/path",
            "https://id.example?x",
            "https://id.example#x",
            "https://user@id.example",
            "ftp://id.example",
            "id.example",
            "",
        ] {
            assert!(parse_issuer(bad).is_none(), "{bad}");
        }
    }
}
