//! How credentials travel in HTTP requests, read the same way by the server and by gateways.

use crate::reason::RejectReason;

/// The session cookie's name on an https issuer. The prefix binds it to one host, https and the
/// root path (RFC 6265bis §4.1.3.2), so that no sibling host can plant one.
pub const SESSION_COOKIE: &str = "__Host-symbolon";
/// The session cookie's name on a loopback http issuer, where the prefix cannot be had.
pub const SESSION_COOKIE_HTTP: &str = "symbolon";

/// The session cookie's name. Follows the issuer's scheme, never the listener.
#[must_use]
pub const fn session_cookie_name(https: bool) -> &'static str {
    if https {
        SESSION_COOKIE
    } else {
        SESSION_COOKIE_HTTP
    }
}

/// The value of the cookie `name` in all `Cookie` headers of a request.
///
/// # Errors
/// [`RejectReason::CookieDuplicate`] when it occurs twice: which of two is ours cannot be known,
/// and the order that a browser sends them in is the attacker's choice.
pub fn cookie<'a>(
    headers: impl IntoIterator<Item = &'a [u8]>,
    name: &str,
) -> Result<Option<&'a str>, RejectReason> {
    let mut found = None;
    for header in headers {
        for pair in header.split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            let Some(split) = pair.iter().position(|byte| *byte == b'=') else {
                continue;
            };
            let (key, value) = pair.split_at(split);
            if key.trim_ascii() != name.as_bytes() {
                continue;
            }
            if found.is_some() {
                return Err(RejectReason::CookieDuplicate);
            }
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            found = Some(std::str::from_utf8(value).map_err(|_| RejectReason::CookieMalformed)?);
        }
    }
    Ok(found)
}

/// The bearer token of a request's `Authorization` headers (RFC 6750 §2.1). Other schemes are not
/// ours to judge and count as none.
///
/// # Errors
/// [`RejectReason::AuthorizationMalformed`] for two headers, or a bearer scheme without one token
/// of the `b64token` alphabet.
pub fn bearer<'a>(
    headers: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a str>, RejectReason> {
    let mut headers = headers.into_iter();
    let Some(header) = headers.next() else {
        return Ok(None);
    };
    if headers.next().is_some() {
        return Err(RejectReason::AuthorizationMalformed);
    }
    let (scheme, rest) = match header.iter().position(|byte| *byte == b' ') {
        Some(space) => header.split_at(space),
        None => (header, [].as_slice()),
    };
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    let token = rest.trim_ascii();
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    if token.is_empty() || !token.iter().all(allowed) {
        return Err(RejectReason::AuthorizationMalformed);
    }
    std::str::from_utf8(token)
        .map(Some)
        .map_err(|_| RejectReason::AuthorizationMalformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(headers: &[&'static [u8]]) -> Result<Option<&'static str>, RejectReason> {
        cookie(headers.iter().copied(), "symbolon")
    }

    #[test]
    fn one_cookie_is_found_among_others() {
        assert_eq!(find(&[b"a=b; symbolon=x=y ;c=d"]), Ok(Some("x=y")));
        assert_eq!(find(&[b"a=b", b"symbolon="]), Ok(Some("")));
        assert_eq!(
            find(&[b"symbolon", b"xsymbolon=1; Symbolon=2; \xff"]),
            Ok(None)
        );
        assert_eq!(find(&[]), Ok(None));
    }

    #[test]
    fn two_of_one_name_are_refused_wherever_they_stand() {
        let duplicate = Err(RejectReason::CookieDuplicate);
        assert_eq!(find(&[b"symbolon=a; symbolon=b"]), duplicate);
        assert_eq!(find(&[b"symbolon=a", b"symbolon=a"]), duplicate);
        assert_eq!(
            find(&[b"symbolon=\xff"]),
            Err(RejectReason::CookieMalformed)
        );
    }

    #[test]
    fn a_bearer_token_is_one_token() {
        let one = |text: &'static [u8]| bearer([text]);
        assert_eq!(one(b"Bearer abc.d-_"), Ok(Some("abc.d-_")));
        assert_eq!(one(b"bearer  abc"), Ok(Some("abc")));
        assert_eq!(one(b"Basic abc"), Ok(None));
        assert_eq!(bearer([]), Ok(None));
        let malformed = Err(RejectReason::AuthorizationMalformed);
        for bad in [
            b"Bearer".as_slice(),
            b"Bearer ",
            b"Bearer a b",
            b"Bearer a,b",
            b"Bearer \xff",
        ] {
            assert_eq!(one(bad), malformed, "{bad:?}");
        }
        assert_eq!(bearer([b"Bearer a".as_slice(), b"Bearer a"]), malformed);
    }
}
