//! Whether `htu` names the URL of a request (RFC 9449 §4.3 check 9): compared without query and
//! fragment, after the normalisation of RFC 3986 §6.2.2 (case, percent-encoding, dot segments) and
//! §6.2.3 (default port, empty path). Nothing else is the same: not another spelling of the host,
//! not a slash more at the end.

/// The URL below which this service is known to its clients.
#[derive(Debug)]
pub(super) struct PublicUrl {
    /// Normalised, without the slash at its end.
    base: String,
}

impl PublicUrl {
    /// Reads an absolute http(s) URL without query and fragment.
    pub(super) fn parse(url: &str) -> Option<Self> {
        if url.contains(['?', '#']) {
            return None;
        }
        let mut base = normalised(url)?;
        base.truncate(base.trim_end_matches('/').len());
        Some(Self { base })
    }

    /// Whether `htu` is this service's URL with the path of the request (which may have a query).
    pub(super) fn names(&self, htu: &str, path: &str) -> bool {
        let requested = path
            .starts_with('/')
            .then(|| normalised(&format!("{}{path}", self.base)))
            .flatten();
        requested.is_some_and(|requested| normalised(htu).as_ref() == Some(&requested))
    }
}

/// A http(s) URL in its normal form, cut before query and fragment.
fn normalised(url: &str) -> Option<String> {
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let rest = rest.get(..end)?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = normal_authority(authority, default_port)?;
    let path = without_dot_segments(&normal_escapes(path)?);
    Some(format!("{scheme}://{authority}{path}"))
}

/// Lower-case host, and the port unless it is the scheme's own. A user is no part of a target.
fn normal_authority(authority: &str, default_port: u16) -> Option<String> {
    // A colon within brackets is of an IPv6 address.
    let after_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = authority.get(after_host..)?.find(':');
    let (host, port) = match colon.map(|colon| colon + after_host) {
        Some(colon) => (authority.get(..colon)?, authority.get(colon + 1..)?),
        None => (authority, ""),
    };
    if host.is_empty() || host.contains('@') || port.contains(|digit: char| !digit.is_ascii_digit())
    {
        return None;
    }
    let host = host.to_ascii_lowercase();
    match port {
        "" => Some(host),
        port => match port.parse::<u16>().ok()? {
            port if port == default_port => Some(host),
            port => Some(format!("{host}:{port}")),
        },
    }
}

/// RFC 3986 §6.2.2.1, §6.2.2.2: capital hexadecimal digits, and no escape that is not needed.
fn normal_escapes(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            out.push(byte.into());
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        let decoded = char::from_u32(high * 16 + low)?;
        if decoded.is_ascii_alphanumeric() || "-._~".contains(decoded) {
            out.push(decoded);
        } else {
            out.push_str(&format!("%{high:X}{low:X}"));
        }
    }
    Some(out)
}

/// RFC 3986 §5.2.4 for a path that is empty or starts with a slash.
fn without_dot_segments(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(out.pop()),
            other => {
                out.push(other);
                continue;
            }
        }
        if is_last {
            out.push("");
        }
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(base: &str, htu: &str, path: &str) -> bool {
        PublicUrl::parse(base).unwrap().names(htu, path)
    }

    #[test]
    fn the_same_url_in_other_words_is_the_same() {
        for (htu, path) in [
            ("https://orders.example/a", "/a"),
            ("HTTPS://Orders.EXAMPLE:443/a", "/a"),
            ("https://orders.example:/a?x=1#y", "/a?z=2"),
            ("https://orders.example/%7ea/%2f/b", "/~a/%2F/b"),
            ("https://orders.example/x/../a/./b", "/a/b"),
            ("https://orders.example/a/..", "/"),
            ("https://orders.example/%2e%2e/a", "/a"),
            ("https://orders.example", "/"),
            ("https://orders.example?x", "/"),
            ("https://orders.example/", "/?x"),
            ("https://orders.example//a", "//a"),
        ] {
            assert!(names("https://orders.example", htu, path), "{htu} {path}");
            assert!(names("https://orders.example/", htu, path), "{htu} {path}");
        }
        assert!(names(
            "https://orders.example/api",
            "https://orders.example/api/a",
            "/a"
        ));
        assert!(names("http://[::1]:8080", "http://[::1]:8080/a", "/a"));
        assert!(names("http://[::1]", "http://[::1]:80/a", "/a"));
    }

    #[test]
    fn another_url_is_another() {
        for (htu, path) in [
            ("http://orders.example/a", "/a"),
            ("https://orders.example:8443/a", "/a"),
            ("https://orders.example./a", "/a"),
            ("https://evil.example/a", "/a"),
            ("https://user@orders.example/a", "/a"),
            ("https://orders.example/A", "/a"),
            ("https://orders.example/a/", "/a"),
            ("https://orders.example/a%2Fb", "/a/b"),
            ("https://orders.example/a", "/"),
            ("https://orders.example/%zz", "/%zz"),
            ("https://orders.example/%4", "/%4"),
            ("https://orders.example/a b", "/a b"),
            ("https://orders.example/\u{e4}", "/\u{e4}"),
            ("https://orders.example:99999/a", "/a"),
            ("https://orders.example:+443/a", "/a"),
            ("//orders.example/a", "/a"),
            ("/a", "/a"),
            ("orders.example/a", "/a"),
            ("", "/a"),
            ("https://orders.example/a", "a"),
            ("https://orders.example", ""),
            ("https://orders.example/*", "*"),
        ] {
            assert!(!names("https://orders.example", htu, path), "{htu} {path}");
        }
        assert!(!names(
            "https://orders.example/api",
            "https://orders.example/a",
            "/a"
        ));
        // A path that climbs out of its prefix is no path below it.
        assert!(!names(
            "https://orders.example/api",
            "https://orders.example/api/a",
            "/../a"
        ));
    }

    #[test]
    fn a_public_url_is_absolute_and_bare() {
        for bad in [
            "",
            "orders.example",
            "/api",
            "ftp://orders.example",
            "https://",
            "https://:443",
            "https://user@orders.example",
            "https://orders.example?x",
            "https://orders.example#x",
        ] {
            assert!(PublicUrl::parse(bad).is_none(), "{bad}");
        }
    }
}
